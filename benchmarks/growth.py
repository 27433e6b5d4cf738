"""How time and memory grow when rows, assets or variants double; linear is twice."""

import tracemalloc
from collections.abc import Callable, Iterator, Mapping

from benchmarks.histories import (
    DAYS,
    build_book,
    build_market,
    build_policy,
)
from benchmarks.measure import Measurement, compare, take_turns
from benchmarks.variant_batch import build_alike, build_grid, summarize_batch
from rebalancer.evaluation.evaluate import evaluate

REPETITIONS = 5
HALF_A_YEAR = 183
_BAR = 2.2
"""Twice, and a tenth for what a busy machine adds."""


def open_rows(rows: int) -> Callable[[], object]:
    """Return a run over so many daily bars."""
    market, policy = build_market(rows), build_policy()
    return lambda: evaluate(policy, market, book=build_book())


def open_assets(count: int) -> Callable[[], object]:
    """Return a run over five years of so many assets of equal shares."""
    shares = {f"C{number}": 100 // count for number in range(count)}
    market, policy = build_market(DAYS, shares=shares), build_policy(shares=shares)
    return lambda: evaluate(policy, market, book=build_book())


def open_weights(count: int) -> Callable[[], object]:
    """Return a run of so many variants of different weights over half a year."""
    market, policies = build_market(HALF_A_YEAR), build_grid(count)
    return lambda: summarize_batch(policies, market)


def open_alike(count: int) -> Callable[[], object]:
    """Return a run of so many variants of the same rules over half a year."""
    market, policies = build_market(HALF_A_YEAR), build_alike(count)
    return lambda: summarize_batch(policies, market)


OPENINGS: Mapping[str, Callable[[int], Callable[[], object]]] = {
    "rows": open_rows,
    "assets": open_assets,
    "variants of different weights": open_weights,
    "variants of the same rules": open_alike,
}
DOUBLED = (
    ("rows", 913),
    ("assets", 5),
    ("assets", 10),
    ("variants of different weights", 10),
    ("variants of the same rules", 250),
)


def measure() -> Iterator[Measurement]:
    """Yield what doubling costs in time, then in memory."""
    yield from _times()
    yield from _peaks()


def _times() -> Iterator[Measurement]:
    for what, count in DOUBLED:
        runs = {"few": OPENINGS[what](count), "many": OPENINGS[what](2 * count)}
        times = take_turns(runs, repetitions=REPETITIONS)
        name = f"time of {2 * count:,} {what} / {count:,}"
        yield compare(name, times["many"], times["few"], bar=_BAR)


def _peaks() -> Iterator[Measurement]:
    for what, count in DOUBLED:
        few, many = (_allocated(OPENINGS[what](each)) for each in (count, 2 * count))
        ratio = many / few
        yield Measurement(
            f"memory of {2 * count:,} {what} / {count:,}",
            median=ratio,
            least=ratio,
            most=ratio,
            bar=_BAR,
            detail=f"{many:,.1f} MiB against {few:,.1f} MiB",
        )


def _allocated(run: Callable[[], object]) -> float:
    """Return the most MiB that a run holds at once, by Python's own count of allocations."""
    run()
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1024**2
