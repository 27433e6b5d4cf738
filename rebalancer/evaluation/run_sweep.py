"""Carries out a sweep, here or by workers elsewhere."""

from functools import partial

from rebalancer.errors import UsageError
from rebalancer.evaluation.executors import (
    INTERRUPTED,
    Report,
    Workers,
    chunk_runs,
    work_through,
)
from rebalancer.evaluation.gather_runs import gather_result
from rebalancer.evaluation.sweep import Sweep, evaluate_runs
from rebalancer.evaluation.sweep_result import SweepResult


def run_sweep(sweep: Sweep, *, workers: Workers | None, report: Report) -> SweepResult:
    """Return the result of a sweep: the same bytes, whoever worked on it.

    `report` is told how many runs are finished, and of how many, after every chunk of them. After
    an interruption, or where no worker stays, the result holds what was finished and names what is
    missing.

    Raises UsageError where every run met a problem; where nothing at all was finished, that or
    KeyboardInterrupt, whichever was the reason.
    """
    chunks = chunk_runs(sweep.run_count)
    worked = work_through(partial(evaluate_runs, sweep), chunks, workers=workers, report=report)
    runs = [run for chunk in worked.results for run in chunk]
    if not runs and worked.stopped == INTERRUPTED:
        raise KeyboardInterrupt
    if not runs:
        raise UsageError(worked.stopped)
    return gather_result(sweep, runs, stopped=worked.stopped)
