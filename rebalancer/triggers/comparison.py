"""Leaves: the truth of one signal's comparison, without its timing."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np

from rebalancer.model.market import Floats, Times
from rebalancer.model.observations import (
    UNBOUNDED_US,
    Booleans,
    Observations,
    as_of_rows,
    union_times,
)
from rebalancer.model.signal_history import SignalHistory, values_at
from rebalancer.model.truth import Truth, TruthHistory, TruthValues
from rebalancer.policy.compiled import Comparison, Leaf, Operand, SignalReference

_COMPARISONS: Mapping[Comparison, Callable[[Floats, Sequence[Floats]], Booleans]] = {
    Comparison.ABOVE: lambda value, operands: value > operands[0],
    Comparison.AT_LEAST: lambda value, operands: value >= operands[0],
    Comparison.BELOW: lambda value, operands: value < operands[0],
    Comparison.AT_MOST: lambda value, operands: value <= operands[0],
    Comparison.BETWEEN: lambda value, ends: (ends[0] <= value) & (value <= ends[1]),
    Comparison.OUTSIDE: lambda value, ends: (value < ends[0]) | (ends[1] < value),
}


def compare_leaf(leaf: Leaf, signals: Mapping[str, SignalHistory]) -> TruthHistory:
    """Return the truth of a leaf without its timing.

    It is observed whenever its signal or a signal used as its threshold is, with the other
    carried; it is unknown while any of them is unknown or too old.
    """
    used = [signals[name] for name in dict.fromkeys(_signals_of(leaf))]
    observed_us = union_times(history.time_us for history in used)
    time_us = union_times([observed_us, *(_expiries(history) for history in used)])
    value = values_at(signals[leaf.signal], time_us)
    operands = [_operand_values(operand, signals, time_us) for operand in leaf.operands]
    truth = compare_values(leaf.comparison, value, operands=operands)
    return TruthHistory(
        time_us=time_us,
        is_observation=np.isin(time_us, observed_us, assume_unique=True),
        bare=truth,
        truth=truth,
        observations=_joint_observations(used, observed_us),
    )


def compare_values(
    comparison: Comparison, value: Floats, *, operands: Sequence[Floats]
) -> TruthValues:
    """Return the truth of a comparison, unknown where any number is NaN. All arrays are (row,)."""
    holds = _COMPARISONS[comparison](value, operands)
    known = reduce(np.logical_and, (~np.isnan(number) for number in (value, *operands)))
    truth = np.where(holds, np.int8(Truth.TRUE), np.int8(Truth.FALSE))
    return np.where(known, truth, np.int8(Truth.UNKNOWN))


def _signals_of(leaf: Leaf) -> list[str]:
    """Return the names of the signals that a leaf reads, its own first."""
    thresholds = [part.signal for part in leaf.operands if isinstance(part, SignalReference)]
    return [leaf.signal, *thresholds]


def _operand_values(
    operand: Operand, signals: Mapping[str, SignalHistory], time_us: Times
) -> Floats:
    """Return a threshold at each time: a constant, or another signal as carried there."""
    if isinstance(operand, SignalReference):
        return values_at(signals[operand.signal], time_us)
    return np.full(len(time_us), float(operand))


def _expiries(history: SignalHistory) -> Times:
    """Return the times at which a value becomes too old before the next is observed."""
    next_us = np.append(history.time_us[1:], np.int64(UNBOUNDED_US))[: len(history.time_us)]
    return history.expiry_us[history.expiry_us < next_us]


def _joint_observations(used: Sequence[SignalHistory], time_us: Times) -> Observations:
    """Return the union of the signals' observations; each covers what the fastest of them does."""
    own_us = np.full(len(time_us), UNBOUNDED_US, dtype=np.int64)
    cadence_us = own_us.copy()
    for history in used:
        rows = as_of_rows(history.time_us, time_us)
        if not len(history.time_us):
            continue
        own = np.where(rows < 0, UNBOUNDED_US, history.observations.own_interval_us[rows])
        cadence = np.where(rows < 0, UNBOUNDED_US, history.observations.cadence_us[rows])
        own_us, cadence_us = np.minimum(own_us, own), np.minimum(cadence_us, cadence)
    return Observations(time_us, own_us, cadence_us)
