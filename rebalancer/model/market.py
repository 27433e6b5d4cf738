"""The market: instruments and what was observed of them, as plain arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.instrument import Instrument

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Bars:
    """Prices of one symbol; a future's are its marks. All arrays are (row,).

    `time_us` is each bar's close, the first time at which the row is known.
    INVARIANT: times rise strictly; prices are finite and positive; low ≤ open, close ≤ high.
    """

    time_us: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class FundingHistory:
    """Funding of one contract, arrays (row,): the rate is a fraction of notional per interval.

    INVARIANT: times rise strictly; rates are finite; intervals are positive.
    """

    time_us: Times
    rate: Floats
    interval_hours: Floats


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Series:
    """A named series of observations, arrays (row,). INVARIANT: times rise strictly."""

    time_us: Times
    value: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """All that was known of a market, and the instruments' rules with the date they are of.

    `own` are numbers of the account that trades there, by the name that a signal reads them under;
    a market folder has none of them, the run of a policy over a history does.
    INVARIANT: every symbol of `bars` and `funding` is an instrument.
    """

    instruments: Mapping[str, Instrument]
    instruments_as_of: str
    bars: Mapping[str, Bars] = field(default_factory=dict)
    funding: Mapping[str, FundingHistory] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    own: Mapping[str, Series] = field(default_factory=dict)


def rows_until(time_us: Times, as_of_us: int) -> int:
    """Return how many rows are stamped at or before `as_of_us`; the rest is not known yet."""
    return int(np.searchsorted(time_us, as_of_us, side="right"))
