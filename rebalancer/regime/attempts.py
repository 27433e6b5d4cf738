"""The times at which a policy tries to step, and what it knows at each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rebalancer.model.calendar import calendar_times
from rebalancer.model.market import Times
from rebalancer.model.observations import Booleans, union_times
from rebalancer.model.truth import TruthHistory, TruthValues, truth_at
from rebalancer.policy.compiled import Rebalance


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """Times to try a step, rising, and each transition's truth there.

    `time_us` and `on_calendar` are (time,), `truths` is (time, transition). At calendar times
    every transition is tried, at the others only urgent ones.
    """

    time_us: Times
    on_calendar: Booleans
    truths: TruthValues


def list_attempts(
    rebalance: Rebalance,
    truths: Sequence[TruthHistory],
    *,
    observed_us: Iterable[Times],
    start_us: int,
    until_us: int,
) -> Attempts:
    """Return the calendar times and the signals' observation times within [start_us, until_us].

    `truths` are one for each transition, in the policy's order; `observed_us` are the times of
    each signal of the policy.
    """
    calendar_us = calendar_times(
        rebalance.every_us, rebalance.offset_us, start_us=start_us, until_us=until_us
    )
    time_us = union_times([*observed_us, calendar_us])
    time_us = time_us[(time_us >= start_us) & (time_us <= until_us)]
    known = np.empty((len(time_us), len(truths)), dtype=np.int8)
    for number, history in enumerate(truths):
        known[:, number] = truth_at(history, time_us)
    return Attempts(time_us, np.isin(time_us, calendar_us, assume_unique=True), known)
