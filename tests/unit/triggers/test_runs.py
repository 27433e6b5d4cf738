from collections.abc import Sequence

import pytest

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.truth import TruthHistory
from rebalancer.policy.compiled import Comparison
from rebalancer.signals.compute import compute_signals
from rebalancer.triggers.evaluate import compute_truth
from rebalancer.triggers.runs import held_for
from tests.small_policies import MONDAY, days, held, leaf, series_market, series_signal


def history_of(values: Sequence[float | None]) -> TruthHistory:
    """One value a day from Monday, None for a missing print, above 0 for two days."""
    prints = [(day, value) for day, value in enumerate(values) if value is not None]
    market = series_market(mood=(days(*(day for day, _ in prints)), [value for _, value in prints]))
    signals = compute_signals(market, [series_signal("mood", cadence_us=DAY_US)])
    return compute_truth(leaf("mood", Comparison.ABOVE, "0", timing=held("2d")), signals)


@pytest.mark.parametrize(
    ("values", "days_held"),
    [
        ([1], 0),  # nothing tells what was before the first print
        ([1, 1, 1], 2),
        ([-1, 1], 1),  # a print answers for the day before it
        ([-1, 1, 1, 1], 3),
        ([1, 1, -1], 1),  # how long it has been false
        ([-1, 1, None, 1], 3),
        ([-1, 1, None, None, None, 1], 5),
        ([-1, 1, None, None, None, None, 1], 1),  # an outage tells nothing
        ([-1, None, 1], 1),
    ],
)
def test_a_run_counts_from_what_its_first_print_covers(
    values: list[float | None], days_held: int
) -> None:
    at_us = MONDAY + (len(values) - 1) * DAY_US
    assert held_for(history_of(values), at_us) == days_held * DAY_US


def test_a_run_goes_on_between_prints() -> None:
    assert held_for(history_of([-1, 1]), MONDAY + DAY_US + HOUR_US) == 25 * HOUR_US


def test_a_run_of_not_knowing_counts_from_when_the_last_print_was_too_old() -> None:
    assert held_for(history_of([1]), MONDAY + 4 * DAY_US + 1) == DAY_US


def test_nothing_was_held_before_the_first_print() -> None:
    assert held_for(history_of([1]), MONDAY - 1) is None


def test_a_wider_gap_may_be_bridged() -> None:
    history = history_of([-1, 1, None, None, None, None, 1])
    assert held_for(history, MONDAY + 6 * DAY_US, max_gap=4) == 6 * DAY_US
