"""The times of a run: when marks change and funding settles, as arrays over one grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.market import Floats, Market, Times, rows_until
from rebalancer.model.observations import Booleans, as_of_rows, union_times
from rebalancer.planner.layout import Layout, policy_symbols
from rebalancer.policy.compiled import Policy


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Every time between start and end at which something is observed.

    `time_us` (point,) begins with the start. Marks are (path or 1, point, instrument), one path
    for each market of a batch that shares its stamps: `close` is the latest close at or before a
    point, `high` and `low` those of the bar that closes there, else the latest close. `has_row`
    (point, instrument) tells such bars, `is_bar` (point,) points with any, and the start. A symbol
    without a row yet stands at 1: nobody can hold it.

    `funding` (path or 1, point, future) is what a position of size 1 receives, in settle coin.
    """

    time_us: Times
    is_bar: Booleans
    has_row: Booleans
    close: Floats
    high: Floats
    low: Floats
    funding: Floats

    def last_points(self, at_us: Times) -> Times:
        """Return the last point at or before each time."""
        return np.searchsorted(self.time_us, at_us, side="right") - 1

    def until(self, at_us: int) -> int:
        """Return how many points lie at or before a time."""
        return rows_until(self.time_us, at_us)


def calendar_symbols(policy: Policy, layout: Layout) -> tuple[str, ...]:
    """Return the symbols whose bars are a run's: all that its policy names, and its columns.

    So policies that name the same have the same bars, whatever of it they trade.
    """
    return tuple(dict.fromkeys((*policy_symbols(policy), *layout.symbols)))


def build_timeline(
    markets: Sequence[Market], layout: Layout, *, symbols: Sequence[str], span: tuple[int, int]
) -> Timeline:
    """Return the timeline of markets that share their stamps, one path for each.

    Its bars are those of `symbols`, from the first to the last time of `span`.
    Raises ValueError where their stamps differ.
    """
    first, (start_us, end_us) = markets[0], span
    bars_us = union_times(
        [first.bars[symbol].time_us for symbol in symbols if symbol in first.bars]
    )
    others = [
        first.funding[one.symbol].time_us
        for one in layout.instruments
        if one.symbol in first.funding
    ]
    expiries = [one.expiry_us for one in layout.instruments if one.expiry_us is not None]
    time_us = union_times([bars_us, *others, np.array(expiries, dtype=np.int64)])
    time_us = time_us[(time_us > start_us) & (time_us <= end_us)]
    time_us = np.concatenate([np.array([start_us], dtype=np.int64), time_us])
    for market in markets[1:]:
        _require_same_stamps(first, market, symbols)
    paths = [_path(market, layout, time_us) for market in markets]
    is_bar = np.isin(time_us, bars_us)
    is_bar[0] = True
    close, high, low, funding = (
        np.stack([getattr(path, name) for path in paths])
        for name in ("close", "high", "low", "funding")
    )
    return Timeline(time_us, is_bar, paths[0].has_row, close, high, low, funding)


def last_bar_us(market: Market, symbols: Sequence[str], *, until_us: int | None) -> int | None:
    """Return the time of the last bar of these symbols by a time, None where there is none."""
    stamped = [market.bars[symbol].time_us for symbol in symbols if symbol in market.bars]
    counts = [len(each) if until_us is None else rows_until(each, until_us) for each in stamped]
    last = [int(each[count - 1]) for each, count in zip(stamped, counts, strict=True) if count]
    return max(last, default=None)


def first_bar_us(market: Market, symbols: Sequence[str]) -> int | None:
    """Return the time of the first bar of these symbols, None where there is none."""
    stamped = [market.bars[symbol].time_us for symbol in symbols if symbol in market.bars]
    return min((int(each[0]) for each in stamped if len(each)), default=None)


def _require_same_stamps(first: Market, other: Market, symbols: Sequence[str]) -> None:
    for symbol in symbols:
        for one, two in (
            (first.bars.get(symbol), other.bars.get(symbol)),
            (first.funding.get(symbol), other.funding.get(symbol)),
        ):
            none = np.empty(0, dtype=np.int64)
            stamps = [none if rows is None else rows.time_us for rows in (one, two)]
            if not np.array_equal(stamps[0], stamps[1]):
                raise ValueError(f"the markets of a batch differ in the stamps of `{symbol}`")


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """One market's `has_row`, `close`, `high` and `low` (point, instrument), and its funding."""

    has_row: Booleans
    close: Floats
    high: Floats
    low: Floats
    funding: Floats


def _path(market: Market, layout: Layout, time_us: Times) -> _Path:
    """Return one market at every point."""
    close = np.ones((len(time_us), len(layout.symbols)))
    high, low, has_row = close.copy(), close.copy(), np.zeros(close.shape, dtype=bool)
    for column, symbol in enumerate(layout.symbols):
        bars = market.bars.get(symbol)
        if bars is None or not len(bars.time_us):
            continue
        rows = as_of_rows(bars.time_us, time_us)
        known = rows >= 0
        has_row[:, column] = stamped = _stamped(bars.time_us, rows, time_us)
        close[known, column] = bars.close[rows[known]]
        high[:, column] = np.where(stamped, bars.high[rows], close[:, column])
        low[:, column] = np.where(stamped, bars.low[rows], close[:, column])
    funding = _funding(market, layout, time_us=time_us, close=close)
    return _Path(has_row, close, high, low, funding)


def _funding(market: Market, layout: Layout, *, time_us: Times, close: Floats) -> Floats:
    """Return what a position of size 1 receives at each point, at the mark of the point.

    Nothing where the contract had no mark yet: nobody can have held it.
    """
    received = np.zeros((len(time_us), layout.future_count))
    for future in range(layout.future_count):
        column = layout.spot_count + future
        symbol = layout.symbols[column]
        funding, bars = market.funding.get(symbol), market.bars.get(symbol)
        if funding is None or bars is None or not len(funding.time_us):
            continue
        rows = as_of_rows(funding.time_us, time_us)
        is_due = _stamped(funding.time_us, rows, time_us)
        is_due &= as_of_rows(bars.time_us, time_us) >= 0
        mark = close[:, column]
        unit = 1 / mark if layout.is_inverse(future) else mark
        received[:, future] = np.where(is_due, -funding.rate[rows] * unit, 0.0)
    return received


def _stamped(stamps: Times, rows: NDArray[np.intp], time_us: Times) -> Booleans:
    return np.asarray((rows >= 0) & (stamps[rows] == time_us))
