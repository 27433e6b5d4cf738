"""Transforms that sort the window: median, quantile and rank."""

import math
from bisect import bisect_right

from rebalancer.model.market import Floats
from rebalancer.signals.windows import Frame, fold_sorted


def quantile(frame: Frame) -> Floats:
    """Return the frame's quantile of the known values, linear between neighbours."""
    return fold_sorted(frame, lambda ordered, _: interpolate(ordered, frame.quantile))


def median(frame: Frame) -> Floats:
    """Return the middle of the known values, halfway between two."""
    return fold_sorted(frame, lambda ordered, _: interpolate(ordered, 0.5))


def rank(frame: Frame) -> Floats:
    """Return the share of the window's known values at or below x, x itself among them."""
    return fold_sorted(frame, _share_at_most)


def _share_at_most(ordered: list[float], value: float) -> float:
    """Return the share of ordered values at or below a value, NaN where it is unknown."""
    return math.nan if math.isnan(value) else bisect_right(ordered, value) / len(ordered)


def interpolate(ordered: list[float], quantile: float) -> float:
    """Return the value at a quantile within 0 and 1 of ordered values.

    >>> interpolate([1.0, 2.0, 4.0], 0.75)
    3.0
    """
    place = quantile * (len(ordered) - 1)
    below = int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (place - below)
