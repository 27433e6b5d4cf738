"""Prices of dated contracts on a resampled path: the drawn premium, run down to the expiry.

A contract expires on its day, whatever history a path shows by then, so its bars cannot be drawn.
What is drawn is the premium over the coin's reference symbol as a rate a year; the contract stands
above the path's reference by that rate over the time that is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.blocks import Rows, source_rows
from rebalancer.evaluation.rebuilt_prices import Scale
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Bars, Floats, Times
from rebalancer.model.observations import Booleans

_LEAST_LEFT_US = 2 * DAY_US
"""Nearer to expiry than this, a premium says nothing as a rate a year."""
_OLDEST_US = 2 * DAY_US
"""A contract whose last bar is older has no price at that time."""


@dataclass(frozen=True, slots=True, eq=False)
class DatedBars:
    """A dated contract's bars as observed, with its expiry."""

    bars: Bars
    expiry_us: int


def rebuild_dated_bars(
    contract: DatedBars,
    family: Sequence[DatedBars],
    *,
    observed: Bars,
    rebuilt: Bars,
    scale: Scale,
) -> Bars:
    """Return a contract's bars at the same times, over the path's reference symbol.

    `family` are the contracts to learn the premium from: at each drawn time, the one with the most
    similar time to expiry. Where none has a price the contract keeps the premium of its own day.
    `observed` and `rebuilt` are the bars of the reference in history and on the path.
    """
    time_us = contract.bars.time_us
    left_us = contract.expiry_us - time_us
    drawn_us = time_us + scale.shift_us(time_us)
    own = contract.bars.close / observed.close[_rows_of(observed, time_us)]
    ratio = own.copy()
    nearest_us = np.full(len(time_us), np.iinfo(np.int64).max)
    for each in family:
        rate, has_price = _premium(each, observed, at_us=drawn_us)
        apart_us = np.abs(each.expiry_us - drawn_us - left_us)
        is_nearer = has_price & (apart_us < nearest_us)
        ratio = np.where(is_nearer, np.exp(rate * left_us), ratio)
        nearest_us = np.where(is_nearer, apart_us, nearest_us)
    rows = _rows_of(rebuilt, time_us)
    is_history = scale.is_history(time_us) | (
        (drawn_us == time_us) & (scale.factors(time_us) == 1.0)
    )
    prices = (
        np.where(is_history, before, after[rows] * ratio)
        for before, after in (
            (contract.bars.open, rebuilt.open),
            (contract.bars.high, rebuilt.high),
            (contract.bars.low, rebuilt.low),
            (contract.bars.close, rebuilt.close),
        )
    )
    return Bars(time_us, *prices)


def _premium(contract: DatedBars, observed: Bars, *, at_us: Times) -> tuple[Floats, Booleans]:
    """Return a contract's log premium per microsecond left at each time, and whether it has one."""
    rows = source_rows(contract.bars.time_us, at_us)
    stamped_us = contract.bars.time_us[np.maximum(rows, 0)]
    left_us = contract.expiry_us - stamped_us
    is_fresh = (rows >= 0) & (at_us - stamped_us <= _OLDEST_US)
    has_price = is_fresh & (left_us >= _LEAST_LEFT_US)
    over = contract.bars.close[np.maximum(rows, 0)] / observed.close[_rows_of(observed, stamped_us)]
    return np.log(over) / np.maximum(left_us, _LEAST_LEFT_US), has_price


def _rows_of(bars: Bars, at_us: Times) -> Rows:
    return np.maximum(source_rows(bars.time_us, at_us), 0)
