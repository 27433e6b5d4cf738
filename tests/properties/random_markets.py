"""Random markets to resample: several coins with gaps, late starts and dated contracts."""

from collections.abc import Mapping

import numpy as np
from hypothesis import strategies as st

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, Floats, FundingHistory, Market, Series, Times
from tests.small_plans import dated, inverse, perpetual, spot_pair
from tests.small_policies import MARKET_OF, MONDAY

DAYS = 60
FUTURES = (perpetual("BTC"), inverse("BTC"), dated("BTC", "2024-02-09"), dated("BTC", "2024-03-29"))
INSTRUMENTS: Mapping[str, Instrument] = {
    one.symbol: one for one in (spot_pair("BTC"), *FUTURES, spot_pair("ETH"), perpetual("ETH"))
}


def _times(numbers: np.random.Generator, *, last_us: int, late_days: int) -> Times:
    """Daily or twelve-hourly stamps with a tenth of them missing, but for first and last."""
    step_us = int(numbers.choice([DAY_US, 12 * HOUR_US]))
    first_us = MONDAY + int(numbers.integers(0, late_days + 1)) * DAY_US
    times = np.arange(first_us, last_us + 1, step_us, dtype=np.int64)
    kept = numbers.random(len(times)) < 0.9
    kept[[0, -1]] = True
    return times[kept]


def _bars(numbers: np.random.Generator, time_us: Times, close: Floats) -> Bars:
    opening = close * np.exp(numbers.normal(0, 0.02, len(close)))
    high = np.maximum(opening, close) * np.exp(np.abs(numbers.normal(0, 0.01, len(close))))
    low = np.minimum(opening, close) / np.exp(np.abs(numbers.normal(0, 0.01, len(close))))
    return Bars(time_us, opening, high, low, close)


def _market(seed: int) -> Market:
    numbers = np.random.default_rng(seed)
    last_us = MONDAY + DAYS * DAY_US
    bars, funding = {}, {}
    for symbol, instrument in INSTRUMENTS.items():
        until_us = min(last_us, (instrument.expiry_us or last_us) // DAY_US * DAY_US)
        time_us = _times(numbers, last_us=until_us, late_days=5)
        close = 100 * np.exp(np.cumsum(numbers.normal(0, 0.03, len(time_us))))
        bars[symbol] = _bars(numbers, time_us, close)
        if instrument.is_future and instrument.expiry_us is None:
            prints = np.arange(time_us[0], last_us + 1, 8 * HOUR_US, dtype=np.int64)
            rates = numbers.normal(1e-4, 1e-4, len(prints))
            jitter_us = numbers.integers(0, 20_000, len(prints))
            hours = numbers.choice([8.0, 8.0, 4.0], len(prints))
            funding[symbol] = FundingHistory(prints + jitter_us, rates, hours)
    mood = _times(numbers, last_us=last_us, late_days=5)
    series = {"mood": Series(mood, numbers.normal(0, 1, len(mood)))}
    return Market(INSTRUMENTS, MARKET_OF, bars, funding, series)


MARKETS = st.integers(0, 2**32 - 1).map(_market)
SEEDS = st.integers(0, 2**64)
BLOCKS_US = st.integers(1, 15).map(lambda count: count * DAY_US)


def content(market: Market) -> list[bytes]:
    """All that a market observed, as bytes."""
    arrays = [
        *(
            (bars.time_us, bars.open, bars.high, bars.low, bars.close)
            for bars in market.bars.values()
        ),
        *((each.time_us, each.rate, each.interval_hours) for each in market.funding.values()),
        *((each.time_us, each.value) for each in market.series.values()),
    ]
    return [array.tobytes() for row in arrays for array in row]
