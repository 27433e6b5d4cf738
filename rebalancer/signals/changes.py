"""Transforms that compare with the last known observation at or before t - D."""

import math

import numpy as np

from rebalancer.model.market import Floats
from rebalancer.model.observations import as_of_rows
from rebalancer.signals.windows import Frame


def lag(frame: Frame) -> Floats:
    """Return the last known value at or before t - D.

    An unknown row is passed over like a missing one; that the window must be covered bounds how
    much older than t - D the value can be.
    """
    known = frame.known
    rows = as_of_rows(frame.time_us[known], frame.time_us - frame.window_us)
    if not known.any():
        return np.full(len(frame.value), np.nan)
    return np.where(rows >= 0, frame.value[known][rows], np.nan)


def change(frame: Frame) -> Floats:
    """Return x / x₋ - 1, as (x - x₋) / x₋, which loses no digits near zero."""
    before = lag(frame)
    return (frame.value - before) / before


def difference(frame: Frame) -> Floats:
    """Return x - x₋."""
    return frame.value - lag(frame)


def log_change(frame: Frame) -> Floats:
    """Return ln(x / x₋)."""
    return natural_logs(frame.value / lag(frame))


def natural_logs(values: Floats) -> Floats:
    """Return logarithms, NaN where there is none.

    Taken one by one: vector routines may round differently by a value's position in the array,
    and then cutting later rows would change earlier bits.
    """
    logs = [math.log(value) if value > 0 else math.nan for value in values.tolist()]
    return np.array(logs, dtype=np.float64)
