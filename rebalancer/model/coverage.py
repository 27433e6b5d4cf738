"""Which windows (t - D, t] are covered by observations: the rule of transforms and of `for`.

Each known observation covers its interval, back to the known observation before it at most. A
window is covered when

- at least `coverage` of it is covered, or all of it but one observation;
- no uncovered stretch that reaches into it is longer than `max_gap` intervals of the observation
  that ends the stretch: the stretch counts whole, so an outage spoils every window that sees
  any of it;
- one observation, known or not, is stamped at or before t - D;
- at least one known observation lies in it.

Lengths are compared as whole seconds and exact integers, so no rounding of floats decides.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from rebalancer.model.instant import SECOND_US
from rebalancer.model.market import Times
from rebalancer.model.observations import (
    UNBOUNDED_US,
    Booleans,
    Observations,
    union_times,
    whole_seconds,
)

_ONE_INTERVAL = 1_000_000
"""Missing observations are counted in millionths of an interval."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window's length in microseconds, and what counts as covered."""

    length_us: int
    coverage: Decimal = Decimal("0.9")
    max_gap: int = 3

    @property
    def spare_seconds(self) -> int:
        """Return how many seconds of the window may be uncovered."""
        return int((1 - self.coverage) * self.length_us / SECOND_US)


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """The uncovered stretch before each known observation, arrays (known observation,).

    Times are microseconds, lengths whole seconds; the first stretch is without end. An interval
    of 0 is one that nobody knows yet.
    """

    time_us: Times
    interval_s: Times
    gap_s: Times

    def too_long(self, max_gap: int) -> Booleans:
        """Return which stretches are longer than `max_gap` intervals."""
        return self.gap_s > max_gap * self.interval_s


def measure_stretches(observations: Observations, known: Booleans, *, cadence_us: int) -> Stretches:
    """Return the uncovered stretches between known observations, at a cadence in microseconds."""
    time_us = observations.time_us[known]
    interval_us = np.minimum(observations.own_interval_us[known], cadence_us)
    interval_s = whole_seconds(np.where(interval_us >= UNBOUNDED_US, 0, interval_us))
    gap_s = np.full(len(time_us), UNBOUNDED_US // _ONE_INTERVAL, dtype=np.int64)
    gap_s[1:] = np.maximum(whole_seconds(np.diff(time_us)) - interval_s[1:], 0)
    return Stretches(time_us, interval_s, gap_s)


def covered_rows(observations: Observations, known: Booleans, *, window: Window) -> Booleans:
    """Return at which rows the window that ends there is covered; all arrays are (row,).

    A row's window is measured at the cadence of that row, so later rows never change it.
    """
    covered = np.zeros(len(known), dtype=np.bool_)
    for cadence_us in union_times([observations.cadence_us]):
        rows = np.flatnonzero(observations.cadence_us == cadence_us)
        stretches = measure_stretches(observations, known, cadence_us=int(cadence_us))
        covered[rows] = _covered_at(observations, rows, stretches, window)
    return covered


def _covered_at(
    observations: Observations, rows: Times, stretches: Stretches, window: Window
) -> Booleans:
    """Return which of the windows that end at `rows` are covered."""
    if not len(stretches.time_us):
        return np.zeros(len(rows), dtype=np.bool_)
    end_us = observations.time_us[rows]
    start_us = end_us - window.length_us
    first = np.searchsorted(stretches.time_us, start_us, side="right")
    last = np.searchsorted(stretches.time_us, end_us, side="right") - 1
    some = first <= last
    first, last = np.where(some, first, 0), np.maximum(last, 0)
    head_s = _head_seconds(stretches, first, start_us)
    tail_s = whole_seconds(end_us - stretches.time_us[last])
    tail_interval_s = _row_interval(observations, rows)
    too_long = stretches.too_long(window.max_gap)
    spoiled = (
        (_sum_between(too_long.astype(np.int64), first, last) > 0)
        | (too_long[first] & (head_s > 0))
        | (tail_s > window.max_gap * tail_interval_s)
    )
    uncovered_s = _sum_between(stretches.gap_s, first, last) + head_s + tail_s
    missing = (
        _sum_between(_intervals(stretches.gap_s, stretches.interval_s), first, last)
        + _intervals(head_s, stretches.interval_s[first])
        + _intervals(tail_s, tail_interval_s)
    )
    enough = (uncovered_s <= window.spare_seconds) | (missing <= _ONE_INTERVAL)
    reaches_back = observations.time_us[0] <= start_us
    return np.asarray(some & reaches_back & enough & ~spoiled)


def _head_seconds(stretches: Stretches, first: Times, start_us: Times) -> Times:
    """Return the uncovered seconds between a window's start and its first known observation."""
    before_us = stretches.time_us[np.maximum(first - 1, 0)]
    since_us = np.where(first > 0, np.maximum(before_us, start_us), start_us)
    reach_s = whole_seconds(stretches.time_us[first] - since_us)
    return np.asarray(np.maximum(reach_s - stretches.interval_s[first], 0))


def _row_interval(observations: Observations, rows: Times) -> Times:
    """Return the seconds that each row would cover were it known, 0 where nobody knows yet."""
    interval_us = np.minimum(observations.own_interval_us[rows], observations.cadence_us[rows])
    return whole_seconds(np.where(interval_us >= UNBOUNDED_US, 0, interval_us))


def _intervals(length_s: Times, interval_s: Times) -> Times:
    """Return lengths in millionths of an interval; of an unknown interval, two are missing."""
    scaled = length_s * _ONE_INTERVAL // np.maximum(interval_s, 1)
    return np.where((interval_s == 0) & (length_s > 0), 2 * _ONE_INTERVAL, scaled)


def _sum_between(values: Times, first: Times, last: Times) -> Times:
    """Return the sums of values after row `first` up to and including row `last`."""
    totals = np.cumsum(values)
    return np.asarray(totals[last] - totals[first])
