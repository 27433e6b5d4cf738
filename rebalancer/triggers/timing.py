"""`for: D`: whether a condition held over (t - D, t], told from its observations alone."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.coverage import Window, covered_rows
from rebalancer.model.market import Times
from rebalancer.model.observations import Booleans, Observations
from rebalancer.model.truth import Truth, TruthHistory, TruthValues
from rebalancer.policy.compiled import Timing


def hold_truth(observations: Observations, truths: TruthValues, *, timing: Timing) -> TruthValues:
    """Return at each observation whether the condition held over the window that ends there.

    False where fewer than `share` of the known observations in (t - D, t] are true (with a share
    of 100 %: where one is false), else true where the window is covered, else unknown. Shapes:
    all arrays are (observation,).
    """
    known, is_true = truths != Truth.UNKNOWN, truths == Truth.TRUE
    start_us = observations.time_us - timing.for_us
    first = np.searchsorted(observations.time_us, start_us, side="right")
    too_few = _too_few(_count(is_true, first), _count(known, first), timing.share)
    window = Window(timing.for_us, timing.coverage, timing.max_gap)
    covered = covered_rows(observations, known, window=window)
    held = np.where(covered, np.int8(Truth.TRUE), np.int8(Truth.UNKNOWN))
    return np.where(too_few, np.int8(Truth.FALSE), held)


def apply_timing(history: TruthHistory, timing: Timing) -> TruthHistory:
    """Return the history with the timing's truth beside the bare one.

    It is decided at observations and carried from there. Where a carried value becomes too old
    and leaves the bare condition unknown, so is this.
    """
    decided = np.full(len(history.time_us), Truth.UNKNOWN, dtype=np.int8)
    decided[history.is_observation] = hold_truth(
        history.observations, history.bare[history.is_observation], timing=timing
    )
    last = np.maximum.accumulate(
        np.where(history.is_observation | _is_lost(history), np.arange(len(decided)), -1)
    )
    truth = np.where(last >= 0, decided[last], np.int8(Truth.UNKNOWN)) if len(last) else decided
    return TruthHistory(
        time_us=history.time_us,
        is_observation=history.is_observation,
        bare=history.bare,
        truth=truth,
        observations=history.observations,
        parts=history.parts,
    )


def _is_lost(history: TruthHistory) -> Booleans:
    """Return the steps at which nothing is observed and the bare condition is unknown."""
    return np.asarray(~history.is_observation & (history.bare == Truth.UNKNOWN))


def _count(flags: Booleans, first: NDArray[np.intp]) -> Times:
    """Return how many flags are set from row `first` up to each row itself."""
    totals = np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))
    return np.asarray(totals[1:] - totals[first])


def _too_few(is_true: Times, known: Times, share: Decimal) -> Booleans:
    """Return where fewer than a share of the known are true, compared exactly."""
    part = Fraction(share)
    return np.asarray(is_true * part.denominator < known * part.numerator)
