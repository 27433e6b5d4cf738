"""On whole grids: basis, funding and series of a path are those of one past time at each time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.bootstrap import resample_market
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Bars, FundingHistory, Market, Series
from tests.properties.random_markets import BLOCKS_US, INSTRUMENTS, SEEDS
from tests.small_policies import MARKET_OF, days

pytestmark = pytest.mark.property
DAYS = 50


def _on_one_grid(seed: int) -> Market:
    """Four symbols, funding and a series, observed every day; the series counts the days."""
    numbers = np.random.default_rng(seed)
    times = days(*range(DAYS))
    bars = {}
    for symbol in ("BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC", "ETH/USDT"):
        close = np.exp(np.cumsum(numbers.normal(0, 0.03, DAYS)))
        bars[symbol] = Bars(times, close, close * 1.5, close / 2, close)
    funding = FundingHistory(times, numbers.normal(0, 1e-4, DAYS), np.full(DAYS, 24.0))
    series = {"day": Series(times, np.arange(DAYS, dtype=np.float64))}
    return Market(INSTRUMENTS, MARKET_OF, bars, {"BTC/USDT:USDT": funding}, series)


@given(st.integers(0, 2**32 - 1).map(_on_one_grid), SEEDS, st.integers(0, 99), BLOCKS_US)
def test_a_time_of_a_path_is_one_past_time(
    market: Market, seed: int, number: int, block_us: int
) -> None:
    path = resample_market(market, seed=seed, path=number, block_us=block_us)
    shown = path.series["day"].value.astype(np.intp)
    starts = range(1, DAYS, block_us // DAY_US)
    assert all(shown[row] == shown[row - 1] + 1 for row in range(1, DAYS) if row not in starts)
    funding = market.funding["BTC/USDT:USDT"].rate
    assert path.funding["BTC/USDT:USDT"].rate.tolist() == funding[shown].tolist()
    spot, past = path.bars["BTC/USDT"].close, market.bars["BTC/USDT"].close
    for symbol in ("BTC/USDT:USDT", "BTC/USD:BTC"):
        basis = path.bars[symbol].close / spot
        assert basis == pytest.approx(market.bars[symbol].close[shown] / past[shown], rel=1e-9)


@given(st.integers(0, 2**32 - 1).map(_on_one_grid), SEEDS, st.integers(0, 99), BLOCKS_US)
def test_coins_take_their_returns_from_one_past_day(
    market: Market, seed: int, number: int, block_us: int
) -> None:
    path = resample_market(market, seed=seed, path=number, block_us=block_us)
    shown = path.series["day"].value.astype(np.intp)[1:]
    for symbol in ("BTC/USDT", "ETH/USDT"):
        close, past = path.bars[symbol].close, market.bars[symbol].close
        drawn = past[shown] / past[shown - 1]
        assert close[1:] / close[:-1] == pytest.approx(drawn, rel=1e-9)
