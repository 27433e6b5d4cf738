import numpy as np

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.signal_history import SignalHistory, values_at
from rebalancer.model.status import Reading
from rebalancer.policy.compiled import Signal, Source, SourceKind, TransformKind
from rebalancer.signals.compute import compute_signals
from rebalancer.signals.freshness import find_stale_signals, read_signal
from tests.small_policies import (
    MONDAY,
    days,
    funding_market,
    price_market,
    price_signal,
    series_market,
    series_signal,
)


def outlook(*, cadence_us: int | None = None, max_age_us: int | None = None) -> SignalHistory:
    market = series_market(outlook=(days(0, 1, 2), [1.0, 2.0, 3.0]))
    return compute_signals(
        market, [series_signal("outlook", cadence_us=cadence_us, max_age_us=max_age_us)]
    )["outlook"]


def funding(*, hours: float, days_at: tuple[float, ...]) -> SignalHistory:
    market = funding_market(days(*days_at), [0.0001] * len(days_at), [hours] * len(days_at))
    signal = Signal("apr", Source(SourceKind.FUNDING, "BTC/USDT:USDT"))
    return compute_signals(market, [signal])["apr"]


def test_a_value_is_carried_for_three_cadences_to_the_microsecond() -> None:
    last = MONDAY + 5 * DAY_US
    values = values_at(outlook(), np.array([MONDAY - 1, MONDAY + DAY_US, last, last + 1]))
    assert values[1:3].tolist() == [2.0, 3.0]
    assert np.isnan(values[[0, 3]]).all()


def test_a_declared_age_and_a_declared_cadence_replace_what_rows_tell() -> None:
    assert outlook(max_age_us=HOUR_US).max_age_us.tolist() == [HOUR_US] * 3
    assert outlook(cadence_us=2 * DAY_US).max_age_us.tolist() == [6 * DAY_US] * 3


def test_one_row_is_known_at_its_own_time_only() -> None:
    market = series_market(outlook=(days(0), [1.0]))
    history = compute_signals(market, [series_signal("outlook")])["outlook"]
    assert read_signal(history, MONDAY).value == 1.0
    assert read_signal(history, MONDAY + 1) == Reading("outlook", None, MONDAY, 1, None)
    assert find_stale_signals([history], MONDAY + 9 * DAY_US) == ()


def test_a_signal_older_than_its_age_is_stale() -> None:
    at_us = MONDAY + 6 * DAY_US
    stale = find_stale_signals([outlook()], at_us)
    assert stale == (Reading("outlook", None, MONDAY + 2 * DAY_US, 4 * DAY_US, 3 * DAY_US),)
    assert find_stale_signals([outlook()], at_us - DAY_US) == ()


def test_what_was_not_observed_yet_is_not_stale() -> None:
    assert find_stale_signals([outlook()], MONDAY - 1) == ()
    assert read_signal(outlook(), MONDAY - 1) == Reading("outlook", None)


def test_too_little_history_is_unknown_and_not_stale() -> None:
    market = price_market(days(0, 1), [1, 2])
    signal = price_signal(TransformKind.MEAN, "9d")
    history = compute_signals(market, [signal])["measured"]
    reading = read_signal(history, MONDAY + DAY_US)
    assert reading.value is None
    assert not reading.is_stale


def test_funding_that_slows_down_is_carried_for_its_own_intervals() -> None:
    slow = funding(hours=8, days_at=(0, 1 / 12, 2 / 12, 3 / 12, 0.5, 1))
    assert slow.max_age_us[-1] == 24 * HOUR_US


def test_funding_that_speeds_up_is_carried_for_the_commonest_spacing() -> None:
    fast = funding(hours=2, days_at=(0, 1 / 3, 2 / 3, 1, 13 / 12))
    assert fast.max_age_us[-1] == 24 * HOUR_US
