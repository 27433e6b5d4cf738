"""One policy over five years, daily and hourly, against bt and vectorbt with metrics."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.histories import (
    DAYS,
    HOUR_US,
    HOURS,
    build_book,
    build_hedged_policy,
    build_market,
    build_policy,
)
from benchmarks.measure import Measurement, compare, take_turns
from benchmarks.rivals import close_table, run_bt, run_vectorbt
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.summary import Summary, summarize
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy

REPETITIONS = 5


def measure() -> Iterator[Measurement]:
    """Yield the ratios over daily and over hourly bars."""
    yield from _compare_over(build_market(DAYS), "1,827 days", bar=0.1)
    yield from _compare_over(build_market(HOURS, step_us=HOUR_US), "43,800 hours", bar=None)


def _compare_over(market: Market, over: str, *, bar: float | None) -> Iterator[Measurement]:
    closes = close_table(market)
    spots = np.array([0.8])
    times = take_turns(
        {
            "weekly": _evaluation(build_policy(), market),
            "hedged": _evaluation(build_hedged_policy(), market),
            "bt": lambda: run_bt(closes, spot=0.8),
            "vectorbt": lambda: run_vectorbt(closes, spots=spots),
        },
        repetitions=REPETITIONS,
    )
    weekly, hedged = times["weekly"], times["hedged"]
    yield compare(f"weekly weights over {over} / bt", weekly, times["bt"], bar=bar)
    yield compare(f"weekly weights over {over} / vectorbt", weekly, times["vectorbt"], bar=None)
    yield compare(f"hedged with futures over {over} / bt", hedged, times["bt"], bar=None)


def _evaluation(policy: Policy, market: Market) -> Callable[[], Summary]:
    def run() -> Summary:
        found = evaluate(policy, market, book=build_book())
        return summarize(found, ["only"], instruments=market.instruments)

    return run
