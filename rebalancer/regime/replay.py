"""One path through the regimes, replayed from the truths of a policy's transitions."""

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from rebalancer.model.regime_path import RegimePath, RegimeStep
from rebalancer.model.truth import Truth
from rebalancer.regime.attempts import Attempts
from rebalancer.regime.table import TransitionTable


def replay_path(
    table: TransitionTable, attempts: Attempts, *, start_us: int, until_us: int
) -> RegimePath:
    """Return the regimes from the initial one at `start_us`, without the evidence of the steps.

    The machine decides every step; times at which no transition out of the present regime is
    both tried and true cannot be one, and are passed over.
    """
    initial = table.regimes[table.initial]
    steps = tuple(_steps(table, attempts, start_us)) if table.transitions else ()
    return RegimePath(initial, start_us, until_us, steps)


def _steps(table: TransitionTable, attempts: Attempts, start_us: int) -> Iterator[RegimeStep]:
    """Yield the steps of a path in order."""
    # the library is loaded only where something can step: the command line starts faster
    from rebalancer.regime.machine import Attempt, RegimeMachine  # noqa: PLC0415

    machine = RegimeMachine(table, start_us=start_us)
    candidates = _candidates(table, attempts)
    row = -1
    while (row := _next_row(candidates[machine.regime], row)) >= 0:
        source = machine.regime
        at_us, on_calendar = int(attempts.time_us[row]), bool(attempts.on_calendar[row])
        fired = machine.step(Attempt(at_us, on_calendar, attempts.truths[row].tolist()))
        if fired is not None:
            yield RegimeStep(
                at_us=at_us,
                source=source,
                target=fired.target,
                because=fired.name,
                urgent=fired.urgent,
                on_calendar=on_calendar,
            )


def _candidates(table: TransitionTable, attempts: Attempts) -> dict[str, list[int]]:
    """Return for each regime the rows at which some transition out of it is tried and true."""
    tried = attempts.on_calendar[:, None] | table.urgent[None, :]
    can_fire = (attempts.truths == Truth.TRUE) & tried
    leaves = can_fire.astype(np.int64) @ table.leaves.astype(np.int64)
    return {
        regime: np.flatnonzero(leaves[:, number]).tolist()
        for number, regime in enumerate(table.regimes)
    }


def _next_row(rows: list[int], after: int) -> int:
    """Return the first of rising rows after one, -1 where there is none."""
    place = bisect_right(rows, after)
    return rows[place] if place < len(rows) else -1
