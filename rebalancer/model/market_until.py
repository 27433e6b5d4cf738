"""A market as it was known at an earlier time."""

from dataclasses import replace

from rebalancer.model.market import Bars, FundingHistory, Market, Series, rows_until


def market_until(market: Market, as_of_us: int) -> Market:
    """Return the market with the rows stamped at or before `as_of_us` alone."""
    return replace(
        market,
        bars={symbol: _bars_until(bars, as_of_us) for symbol, bars in market.bars.items()},
        funding={
            symbol: _funding_until(funding, as_of_us) for symbol, funding in market.funding.items()
        },
        series={name: _series_until(series, as_of_us) for name, series in market.series.items()},
        own={name: _series_until(series, as_of_us) for name, series in market.own.items()},
    )


def _bars_until(bars: Bars, as_of_us: int) -> Bars:
    """Return the bars that had closed."""
    rows = slice(rows_until(bars.time_us, as_of_us))
    return Bars(bars.time_us[rows], bars.open[rows], bars.high[rows], bars.low[rows],
                bars.close[rows])  # fmt: skip


def _funding_until(funding: FundingHistory, as_of_us: int) -> FundingHistory:
    """Return the funding that had settled."""
    rows = slice(rows_until(funding.time_us, as_of_us))
    return FundingHistory(funding.time_us[rows], funding.rate[rows], funding.interval_hours[rows])


def _series_until(series: Series, as_of_us: int) -> Series:
    """Return the observations of a series that had been made."""
    rows = slice(rows_until(series.time_us, as_of_us))
    return Series(series.time_us[rows], series.value[rows])
