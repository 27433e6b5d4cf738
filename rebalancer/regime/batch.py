"""Many paths through the regimes at once: the machine's table stepped as arrays."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.market import Times
from rebalancer.model.observations import Booleans
from rebalancer.model.truth import Truth, TruthValues
from rebalancer.regime.table import TransitionTable


def step_batch(
    table: TransitionTable,
    truths: TruthValues,
    *,
    time_us: Times,
    on_calendar: Booleans,
    start_us: int,
) -> NDArray[np.intp]:
    """Return the regime of each path after each time, as numbers of the table, (time, path).

    `time_us` and `on_calendar` are (time,), `truths` is (time, path, transition). Every path
    starts at `start_us` in the initial regime and takes at most one step per time, by the same
    rules as the machine.
    """
    times, paths, _ = truths.shape
    regime = np.full(paths, table.initial, dtype=np.intp)
    since_us = np.full(paths, start_us, dtype=np.int64)
    regimes = np.empty((times, paths), dtype=np.intp)
    for row in range(times):
        has_dwelt = time_us[row] - since_us >= table.min_dwell_us[regime]
        tried = table.urgent[None, :] | (has_dwelt & on_calendar[row])[:, None]
        passes = table.leaves.T[regime] & tried & (truths[row] == Truth.TRUE)
        fires = passes.any(axis=1)
        if fires.any():
            regime = np.where(fires, table.targets[passes.argmax(axis=1)], regime)
            since_us = np.where(fires, time_us[row], since_us)
        regimes[row] = regime
    return regimes
