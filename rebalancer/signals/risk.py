"""Transforms that measure risk: volatility, and beta and correlation with another price."""

from dataclasses import replace

import numpy as np

from rebalancer.model.instant import DAY_US, YEAR_DAYS
from rebalancer.model.market import Floats, Times
from rebalancer.signals.changes import natural_logs
from rebalancer.signals.windows import Frame, Moments, window_moments


def volatility(frame: Frame) -> Floats:
    """Return the standard deviation (n - 1) of log returns, annualised on 365 days.

    A return belongs to the observation that ends it. Each is scaled by the root of the time it
    spans, so that one across a missing print counts as one move of its length; at an even
    cadence that is the usual deviation × √(365 days / cadence).
    """
    ratio, spacing_us = _steps(frame.time_us, frame.value)
    returns = natural_logs(ratio) * np.sqrt(YEAR_DAYS * DAY_US / spacing_us)
    return np.sqrt(window_moments(replace(frame, value=returns)).variance)


def beta(frame: Frame) -> Floats:
    """Return covariance / variance of the other symbol's simple returns; unknown if it rests."""
    moments = _joint_moments(frame)
    return moments.products / moments.other_squares


def correlation(frame: Frame) -> Floats:
    """Return the correlation of simple returns with the other symbol's, within -1 and 1."""
    moments = _joint_moments(frame)
    scale = np.sqrt(moments.squares) * np.sqrt(moments.other_squares)
    return np.asarray(np.clip(moments.products / scale, -1.0, 1.0))


def _joint_moments(frame: Frame) -> Moments:
    """Return the moments of returns between the stamps that both prices are known at."""
    other = frame.value if frame.other is None else frame.other
    both = frame.known & ~np.isnan(other)
    mine, _ = _steps(frame.time_us, np.where(both, frame.value, np.nan))
    theirs, _ = _steps(frame.time_us, np.where(both, other, np.nan))
    moments = window_moments(replace(frame, value=mine - 1.0), theirs - 1.0)
    enough = np.where(moments.count > 1, 1.0, np.nan)
    return replace(moments, products=moments.products * enough)


def _steps(time_us: Times, values: Floats) -> tuple[Floats, Floats]:
    """Return x / x₋ and the microseconds between, x₋ the known value before; both (row,).

    NaN at unknown rows and at the first known one.
    """
    rows = np.flatnonzero(~np.isnan(values))
    ratio, spacing_us = np.full(len(values), np.nan), np.full(len(values), np.nan)
    ratio[rows[1:]] = values[rows[1:]] / values[rows[:-1]]
    spacing_us[rows[1:]] = np.diff(time_us[rows])
    return ratio, spacing_us
