from collections.abc import Sequence

import pytest

from rebalancer.model.instant import HOUR_US
from rebalancer.model.truth import Truth, TruthHistory, truth_at
from rebalancer.policy.compiled import Comparison, Timing
from rebalancer.signals.compute import compute_signals
from rebalancer.triggers.evaluate import compute_truth
from tests.small_policies import days, held, leaf, series_market, series_signal

FALSE, UNKNOWN, TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE


def history_of(values: Sequence[float | None], timing: Timing) -> TruthHistory:
    """One value every eight hours from Monday, None for a missing print, above 0 for a time."""
    prints = [(row / 3, value) for row, value in enumerate(values) if value is not None]
    market = series_market(mood=(days(*(day for day, _ in prints)), [value for _, value in prints]))
    signals = compute_signals(market, [series_signal("mood", cadence_us=8 * HOUR_US)])
    return compute_truth(leaf("mood", Comparison.ABOVE, "0", timing=timing), signals)


def last_truth(values: Sequence[float | None], timing: Timing) -> int:
    return int(history_of(values, timing).truth[history_of(values, timing).is_observation][-1])


@pytest.mark.parametrize(
    ("values", "truth"),
    [
        ([-1, 1, 1, 1], TRUE),  # a day of three prints
        ([1, -1, 1, 1], FALSE),
        ([1, 1, 1], UNKNOWN),  # no print at or before the start
        ([1, 1, 1, 1], TRUE),
        ([-1, 1, 1], FALSE),  # too little history, but false already
        ([1, 1, None, 1], TRUE),  # all but one
        ([1, None, None, 1], UNKNOWN),
    ],
)
def test_for_a_day_of_three_prints(values: list[float | None], truth: Truth) -> None:
    assert last_truth(values, held("1d")) == truth


def test_a_condition_holds_after_exactly_its_time() -> None:
    """The policy language's own example: rich for twelve days, then for nineteen."""
    history = history_of([-1] * 6 + [1] * 60, held("14d"))
    assert truth_at(history, days(14, 15 + 1 / 3, 15 + 2 / 3, 21)).tolist() == [
        FALSE,
        FALSE,
        TRUE,
        TRUE,
    ]


@pytest.mark.parametrize(("false", "truth"), [(4, TRUE), (5, FALSE)])
def test_a_share_forgives_some_false_observations(false: int, truth: Truth) -> None:
    """42 prints are fourteen days, 90 % of them are 38."""
    values = [1.0] + [-1.0] * false + [1.0] * (42 - false)
    assert last_truth(values, held("14d", share="0.9")) == truth


def test_a_share_is_of_the_known_observations() -> None:
    values = [1.0, -1.0, None, *[1.0] * 8]
    assert last_truth(values, held("80h", share="0.89")) == FALSE
    assert last_truth(values, held("80h", share="0.88")) == TRUE


def test_coverage_and_gap_are_the_authors_to_choose() -> None:
    values = [1.0] * 10 + [None] * 5 + [1.0] * 28
    assert last_truth(values, held("14d")) == UNKNOWN
    assert last_truth(values, held("14d", max_gap=5)) == UNKNOWN
    assert last_truth(values, held("14d", max_gap=5, coverage="0.85")) == TRUE


def test_an_outage_in_the_window_keeps_it_from_being_true() -> None:
    values = [1.0] * 43 + [None] * 20 + [1.0] * 45
    history = history_of(values, held("14d"))
    truths = truth_at(history, days(*(row / 3 for row in range(43, 108)))).tolist()
    assert truths[:3] == [TRUE] * 3  # carried for a day
    assert set(truths[3:61]) == {UNKNOWN}
    assert truths[61:] == [TRUE] * 4


def test_one_false_print_starts_the_time_again() -> None:
    history = history_of([1] * 50 + [-1] + [1] * 50, held("3d"))
    assert truth_at(history, days(49 / 3, 50 / 3, 58 / 3, 59 / 3)).tolist() == [
        TRUE,
        FALSE,
        FALSE,
        TRUE,
    ]
