"""Where a signal's numbers come from: one function per kind of source."""

from collections.abc import Callable, Mapping

import numpy as np

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.instrument import InstrumentKind
from rebalancer.model.market import Floats, Market, Series
from rebalancer.model.observations import UNBOUNDED_US, Observations
from rebalancer.model.rates import annualised_basis, basis, funding_apr
from rebalancer.policy.compiled import Source, SourceKind
from rebalancer.signals.cadence import commonest_spacings

_NOTHING = Series(np.empty(0, dtype=np.int64), np.empty(0))


def read_source(market: Market, source: Source) -> tuple[Observations, Floats]:
    """Return what the market observed of a source: its observations and values, arrays (row,).

    A symbol or series without rows has no observations, which is unknown, like a market cut
    before its first row; so has a `portfolio` number outside a run over history.
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
    """Return funding rates annualised simply by each row's own interval."""
    funding = market.funding.get(source.name)
    if funding is None:
        return _NOTHING
    apr = funding_apr(funding.rate, interval_hours=funding.interval_hours)
    return Series(funding.time_us, apr)


def _read_basis(market: Market, source: Source) -> Series:
    """Return a future's basis over spot at the times stamped on both a future's and a spot's bar.

    A dated future's is annualised and unknown within two days of expiry; a perpetual's is not
    annualised.
    """
    future, spot = read_closes(market, source.name), read_closes(market, source.over or "")
    time_us, of_future, of_spot = np.intersect1d(
        future.time_us, spot.time_us, assume_unique=True, return_indices=True
    )
    future_price, spot_price = future.value[of_future], spot.value[of_spot]
    instrument = market.instruments.get(source.name)
    if instrument is None or instrument.kind is not InstrumentKind.FUTURE:
        return Series(time_us, basis(future_price, spot_price) / spot_price)
    days = ((instrument.expiry_us or 0) - time_us) / DAY_US
    return Series(time_us, annualised_basis(future_price, spot_price, days_to_expiry=days))


def _read_series(market: Market, source: Source) -> Series:
    """Return a named series as it stands."""
    return market.series.get(source.name, _NOTHING)


def _read_own(market: Market, source: Source) -> Series:
    """Return a number of the account itself, at the bars of its run."""
    return market.own.get(source.name, _NOTHING)


_READERS: Mapping[SourceKind, Callable[[Market, Source], Series]] = {
    SourceKind.PRICE: _read_price,
    SourceKind.FUNDING: _read_funding,
    SourceKind.BASIS: _read_basis,
    SourceKind.SERIES: _read_series,
    SourceKind.PORTFOLIO: _read_own,
}
