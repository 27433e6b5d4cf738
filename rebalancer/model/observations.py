"""When something was observed, and how much time each observation answers for."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.instant import SECOND_US
from rebalancer.model.market import Times

Booleans = NDArray[np.bool_]

UNBOUNDED_US = int(np.iinfo(np.int64).max // 4)
"""Stands for no interval of one's own: the cadence decides. Far from overflow when added to."""


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """The times of observations with what each covers, arrays (row,) in microseconds.

    `own_interval_us` is a funding row's own interval, `UNBOUNDED_US` where the cadence decides;
    `cadence_us` is the cadence as rows up to and including each one tell it, `UNBOUNDED_US`
    where they do not tell yet. An observation covers the smaller of the two (never an unbounded
    time) up to its own stamp.
    INVARIANT: times rise strictly.
    """

    time_us: Times
    own_interval_us: Times
    cadence_us: Times


def as_of_rows(time_us: Times, at_us: Times) -> NDArray[np.intp]:
    """Return for each time of `at_us` the last row stamped at or before it, -1 where none is."""
    return np.searchsorted(time_us, at_us, side="right") - 1


def union_times(parts: Iterable[Times]) -> Times:
    """Return the times that occur in any of the parts, rising, each once.

    numpy's own set functions load its masked arrays, which a plan would wait for.
    """
    times = np.sort(np.concatenate([np.asarray(part, dtype=np.int64) for part in parts]))
    return times[np.concatenate([[True], times[1:] != times[:-1]])] if times.size else times


def whole_seconds(duration_us: Times) -> Times:
    """Return durations rounded to whole seconds: venues stamp with milliseconds of jitter."""
    return (duration_us + SECOND_US // 2) // SECOND_US
