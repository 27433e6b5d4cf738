"""Small markets to resample: bars whose numbers double and halve, so that factors are round."""

from collections.abc import Mapping, Sequence

import numpy as np

from rebalancer.evaluation.blocks import Blocks
from rebalancer.model.instant import DAY_US
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, FundingHistory, Market, Series, Times
from tests.small_plans import dated, perpetual, spot_pair
from tests.small_policies import MARKET_OF, MONDAY

SPOT, PERPETUAL, DATED = "BTC/USDT", "BTC/USDT:USDT", "BTC/USDT:USDT-240329"
OTHER = "ETH/USDT"
INSTRUMENTS: Mapping[str, Instrument] = {
    one.symbol: one
    for one in (
        *(spot_pair("BTC"), perpetual("BTC"), dated("BTC", "2024-03-29")),
        *(dated("BTC", "2024-06-28"), spot_pair("ETH")),
    )
}


def wide_bars(time_us: Times, closes: Sequence[float]) -> Bars:
    """Bars that open at half their close, rise to twice and fall to a quarter of it."""
    close = np.array(closes, dtype=np.float64)
    return Bars(time_us, close / 2, close * 2, close / 4, close)


def market_of(
    bars: Mapping[str, Bars],
    *,
    funding: Mapping[str, FundingHistory] | None = None,
    series: Mapping[str, Series] | None = None,
) -> Market:
    return Market(INSTRUMENTS, MARKET_OF, bars, funding or {}, series or {})


def blocks_of(length_days: int, *shift_days: int) -> Blocks:
    """Blocks from Monday 2024-01-01, each shifted by so many days."""
    shift_us = np.array(shift_days, dtype=np.int64) * DAY_US
    return Blocks(MONDAY, length_days * DAY_US, shift_us)
