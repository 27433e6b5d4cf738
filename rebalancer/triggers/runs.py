"""How long a condition, without its timing, has been what it is."""

import numpy as np

from rebalancer.model.coverage import measure_stretches
from rebalancer.model.observations import UNBOUNDED_US, Observations, as_of_rows
from rebalancer.model.truth import Truth, TruthHistory, TruthValues

DEFAULT_MAX_GAP = 3
"""The `max_gap` of conditions that state none."""


def held_for(history: TruthHistory, at_us: int, *, max_gap: int = DEFAULT_MAX_GAP) -> int | None:
    """Return the microseconds for which the bare truth at a time has been the same without break.

    A missing observation does not break it, an uncovered stretch of more than `max_gap`
    intervals does. The first observation of the run counts with the interval it covers, so a
    `for: 14d` that turns true has been held for 14 days. None before the first observation.
    """
    step = int(as_of_rows(history.time_us, np.array([at_us]))[0])
    if step < 0:
        return None
    present = history.bare[step]
    if present == Truth.UNKNOWN:
        changes = np.flatnonzero(history.bare[: step + 1] != present)
        first = int(changes[-1]) + 1 if len(changes) else 0
        return at_us - int(history.time_us[first])
    rows = int(as_of_rows(history.observations.time_us, np.array([at_us]))[0]) + 1
    observations = Observations(
        history.observations.time_us[:rows],
        history.observations.own_interval_us[:rows],
        history.observations.cadence_us[:rows],
    )
    bare = history.bare[history.is_observation][:rows]
    return at_us - _run_start(observations, bare, present=int(present), max_gap=max_gap)


def _run_start(observations: Observations, bare: TruthValues, *, present: int, max_gap: int) -> int:
    """Return when the run of the present truth began: the start of what its first row covers."""
    known = bare != Truth.UNKNOWN
    stretches = measure_stretches(observations, known, cadence_us=int(observations.cadence_us[-1]))
    is_same = bare[known] == present
    breaks = stretches.too_long(max_gap)
    breaks[1:] |= ~is_same[:-1]
    first = int(np.flatnonzero(breaks & is_same)[-1])
    row = int(np.flatnonzero(known)[first])
    time_us = int(observations.time_us[row])
    if row == 0:
        return time_us
    covers_us = int(
        min(observations.own_interval_us[row], observations.cadence_us[-1], UNBOUNDED_US)
    )
    return max(time_us - covers_us, int(observations.time_us[row - 1]))
