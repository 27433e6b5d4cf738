from itertools import product

import numpy as np
import pytest

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.market import Market
from rebalancer.model.truth import Truth, TruthHistory, truth_at
from rebalancer.policy.compiled import Comparison, Composite, Condition, Connective, Timing
from rebalancer.signals.compute import compute_signals
from rebalancer.triggers.composition import join_truths
from rebalancer.triggers.evaluate import compute_truth
from tests.small_policies import days, held, leaf, series_market, series_signal

FALSE, UNKNOWN, TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
FAST = leaf("fast", Comparison.ABOVE, "0")
SLOW = leaf("slow", Comparison.ABOVE, "0")


def composite(connective: Connective, *parts: Condition, timing: Timing | None = None) -> Composite:
    return Composite(connective, parts, timing)


def fast_and_slow(fast: dict[float, float], slow: dict[float, float]) -> Market:
    return series_market(
        fast=(days(*fast), list(fast.values())), slow=(days(*slow), list(slow.values()))
    )


def truth_of(condition: Condition, market: Market) -> TruthHistory:
    signals = [
        series_signal("fast", cadence_us=8 * HOUR_US),
        series_signal("slow", cadence_us=DAY_US),
    ]
    return compute_truth(condition, compute_signals(market, signals))


@pytest.mark.parametrize(
    ("connective", "table"),
    [
        (Connective.ALL, [FALSE, FALSE, FALSE, FALSE, UNKNOWN, UNKNOWN, FALSE, UNKNOWN, TRUE]),
        (Connective.ANY, [FALSE, UNKNOWN, TRUE, UNKNOWN, UNKNOWN, TRUE, TRUE, TRUE, TRUE]),
    ],
)
def test_two_truths_join_by_kleenes_table(connective: Connective, table: list[Truth]) -> None:
    pairs = np.array(list(product(Truth, Truth)), dtype=np.int8)
    assert join_truths(connective, [pairs[:, 0], pairs[:, 1]]).tolist() == table


def test_not_unknown_is_unknown() -> None:
    truths = np.array([FALSE, UNKNOWN, TRUE], dtype=np.int8)
    assert join_truths(Connective.NOT, [truths]).tolist() == [TRUE, UNKNOWN, FALSE]


def test_a_composite_is_observed_whenever_one_of_its_leaves_is() -> None:
    market = fast_and_slow({0: 1, 1 / 3: 1, 2 / 3: -1, 1: 1}, {0.5: 1})
    history = truth_of(composite(Connective.ALL, FAST, SLOW), market)
    assert history.observations.time_us.tolist() == days(0, 1 / 3, 0.5, 2 / 3, 1).tolist()
    observed = history.truth[history.is_observation]
    assert observed.tolist() == [UNKNOWN, UNKNOWN, TRUE, FALSE, TRUE]


def test_a_part_that_is_too_old_leaves_the_rest_to_decide() -> None:
    market = fast_and_slow({0: 1}, {0: 1, 1: 1, 2: 1})
    any_of = truth_of(composite(Connective.ANY, FAST, SLOW), market)
    all_of = truth_of(composite(Connective.ALL, FAST, SLOW), market)
    assert truth_at(any_of, days(1, 1.5, 2)).tolist() == [TRUE, TRUE, TRUE]
    assert truth_at(all_of, days(1, 1.5, 2)).tolist() == [TRUE, UNKNOWN, UNKNOWN]


def test_a_timing_of_the_whole_counts_the_union_of_times() -> None:
    """Fast turns true at the end of day 2, so both hold for a day at the end of day 3."""
    fast = {number / 3: (1.0 if number > 6 else -1.0) for number in range(13)}
    slow = {0.5: 1.0, 1.5: 1.0, 2.5: 1.0, 3.5: 1.0}
    timed = composite(Connective.ALL, FAST, SLOW, timing=held("1d"))
    history = truth_of(timed, fast_and_slow(fast, slow))
    times = days(2, 2.5, 2 + 2 / 3, 3, 3.5)
    assert truth_at(history, times).tolist() == [FALSE, FALSE, FALSE, TRUE, TRUE]


def test_leaves_a_few_minutes_apart_still_cover_a_window() -> None:
    fast = {float(day): 1.0 for day in range(8)}
    slow = {day + 1 / 288: 1.0 for day in range(8)}
    signals = compute_signals(
        fast_and_slow(fast, slow), [series_signal("fast"), series_signal("slow")]
    )
    timed = composite(Connective.ALL, FAST, SLOW, timing=held("5d"))
    assert truth_at(compute_truth(timed, signals), days(7)).tolist() == [TRUE]


def test_a_dead_part_does_not_hold_up_what_the_living_one_decides() -> None:
    market = fast_and_slow({0: 1}, {float(day): 1.0 for day in range(12)})
    timed = composite(Connective.ANY, FAST, SLOW, timing=held("5d"))
    assert truth_at(truth_of(timed, market), days(11)).tolist() == [TRUE]


def test_a_timed_composite_is_lost_when_one_of_its_parts_is_and_matters() -> None:
    steady = {number / 3: 1.0 for number in range(13)}
    market = fast_and_slow(steady, {float(day): 1.0 for day in range(5)})
    timed = composite(Connective.ALL, FAST, SLOW, timing=held("2d"))
    history = truth_of(timed, market)
    assert truth_at(history, days(4, 5)).tolist() == [TRUE, TRUE]
    assert truth_at(history, days(5) + 1).tolist() == [UNKNOWN]
