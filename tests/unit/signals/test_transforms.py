import math
from collections.abc import Sequence

import numpy as np
import pytest

from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Signal, Source, SourceKind, Transform, TransformKind
from rebalancer.signals.compute import compute_signals
from rebalancer.signals.transforms import TRANSFORMS
from tests.small_policies import MARKET_OF, bars, days, price_market, price_signal


def measure(kind: TransformKind, closes: Sequence[float], **settings: str) -> list[float]:
    """The transform over three days of daily closes."""
    market = price_market(days(*range(len(closes))), closes)
    signal = price_signal(kind, "3d", **settings)
    values: list[float] = compute_signals(market, [signal])["measured"].value.tolist()
    return values


def measure_against(
    kind: TransformKind, mine: Sequence[float], theirs: Sequence[float]
) -> list[float]:
    times = days(*range(len(mine)))
    market = Market(
        {}, MARKET_OF, bars={"BTC/USDT": bars(times, mine), "ETH/USDT": bars(times, theirs)}
    )
    signal = price_signal(kind, "3d", to="ETH/USDT")
    values: list[float] = compute_signals(market, [signal])["measured"].value.tolist()
    return values


def test_every_transform_of_the_language_is_registered() -> None:
    assert set(TRANSFORMS) == set(TransformKind)


@pytest.mark.parametrize(
    ("kind", "last"),
    [
        (TransformKind.MEAN, 104.0),  # of 110, 98 and 104
        (TransformKind.MEDIAN, 104.0),
        (TransformKind.MIN, 98.0),
        (TransformKind.MAX, 110.0),
        (TransformKind.STD, 6.0),
        (TransformKind.ZSCORE, 0.0),
        (TransformKind.RANK, 2 / 3),
        (TransformKind.CHANGE, 0.04),  # against 100, three days before
        (TransformKind.DIFFERENCE, 4.0),
        (TransformKind.LAG, 100.0),
        (TransformKind.DRAWDOWN, -6 / 110),
        (TransformKind.RALLY, 6 / 98),
        (TransformKind.OVER_MEAN, 0.0),
        (TransformKind.DAYS_SINCE_LOW, 1.0),
        (TransformKind.DAYS_SINCE_HIGH, 2.0),
    ],
)
def test_a_transform_measures_three_days(kind: TransformKind, last: float) -> None:
    values = measure(kind, [100, 110, 98, 104])
    assert np.isnan(values[:3]).all()
    assert values[3] == last


def test_a_logarithmic_change_is_the_log_of_the_ratio() -> None:
    assert measure(TransformKind.LOG_CHANGE, [100, 110, 98, 104])[3] == math.log(1.04)


def test_a_quantile_lies_linearly_between_neighbours() -> None:
    values = measure(TransformKind.QUANTILE, [100, 110, 98, 104], q="0.75")
    assert values[3] == 107.0


def test_an_exponential_mean_halves_the_old_over_its_half_life() -> None:
    market = price_market(days(0, 3, 6), [100, 200, 200])
    signal = price_signal(TransformKind.EMA, "3d")
    history = compute_signals(market, [signal])["measured"]
    assert history.value[1:].tolist() == [150.0, 175.0]


def test_volatility_is_annualised_on_365_days() -> None:
    up = math.exp(0.01)
    values = measure(TransformKind.VOLATILITY, [100, 100 * up, 100, 100 * up, 100])
    returns = [0.01, -0.01, 0.01]
    assert values[3] == pytest.approx(np.std(returns, ddof=1) * math.sqrt(365))


def test_a_return_across_a_missing_print_counts_as_one_move_of_two_days() -> None:
    signal = price_signal(TransformKind.VOLATILITY, "4d")
    market = price_market(days(0, 1, 2, 4), [100, 101, 100, 103])
    value = compute_signals(market, [signal])["measured"].value[3]
    returns = [math.log(1.01), -math.log(1.01), math.log(1.03) / math.sqrt(2)]
    assert value == pytest.approx(np.std(returns, ddof=1) * math.sqrt(365))


def test_beta_is_how_far_the_price_moves_with_the_other() -> None:
    theirs = [100.0, 110.0, 99.0, 108.9]  # +10 %, -10 %, +10 %
    mine = [100.0, 120.0, 96.0, 115.2]  # twice as much
    assert measure_against(TransformKind.BETA, mine, theirs)[3] == pytest.approx(2.0)
    assert measure_against(TransformKind.CORRELATION, mine, theirs)[3] == pytest.approx(1.0)


def test_beta_needs_the_other_price_at_the_same_stamps() -> None:
    times = days(0, 1, 2, 3)
    prices = {"BTC/USDT": bars(times, [1, 2, 1, 2]), "ETH/USDT": bars(times[1:], [1, 2, 1])}
    signal = price_signal(TransformKind.BETA, "3d", to="ETH/USDT")
    market = Market({}, MARKET_OF, bars=prices)
    assert np.isnan(compute_signals(market, [signal])["measured"].value).all()


@pytest.mark.parametrize("kind", [TransformKind.BETA, TransformKind.CORRELATION])
def test_nothing_moves_with_a_price_that_rests(kind: TransformKind) -> None:
    assert np.isnan(measure_against(kind, [1, 2, 3, 4], [5, 5, 5, 5])).all()


@pytest.mark.parametrize("kind", [TransformKind.ZSCORE, TransformKind.CORRELATION])
def test_a_constant_has_no_deviation_to_divide_by(kind: TransformKind) -> None:
    assert np.isnan(measure_against(kind, [0.1] * 4, [0.1] * 4)).all()


def test_a_constant_deviates_by_exactly_nothing() -> None:
    assert measure(TransformKind.STD, [0.1] * 5)[3:] == [0.0, 0.0]
    assert measure(TransformKind.MEAN, [0.1] * 5)[3:] == [0.1, 0.1]
    assert measure(TransformKind.OVER_MEAN, [0.1] * 5)[3:] == [0.0, 0.0]


def test_the_days_count_to_the_latest_of_equal_extremes() -> None:
    assert measure(TransformKind.DAYS_SINCE_LOW, [9, 5, 7, 5, 6, 7])[3:] == [0.0, 1.0, 2.0]
    assert measure(TransformKind.DAYS_SINCE_HIGH, [1, 5, 3, 5, 4, 3])[3:] == [0.0, 1.0, 2.0]


def test_an_extreme_is_forgotten_when_it_leaves_the_window() -> None:
    assert measure(TransformKind.MAX, [1, 9, 2, 3, 4, 1])[3:] == [9.0, 4.0, 4.0]


def test_one_missing_day_of_three_is_forgiven_and_two_are_not() -> None:
    signal = price_signal(TransformKind.MEAN, "3d")
    one = compute_signals(price_market(days(0, 1, 2, 3, 5), [4, 4, 4, 4, 8]), [signal])
    two = compute_signals(price_market(days(0, 1, 2, 3, 6), [4, 4, 4, 4, 8]), [signal])
    assert one["measured"].value[4] == 6.0
    assert math.isnan(two["measured"].value[4])


def test_transforms_apply_in_order() -> None:
    steps = (
        Transform(TransformKind.LAG, DAY_US),
        Transform(TransformKind.DIFFERENCE, DAY_US),
    )
    signal = Signal("measured", Source(SourceKind.PRICE, "BTC/USDT"), steps)
    values = compute_signals(price_market(days(0, 1, 2, 3), [1, 2, 4, 8]), [signal])
    assert values["measured"].value[2:].tolist() == [1.0, 2.0]


def test_an_unknown_input_is_missing_and_not_zero() -> None:
    steps = (Transform(TransformKind.LAG, DAY_US), Transform(TransformKind.MEAN, 3 * DAY_US))
    signal = Signal("measured", Source(SourceKind.PRICE, "BTC/USDT"), steps)
    values = compute_signals(price_market(days(0, 1, 2, 3, 4), [6, 6, 6, 6, 6]), [signal])
    assert np.isnan(values["measured"].value[:3]).all()
    assert values["measured"].value[4:].tolist() == [6.0]


@pytest.mark.parametrize(
    ("kind", "last"),
    [(TransformKind.MEDIAN, 1.0), (TransformKind.EMA, 3.118), (TransformKind.MAX, 9.0)],
)
def test_an_unknown_row_between_known_ones_is_passed_over(kind: TransformKind, last: float) -> None:
    """The daily changes are +1, -1, unknown (from zero) and +9."""
    prices = bars(days(0, 1, 2, 3, 4), [1, 2, 0, 4, 40])
    steps = (Transform(TransformKind.CHANGE, DAY_US), Transform(kind, 4 * DAY_US))
    signal = Signal("measured", Source(SourceKind.PRICE, "BTC/USDT"), steps)
    market = Market({}, MARKET_OF, bars={"BTC/USDT": prices})
    value = compute_signals(market, [signal])["measured"].value[4]
    assert value == pytest.approx(last, abs=5e-4)


@pytest.mark.parametrize("kind", [TransformKind.CHANGE, TransformKind.OVER_MEAN])
def test_a_ratio_to_zero_is_unknown(kind: TransformKind) -> None:
    market = Market({}, MARKET_OF, bars={"BTC/USDT": bars(days(0, 1), [0, 0])})
    history = compute_signals(market, [price_signal(kind, "1d")])["measured"]
    assert np.isnan(history.value).all()


@pytest.mark.parametrize("kind", list(TransformKind))
def test_no_rows_give_no_values(kind: TransformKind) -> None:
    assert measure(kind, [], q="0.5", to="ETH/USDT") == []


@pytest.mark.parametrize("kind", list(TransformKind))
def test_one_row_is_too_little_history(kind: TransformKind) -> None:
    assert np.isnan(measure(kind, [5], q="0.5", to="BTC/USDT")).all()
