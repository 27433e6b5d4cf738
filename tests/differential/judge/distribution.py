"""What the judge finds over many cases, in a few lines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf

import numpy as np

from tests.differential.judge.verdicts import SMALLEST_TURNOVER, Verdict

PERCENTS = (50, 75, 90, 95, 99, 100)


def describe(verdicts: Sequence[Verdict], *, allowed: float) -> Iterator[str]:
    """Yield how many plans hold their limits, and how their turnovers compare with the optima."""
    statuses = Counter(verdict.plan.status.value for verdict in verdicts)
    yield f"{len(verdicts)} plans: {', '.join(f'{n} {name}' for name, n in statuses.items())}"
    yield f"outside a limit before: {sum(bool(verdict.was_broken) for verdict in verdicts)}"
    no_book = sum(not verdict.can_hold for verdict in verdicts)
    yield f"limits that no book can hold: {no_book}, held by the plan nonetheless: " + str(
        sum(verdict.holds and not verdict.can_hold for verdict in verdicts)
    )
    ratios = [ratio(verdict) for verdict in verdicts if ratio(verdict) > 0]
    points = np.percentile(ratios, PERCENTS)
    yield f"turnover / optimum of {len(ratios)} plans that trade: " + ", ".join(
        f"{percent} % {point:.4f}" for percent, point in zip(PERCENTS, points, strict=True)
    )
    unheld = [verdict for verdict in verdicts if verdict.can_hold and not verdict.holds]
    yield f"can hold, but the plan does not: {len(unheld)}"
    yield from (f"  {name(verdict)}: {', '.join(verdict.broken)}" for verdict in unheld)
    wasteful = [verdict for verdict in verdicts if verdict.is_wasteful(allowed)]
    yield f"over {allowed} of the optimum: {len(wasteful)}"
    yield from (
        f"  {name(verdict)}: {verdict.turnover:.5f} for {verdict.optimum:.5f} "
        f"at {verdict.distance:.2f} bands"
        for verdict in wasteful
    )


def ratio(verdict: Verdict) -> float:
    """Return a plan's turnover over the optimum; 0 where there is no more than rounding."""
    if not verdict.holds or verdict.optimum is None or verdict.turnover <= SMALLEST_TURNOVER:
        return 0.0
    return verdict.turnover / verdict.optimum if verdict.optimum > 0 else inf


def name(verdict: Verdict) -> str:
    """Return what draws a case again."""
    return f"case {verdict.case.number} ({verdict.plan.status.value})"
