"""Transforms that look at the window's lowest and highest value."""

import numpy as np

from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Floats
from rebalancer.signals.windows import Frame, latest_extreme


def _extreme(frame: Frame, *, highest: bool) -> Floats:
    """Return the extreme value of each window, NaN where none is known."""
    rows = latest_extreme(frame, highest=highest)
    return np.where(rows >= 0, frame.value[rows], np.nan)


def lowest(frame: Frame) -> Floats:
    """Return the smallest known value of the window."""
    return _extreme(frame, highest=False)


def highest(frame: Frame) -> Floats:
    """Return the largest known value of the window."""
    return _extreme(frame, highest=True)


def drawdown(frame: Frame) -> Floats:
    """Return x / max - 1, at most zero, as (x - max) / max."""
    top = highest(frame)
    return (frame.value - top) / top


def rally(frame: Frame) -> Floats:
    """Return x / min - 1, at least zero, as (x - min) / min."""
    bottom = lowest(frame)
    return (frame.value - bottom) / bottom


def _days_since(frame: Frame, *, highest: bool) -> Floats:
    """Return the days from the latest extreme of the window to its end."""
    rows = latest_extreme(frame, highest=highest)
    days = (frame.time_us - frame.time_us[rows]) / DAY_US
    return np.where(rows >= 0, days, np.nan)


def days_since_low(frame: Frame) -> Floats:
    """Return the days since the latest of the window's lowest values."""
    return _days_since(frame, highest=False)


def days_since_high(frame: Frame) -> Floats:
    """Return the days since the latest of the window's highest values."""
    return _days_since(frame, highest=True)
