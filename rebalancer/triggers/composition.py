"""Composites: `all`, `any` and `not` of conditions, by Kleene's tables, without their timing."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from rebalancer.model.market import Times
from rebalancer.model.observations import (
    UNBOUNDED_US,
    Booleans,
    Observations,
    as_of_rows,
    union_times,
)
from rebalancer.model.truth import Truth, TruthHistory, TruthValues, carry_truth, negate, truth_at
from rebalancer.policy.compiled import Connective


def join_truths(connective: Connective, truths: Sequence[TruthValues]) -> TruthValues:
    """Return the truth of parts joined by a connective, arrays (row,).

    False decides `all` and true decides `any`, whatever is unknown beside them.
    """
    if connective is Connective.NOT:
        return negate(truths[0])
    joined = reduce(np.minimum if connective is Connective.ALL else np.maximum, truths)
    return np.asarray(joined, dtype=np.int8)


def join_histories(connective: Connective, parts: Sequence[TruthHistory]) -> TruthHistory:
    """Return the truth of a composite at the union of its parts' times, each carried there."""
    time_us = union_times(part.time_us for part in parts)
    observed_us = union_times(part.observations.time_us for part in parts)
    truth = join_truths(connective, [truth_at(part, time_us) for part in parts])
    return TruthHistory(
        time_us=time_us,
        is_observation=np.isin(time_us, observed_us, assume_unique=True),
        bare=truth,
        truth=truth,
        observations=_joint_observations(parts, observed_us),
        parts=tuple(parts),
    )


def _joint_observations(parts: Sequence[TruthHistory], time_us: Times) -> Observations:
    """Return the union of the parts' observations; each covers what the fastest part's does.

    A part whose carried values are all too old at an observation does not count there.
    """
    own_us = np.full(len(time_us), UNBOUNDED_US, dtype=np.int64)
    cadence_us = own_us.copy()
    for part in parts:
        if not len(part.observations.time_us):
            continue
        rows = as_of_rows(part.observations.time_us, time_us)
        is_live = (rows >= 0) & _is_carried(part, time_us)
        own = np.where(is_live, part.observations.own_interval_us[rows], UNBOUNDED_US)
        cadence = np.where(is_live, part.observations.cadence_us[rows], UNBOUNDED_US)
        own_us, cadence_us = np.minimum(own_us, own), np.minimum(cadence_us, cadence)
    return Observations(time_us, own_us, cadence_us)


def _is_carried(part: TruthHistory, at_us: Times) -> Booleans:
    """Return at which times a part's bare truth is observed or known, not merely too old."""
    is_observed = np.isin(at_us, part.observations.time_us, assume_unique=True)
    is_known = carry_truth(part.time_us, part.bare, at_us=at_us) != Truth.UNKNOWN
    return np.asarray(is_observed | is_known)
