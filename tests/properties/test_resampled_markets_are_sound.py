"""A resampled market is a market: the same stamps, bars in order, positive prices, known values."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.bootstrap import resample_market
from rebalancer.model.market import Market
from tests.properties.random_markets import BLOCKS_US, MARKETS, SEEDS

pytestmark = pytest.mark.property
NUMBERS = st.integers(0, 1000)


@given(MARKETS, SEEDS, NUMBERS, BLOCKS_US)
def test_bars_keep_their_stamps_and_their_order(
    market: Market, seed: int, number: int, block_us: int
) -> None:
    path = resample_market(market, seed=seed, path=number, block_us=block_us)
    assert list(path.bars) == list(market.bars)
    for symbol, bars in path.bars.items():
        assert bars.time_us.tolist() == market.bars[symbol].time_us.tolist()
        assert np.isfinite(bars.high).all()
        assert (bars.low > 0).all()
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()


@given(MARKETS, SEEDS, NUMBERS, BLOCKS_US)
def test_funding_and_series_keep_their_stamps_and_show_what_was_observed(
    market: Market, seed: int, number: int, block_us: int
) -> None:
    path = resample_market(market, seed=seed, path=number, block_us=block_us)
    for symbol, funding in path.funding.items():
        observed = market.funding[symbol]
        assert funding.time_us.tolist() == observed.time_us.tolist()
        assert funding.interval_hours.tolist() == observed.interval_hours.tolist()
        hourly = set(rounded(observed.rate / observed.interval_hours))
        assert set(rounded(funding.rate / funding.interval_hours)) <= hourly
    for name, series in path.series.items():
        assert series.time_us.tolist() == market.series[name].time_us.tolist()
        assert set(series.value.tolist()) <= set(market.series[name].value.tolist())


def rounded(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Fraction]:
    """Numbers to twelve significant digits: restating a rate rounds its last bits."""
    return [Fraction(f"{value:.11e}") for value in values.tolist()]


@given(MARKETS, SEEDS, NUMBERS, BLOCKS_US)
def test_each_coin_starts_where_it_did(
    market: Market, seed: int, number: int, block_us: int
) -> None:
    path = resample_market(market, seed=seed, path=number, block_us=block_us)
    for coin in ("BTC/", "ETH/"):
        first_us = min(
            int(bars.time_us[0])
            for symbol, bars in market.bars.items()
            if symbol.startswith(coin) and market.instruments[symbol].expiry_us is None
        )
        for symbol, bars in market.bars.items():
            if symbol.startswith(coin) and bars.time_us[0] <= first_us:
                for name in ("open", "high", "low", "close"):
                    assert getattr(path.bars[symbol], name)[0] == getattr(bars, name)[0]
