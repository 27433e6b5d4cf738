"""Transforms that measure risk: volatility, and beta and correlation with another price.

They read returns: one belongs to the observation that ends it, and the window is covered by the
observations that have one.
"""

import numpy as np

from rebalancer.model.instant import DAY_US, YEAR_DAYS
from rebalancer.model.market import Floats, Times
from rebalancer.signals.changes import natural_logs
from rebalancer.signals.windows import Frame, window_moments


def yearly_log_returns(time_us: Times, prices: Floats) -> Floats:
    """Return log returns, each scaled to a year of 365 days by the root of the time it spans.

    So a return across a missing print counts as one move of its length. Arrays are (row,), NaN
    where there is no return.
    """
    ratio, spacing_us = _steps(time_us, prices)
    return natural_logs(ratio) * np.sqrt(YEAR_DAYS * DAY_US / spacing_us)


def joint_returns(time_us: Times, mine: Floats, *, theirs: Floats) -> tuple[Floats, Floats]:
    """Return the simple returns of two prices between the stamps at which both are known.

    Arrays are (row,), NaN where there is no return.
    """
    both = ~(np.isnan(mine) | np.isnan(theirs))
    my_ratio, _ = _steps(time_us, np.where(both, mine, np.nan))
    their_ratio, _ = _steps(time_us, np.where(both, theirs, np.nan))
    return my_ratio - 1.0, their_ratio - 1.0


def volatility(frame: Frame) -> Floats:
    """Return the standard deviation (n - 1) of yearly log returns.

    At an even cadence that is the deviation of plain log returns × √(365 days / cadence).
    """
    return np.sqrt(window_moments(frame).variance)


def beta(frame: Frame) -> Floats:
    """Return covariance / variance of the other's returns; unknown where the other rests."""
    moments = window_moments(frame, frame.other)
    return np.where(moments.count > 1, moments.products / moments.other_squares, np.nan)


def correlation(frame: Frame) -> Floats:
    """Return the correlation with the other's returns, within -1 and 1; unknown if one rests."""
    moments = window_moments(frame, frame.other)
    scale = np.sqrt(moments.squares) * np.sqrt(moments.other_squares)
    bounded = np.clip(moments.products / scale, -1.0, 1.0)
    return np.where(moments.count > 1, bounded, np.nan)


def _steps(time_us: Times, values: Floats) -> tuple[Floats, Floats]:
    """Return x / x₋ and the microseconds between, x₋ the known value before; both (row,).

    NaN at unknown rows and at the first known one.
    """
    rows = np.flatnonzero(~np.isnan(values))
    ratio, spacing_us = np.full(len(values), np.nan), np.full(len(values), np.nan)
    ratio[rows[1:]] = values[rows[1:]] / values[rows[:-1]]
    spacing_us[rows[1:]] = np.diff(time_us[rows])
    return ratio, spacing_us
