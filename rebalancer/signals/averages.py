"""Transforms that average: means, deviations and how far a value lies from them."""

import math

import numpy as np

from rebalancer.model.market import Floats
from rebalancer.signals.windows import Frame, window_moments


def mean(frame: Frame) -> Floats:
    """Return the mean of the window's known values."""
    moments = window_moments(frame)
    return np.where(moments.count > 0, moments.mean, np.nan)


def deviation(frame: Frame) -> Floats:
    """Return the standard deviation of the window, with n - 1."""
    return np.sqrt(window_moments(frame).variance)


def zscore(frame: Frame) -> Floats:
    """Return (x - mean) / standard deviation; unknown where nothing deviates."""
    moments = window_moments(frame)
    return (frame.value - moments.mean) / np.sqrt(moments.variance)


def over_mean(frame: Frame) -> Floats:
    """Return x / mean - 1, as (x - mean) / mean, which loses no digits near zero."""
    average = mean(frame)
    return (frame.value - average) / average


def exponential_mean(frame: Frame) -> Floats:
    """Return the exponential mean with the window as half-life, weighted by time.

    Over a spacing of s since the last known value the mean moves the part 1 - 2^(-s/D) of the
    way to the new value (a missing value moves nothing, and the next spacing spans it). It
    starts at the first known value, so it remembers, fading, all rows before the window too.
    """
    means = np.full(len(frame.value), np.nan)
    last_us, average = 0, math.nan
    for row, (time_us, value) in enumerate(
        zip(frame.time_us.tolist(), frame.value.tolist(), strict=True)
    ):
        if math.isnan(average):
            average, last_us = value, time_us
        elif not math.isnan(value):
            kept = 2.0 ** (-(time_us - last_us) / frame.window_us)
            average, last_us = value + kept * (average - value), time_us
        means[row] = average
    return means
