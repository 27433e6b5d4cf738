"""Where a signal's numbers come from: one function per kind of source."""

from collections.abc import Callable, Mapping

import numpy as np

from rebalancer.model.instant import DAY_US, HOUR_US, YEAR_DAYS, YEAR_HOURS
from rebalancer.model.instrument import InstrumentKind
from rebalancer.model.market import Floats, Market, Series, Times
from rebalancer.model.observations import UNBOUNDED_US, Observations
from rebalancer.policy.compiled import Source, SourceKind
from rebalancer.signals.cadence import commonest_spacings

EXPIRY_BLACKOUT_US = 2 * DAY_US
"""A dated basis is unknown from here to expiry: days in the denominator blow it up."""

APR_DECIMALS = 12
"""Funding rates have eight decimals, so this names the exact decimal rate of whole intervals."""

_NOTHING = Series(np.empty(0, dtype=np.int64), np.empty(0))


def read_source(market: Market, source: Source) -> tuple[Observations, Floats]:
    """Return what the market observed of a source: its observations and values, arrays (row,).

    A symbol or series without rows has no observations, which is unknown, like a market cut
    before its first row; so has every `portfolio` number, which only a journal knows.
    """
    observed = _READERS[source.kind](market, source)
    time_us = observed.time_us
    own_interval_us = np.full(len(time_us), UNBOUNDED_US, dtype=np.int64)
    if source.kind is SourceKind.FUNDING and source.name in market.funding:
        hours = market.funding[source.name].interval_hours
        own_interval_us = np.round(hours * HOUR_US).astype(np.int64)
    return Observations(time_us, own_interval_us, commonest_spacings(time_us)), observed.value


def _read_price(market: Market, source: Source) -> Series:
    """Return the closes of a symbol."""
    return read_closes(market, source.name)


def read_closes(market: Market, symbol: str) -> Series:
    """Return the closes of a symbol, empty where the market has none."""
    bars = market.bars.get(symbol)
    return Series(bars.time_us, bars.close) if bars else _NOTHING


def _read_funding(market: Market, source: Source) -> Series:
    """Return funding rates annualised simply by each row's own interval: rate · 8760 h / interval.

    Rounded once, to `APR_DECIMALS`, so that 0.01 % per 8 h is exactly the double of 10.95 % and
    `at_least: 10.95%` means what it says.
    """
    funding = market.funding.get(source.name)
    if funding is None:
        return _NOTHING
    apr = funding.rate * YEAR_HOURS / funding.interval_hours
    return Series(funding.time_us, np.round(apr, APR_DECIMALS))


def _read_basis(market: Market, source: Source) -> Series:
    """Return (future - spot) / spot at the times stamped on both a future's and a spot's bar.

    A dated future's is annualised simply over the days to expiry (ACT/365) and unknown within
    two days of it; a perpetual's is not annualised.
    """
    future, spot = read_closes(market, source.name), read_closes(market, source.over or "")
    time_us, of_future, of_spot = np.intersect1d(
        future.time_us, spot.time_us, assume_unique=True, return_indices=True
    )
    spot_price = spot.value[of_spot]
    basis = (future.value[of_future] - spot_price) / spot_price
    return Series(time_us, basis * _years_factor(market, source.name, time_us))


def _years_factor(market: Market, symbol: str, time_us: Times) -> Floats:
    """Return 365 / days to expiry, NaN within two days of it; 1 for what never expires."""
    instrument = market.instruments.get(symbol)
    if instrument is None or instrument.kind is not InstrumentKind.FUTURE:
        return np.ones(len(time_us))
    left_us = (instrument.expiry_us or 0) - time_us
    is_far = left_us > EXPIRY_BLACKOUT_US
    return np.where(is_far, YEAR_DAYS * DAY_US / np.where(is_far, left_us, 1), np.nan)


def _read_series(market: Market, source: Source) -> Series:
    """Return a named series as it stands."""
    return market.series.get(source.name, _NOTHING)


def _read_portfolio(_market: Market, _source: Source) -> Series:
    """Return nothing: a market does not know the portfolio."""
    return _NOTHING


_READERS: Mapping[SourceKind, Callable[[Market, Source], Series]] = {
    SourceKind.PRICE: _read_price,
    SourceKind.FUNDING: _read_funding,
    SourceKind.BASIS: _read_basis,
    SourceKind.SERIES: _read_series,
    SourceKind.PORTFOLIO: _read_portfolio,
}
