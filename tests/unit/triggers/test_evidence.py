import pytest

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.regime_path import Evidence
from rebalancer.model.truth import Truth
from rebalancer.policy.compiled import Comparison, Composite, Condition, Connective, TransformKind
from rebalancer.signals.compute import compute_signals
from rebalancer.triggers.evaluate import compute_truth
from rebalancer.triggers.evidence import collect_evidence
from tests.small_policies import (
    MONDAY,
    days,
    held,
    leaf,
    price_market,
    price_signal,
    series_market,
    series_signal,
)

FALSE, UNKNOWN, TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
GOOD = leaf("mood", Comparison.ABOVE, "0")
LONG = leaf("mood", Comparison.ABOVE, "0", timing=held("4d"))
TEN_DAYS = MONDAY + 10 * DAY_US


def evidence(condition: Condition, values: dict[int, float], at_us: int) -> tuple[Evidence, ...]:
    """The evidence for a condition on a daily mood, and a hurdle known on Monday only."""
    market = series_market(mood=(days(*values), list(values.values())), hurdle=(days(0), [0.5]))
    signals = compute_signals(
        market,
        [
            series_signal("mood", cadence_us=DAY_US),
            series_signal("hurdle", cadence_us=HOUR_US),
            series_signal("absent"),
        ],
    )
    history = compute_truth(condition, signals)
    return collect_evidence(condition, history, signals=signals, at_us=at_us)


def steady(value: float, *, first: int = 0) -> dict[int, float]:
    return {day: value if day >= first else -value for day in range(11)}


def test_a_true_condition_needs_nothing() -> None:
    assert evidence(LONG, steady(1.0), TEN_DAYS) == (
        Evidence("mood", 1.0, "above 0 for 4d", TRUE, 10 * DAY_US),
    )


def test_a_condition_that_has_held_for_less_than_its_time_needs_the_rest() -> None:
    (found,) = evidence(LONG, steady(1.0, first=9), TEN_DAYS)
    assert (found.truth, found.held_for_us, found.needs) == (FALSE, 2 * DAY_US, "2d more")


def test_between_observations_the_rest_keeps_shrinking() -> None:
    (found,) = evidence(LONG, steady(1.0, first=9), TEN_DAYS + 12 * HOUR_US)
    assert (found.held_for_us, found.needs) == (2.5 * DAY_US, "1.5d more")


def test_a_false_comparison_needs_its_value_to_move() -> None:
    (found,) = evidence(LONG, steady(-1.0), TEN_DAYS)
    assert (found.value, found.truth, found.needs) == (-1.0, FALSE, "above 0")


def test_a_window_with_too_many_missing_prints_needs_more_of_them() -> None:
    values = dict.fromkeys((0, 1, 2, 3, 4, 5, 8, 10), 1.0)
    (found,) = evidence(LONG, values, TEN_DAYS)
    assert (found.truth, found.held_for_us) == (UNKNOWN, 10 * DAY_US)
    assert found.needs == "fewer missing observations in 4d"


@pytest.mark.parametrize(
    ("condition", "values", "needs"),
    [
        (GOOD, {0: 1.0, 1: 1.0}, "a fresh observation of `mood`, the last is 9d old"),
        (leaf("absent", Comparison.ABOVE, "0"), {0: 1.0}, "an observation of `absent`"),
        (
            leaf("mood", Comparison.ABOVE, "$hurdle"),
            steady(1.0),
            "a fresh observation of `hurdle`, the last is 10d old",
        ),
    ],
)
def test_an_unknown_condition_needs_what_is_not_known(
    condition: Condition, values: dict[int, float], needs: str
) -> None:
    (found,) = evidence(condition, values, TEN_DAYS)
    assert (found.truth, found.needs) == (UNKNOWN, needs)


def test_too_little_history_needs_more_of_it() -> None:
    signals = compute_signals(
        price_market(days(0, 1), [1, 2]), [price_signal(TransformKind.MEAN, "9d")]
    )
    condition = leaf("measured", Comparison.ABOVE, "0")
    history = compute_truth(condition, signals)
    (found,) = collect_evidence(condition, history, signals=signals, at_us=MONDAY + DAY_US)
    assert (found.value, found.truth, found.needs) == (None, UNKNOWN, "more history of `measured`")


def test_a_leaf_inside_a_not_is_shown_denied() -> None:
    denied = Composite(Connective.NOT, (GOOD,))
    (good,) = evidence(denied, steady(1.0), TEN_DAYS)
    (bad,) = evidence(denied, steady(-1.0), TEN_DAYS)
    assert (good.condition, good.truth, good.needs) == ("not (above 0)", FALSE, "not (above 0)")
    assert (bad.condition, bad.truth, bad.needs) == ("not (above 0)", TRUE, "")


def test_two_nots_cancel() -> None:
    twice = Composite(Connective.NOT, (Composite(Connective.NOT, (GOOD,)),))
    assert evidence(twice, steady(1.0), TEN_DAYS)[0].condition == "above 0"


def test_a_composites_own_time_is_a_piece_of_evidence_after_its_parts() -> None:
    low = leaf("mood", Comparison.BELOW, "9")
    timed = Composite(Connective.ALL, (GOOD, low), held("4d"))
    parts = evidence(timed, steady(1.0, first=9), TEN_DAYS)
    assert [part.truth for part in parts] == [TRUE, TRUE, FALSE]
    assert parts[2] == Evidence(
        None, None, "(mood above 0 and mood below 9) for 4d", FALSE, 2 * DAY_US, "2d more"
    )
    assert evidence(timed, steady(1.0), TEN_DAYS)[2].needs == ""
    assert evidence(timed, steady(-1.0), TEN_DAYS)[2].needs == "to hold for 4d"


def test_a_time_inside_a_not_needs_a_break() -> None:
    timed = Composite(Connective.ANY, (GOOD,), held("4d"))
    parts = evidence(Composite(Connective.NOT, (timed,)), steady(1.0), TEN_DAYS)
    assert (parts[1].condition, parts[1].truth) == ("not ((mood above 0) for 4d)", FALSE)
    assert parts[1].needs == "a break"
