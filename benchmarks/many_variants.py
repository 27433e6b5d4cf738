"""A thousand variants of a weekly policy over five years, against a thousand of vectorbt's groups.

Ours are summarised as in a sweep: metrics, turnover, costs, largest leverage and margin use,
breaches of every limit at every bar; vectorbt's with nine metrics.
"""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.histories import DAYS, build_market
from benchmarks.measure import Measurement, compare, take_turns
from benchmarks.peak_memory import measure_peak
from benchmarks.rivals import close_table, run_vectorbt
from benchmarks.variant_batch import (
    build_alike,
    build_grid,
    build_hedged_grid,
    summarize_batch,
)

VARIANTS = 1_000
REPETITIONS = 5


def measure() -> Iterator[Measurement]:
    """Yield the ratios of time, then of memory."""
    market = build_market(DAYS)
    closes, spots = close_table(market), np.linspace(0.3, 0.9, VARIANTS)
    grid, alike = build_grid(VARIANTS), build_alike(VARIANTS)
    hedged = build_hedged_grid(VARIANTS)
    times = take_turns(
        {
            "weights": lambda: summarize_batch(grid, market),
            "alike": lambda: summarize_batch(alike, market),
            "hedged": lambda: summarize_batch(hedged, market),
            "vectorbt": lambda: run_vectorbt(closes, spots=spots),
        },
        repetitions=REPETITIONS,
    )
    theirs = times["vectorbt"]
    yield compare("a grid of 1,000 weights / vectorbt", times["weights"], theirs, bar=0.5)
    yield compare("1,000 of the same rules / vectorbt", times["alike"], theirs, bar=None)
    yield compare("1,000 hedged with futures / vectorbt", times["hedged"], theirs, bar=None)
    yield _memory()


def _memory() -> Measurement:
    """Return our peak for a thousand variants over vectorbt's."""
    mine = measure_peak("many_variants", f"open_grid({VARIANTS})")
    theirs = measure_peak("many_variants", f"open_vectorbt({VARIANTS})")
    return Measurement(
        "memory of a grid of 1,000 weights / vectorbt",
        median=mine / theirs,
        least=mine / theirs,
        most=mine / theirs,
        bar=0.1,
        detail=f"{mine:,.0f} MiB against {theirs:,.0f} MiB",
    )


def open_grid(count: int) -> Callable[[], object]:
    """Return the run of as many variants of different weights, after one of two."""
    market = build_market(DAYS)
    summarize_batch(build_grid(2), market)
    policies = build_grid(count)
    return lambda: summarize_batch(policies, market)


def open_vectorbt(count: int) -> Callable[[], object]:
    """Return vectorbt's run of as many groups, after one of two that compiles it."""
    closes = close_table(build_market(DAYS))
    run_vectorbt(closes, spots=np.linspace(0.3, 0.9, 2))
    return lambda: run_vectorbt(closes, spots=np.linspace(0.3, 0.9, count))
