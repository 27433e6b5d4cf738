import numpy as np
import pytest

from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Times
from rebalancer.model.truth import Truth, TruthHistory, truth_at, truth_now
from rebalancer.policy.compiled import Comparison
from rebalancer.signals.compute import compute_signals
from rebalancer.triggers.comparison import compare_leaf, compare_values
from tests.small_policies import MONDAY, days, leaf, series_market, series_signal

FALSE, UNKNOWN, TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE


@pytest.mark.parametrize(
    ("comparison", "operands", "truths"),
    [
        (Comparison.ABOVE, [2.0], [FALSE, FALSE, TRUE]),
        (Comparison.AT_LEAST, [2.0], [FALSE, TRUE, TRUE]),
        (Comparison.BELOW, [2.0], [TRUE, FALSE, FALSE]),
        (Comparison.AT_MOST, [2.0], [TRUE, TRUE, FALSE]),
        (Comparison.BETWEEN, [2.0, 3.0], [FALSE, TRUE, TRUE]),
        (Comparison.OUTSIDE, [2.0, 3.0], [TRUE, FALSE, FALSE]),
    ],
)
def test_a_comparison_of_1_2_and_3(
    comparison: Comparison, operands: list[float], truths: list[Truth]
) -> None:
    bounds = [np.full(3, operand) for operand in operands]
    values = np.array([1.0, 2.0, 3.0])
    assert compare_values(comparison, values, operands=bounds).tolist() == truths


@pytest.mark.parametrize("comparison", list(Comparison))
def test_a_comparison_with_an_unknown_number_is_unknown(comparison: Comparison) -> None:
    unknown, known = np.array([np.nan]), np.array([1.0])
    assert compare_values(comparison, unknown, operands=[known, known]).tolist() == [UNKNOWN]
    assert compare_values(comparison, known, operands=[known, unknown]).tolist() == [UNKNOWN]


def spot_below_support(support_at: Times) -> TruthHistory:
    """Daily spot 10, 9, 8, 7 below a support that is stamped at its own times, at 8.5."""
    market = series_market(
        spot=(days(0, 1, 2, 3), [10.0, 9.0, 8.0, 7.0]),
        support=(support_at, [8.5] * len(support_at)),
    )
    signals = compute_signals(
        market, [series_signal("spot"), series_signal("support", max_age_us=DAY_US)]
    )
    return compare_leaf(leaf("spot", Comparison.BELOW, "$support"), signals)


def test_a_threshold_may_be_another_signal_as_carried() -> None:
    history = spot_below_support(days(0.5, 1.5, 2.5))
    assert history.observations.time_us.tolist() == days(0, 0.5, 1, 1.5, 2, 2.5, 3).tolist()
    truths = history.truth[history.is_observation]
    # one row tells no cadence, so spot is not carried to day 0.5
    assert truths.tolist() == [UNKNOWN, UNKNOWN, FALSE, FALSE, TRUE, TRUE, TRUE]


def test_a_threshold_that_is_too_old_makes_the_comparison_unknown() -> None:
    history = spot_below_support(days(0.5))
    assert truth_at(history, days(1, 1.5)).tolist() == [FALSE, FALSE]
    assert truth_at(history, days(1.5) + 1).tolist() == [UNKNOWN]


def test_truth_is_carried_between_observations_until_it_is_too_old() -> None:
    market = series_market(mood=(days(0, 1), [1.0, 5.0]))
    signals = compute_signals(market, [series_signal("mood")])
    history = compare_leaf(leaf("mood", Comparison.ABOVE, "2"), signals)
    times = days(-1, 0, 0.5, 1, 1.4, 4)
    assert truth_at(history, times).tolist() == [UNKNOWN, FALSE, UNKNOWN, TRUE, TRUE, TRUE]
    assert truth_now(history, MONDAY + 4 * DAY_US) is TRUE
    assert truth_now(history, MONDAY + 4 * DAY_US + 1) is UNKNOWN


def test_a_signal_that_was_never_observed_is_unknown() -> None:
    signals = compute_signals(series_market(), [series_signal("mood")])
    history = compare_leaf(leaf("mood", Comparison.ABOVE, "2"), signals)
    assert truth_at(history, days(0, 9)).tolist() == [UNKNOWN, UNKNOWN]
