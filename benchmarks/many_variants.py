"""A thousand variants of a weekly policy over five years, against a thousand of vectorbt's groups.

A grid of weights is run on a sample, and the sample's time is set against vectorbt's for as many:
`evaluate_many` plans variants of different weights one by one, so that its time is proportional to
their number (`growth` measures that). Variants of the same rules are planned together, and all
thousand of them are run.
"""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.histories import DAYS, build_market
from benchmarks.measure import Measurement, compare, take_turns
from benchmarks.peak_memory import measure_peak
from benchmarks.rivals import close_table, run_vectorbt
from benchmarks.variant_batch import build_alike, build_grid, evaluate_batch

VARIANTS = 1_000
SAMPLE = 10
REPETITIONS = 5


def measure() -> Iterator[Measurement]:
    """Yield the ratios of time, then of memory."""
    market = build_market(DAYS)
    closes, spots = close_table(market), np.linspace(0.3, 0.9, VARIANTS)
    sample, alike = build_grid(SAMPLE), build_alike(VARIANTS)
    times = take_turns(
        {
            "weights": lambda: evaluate_batch(sample, market),
            "alike": lambda: evaluate_batch(alike, market),
            "vectorbt": lambda: run_vectorbt(closes, spots=spots),
        },
        repetitions=REPETITIONS,
    )
    share = [seconds * SAMPLE / VARIANTS for seconds in times["vectorbt"]]
    yield compare(f"a grid of weights, {SAMPLE} of it / vectorbt", times["weights"], share, bar=0.5)
    yield compare("1,000 of the same rules / vectorbt", times["alike"], times["vectorbt"], bar=None)
    yield _memory()


def _memory() -> Measurement:
    """Return our peak for a thousand variants over vectorbt's."""
    mine = measure_peak("many_variants", f"open_alike({VARIANTS})")
    theirs = measure_peak("many_variants", f"open_vectorbt({VARIANTS})")
    return Measurement(
        "memory of 1,000 of the same rules / vectorbt",
        median=mine / theirs,
        least=mine / theirs,
        most=mine / theirs,
        bar=0.1,
        detail=f"{mine:,.0f} MiB against {theirs:,.0f} MiB",
    )


def open_alike(count: int) -> Callable[[], object]:
    """Return the run of as many variants of the same rules, after one of two."""
    market = build_market(DAYS)
    evaluate_batch(build_alike(2), market)
    policies = build_alike(count)
    return lambda: evaluate_batch(policies, market)


def open_vectorbt(count: int) -> Callable[[], object]:
    """Return vectorbt's run of as many groups, after one of two that compiles it."""
    closes = close_table(build_market(DAYS))
    run_vectorbt(closes, spots=np.linspace(0.3, 0.9, 2))
    return lambda: run_vectorbt(closes, spots=np.linspace(0.3, 0.9, count))
