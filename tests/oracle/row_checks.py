"""Do the printed `limits` rows say what the replay finds."""

from collections.abc import Mapping
from math import isinf
from typing import Any

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.context import INITIAL_MARGIN, Context
from tests.oracle.limit_checks import Measured
from tests.oracle.limits import Measure
from tests.oracle.order_checks import is_printed
from tests.oracle.policy import PLAN_CAPS, Limit
from tests.oracle.replay import Replay

MONEY = "stress_liquidation"
TIES = "0.000000001"


def check_limit_rows(
    ctx: Context, replay: Replay, measured: Measured, *, plan: Mapping[str, Any]
) -> list[str]:
    """Return rows that are missing, unknown, or differ from the replay in their digits."""
    rows = {row["name"]: row for row in plan["limits"]}
    findings = []
    names = {limit.name for limit in ctx.limits} | set(PLAN_CAPS)
    findings += [f"limits has unknown {name}" for name in rows if name not in names]
    nav = replay.worth.nav
    for index, limit in enumerate(ctx.limits):
        row = rows.get(limit.name)
        if limit.name == INITIAL_MARGIN:
            continue
        if row is None:
            findings.append(f"limits has no row for {limit.name}")
            continue
        scale = nav if limit.name == MONEY else ctx.zero + 1
        path = [measured.opening[index], *(after[index] for after in measured.afters)]
        found = [*check_numbers(ctx, row, path=path, scale=scale), *check_ends(ctx, row, limit)]
        findings += [f"limits {limit.name}: {text}" for text in found]
    return findings


def check_numbers(
    ctx: Context, row: Mapping[str, Any], *, path: list[Measure], scale: Number
) -> list[str]:
    """Return where before, worst_during, after or holds differ from the path of a limit."""
    tie = ctx.arithmetic.make(TIES)
    most = max(measure.excess for measure in path)
    worst = {measure.number for measure in path if measure.excess >= most - tie}
    if most <= 0 and row["min"] is not None and row["max"] is not None:
        # inside a two-sided limit the design does not say which side is worse
        met = [measure.number for measure in path]
        worst |= {min(met), max(met)}
    asked = {
        "before": {path[0].number},
        "worst_during": worst,
        "after": {path[-1].number},
    }
    findings = []
    for name, numbers in asked.items():
        if not is_row_printed(ctx, row[name], {number / scale for number in numbers}):
            values = " or ".join(show(number / scale) for number in numbers)
            findings.append(f"{name} is {row[name]}, replayed {values}")
    ends_well, held_all_along = path[-1].excess <= tie, most <= tie
    if (row["holds"] and not ends_well) or (not row["holds"] and held_all_along):
        findings.append(f"holds is {row['holds']}")
    return findings


def is_row_printed(ctx: Context, text: str | None, values: set[Number]) -> bool:
    """Return whether a printed number, null for an infinite one, is one of the values."""
    if text is None:
        return any(isinf(value) for value in values)
    return is_printed(ctx, text, tuple(value for value in values if not isinf(value)))


def check_ends(ctx: Context, row: Mapping[str, Any], limit: Limit) -> list[str]:
    """Return a min or max that is not the policy's in this regime."""
    if limit.name == MONEY:
        return []
    slack = ctx.arithmetic.ratio_slack
    return [
        f"{name} is {row[name]}, the policy says {value}"
        for name, value in (("min", limit.low), ("max", limit.high))
        if not is_same_end(ctx, row[name], value, slack)
    ]


def is_same_end(ctx: Context, text: str | None, value: Number | None, slack: Number) -> bool:
    """Return whether a printed end is the policy's, both absent or both equal."""
    if text is None or value is None:
        return text is None and value is None
    return magnitude(ctx.arithmetic.make(text) - value) <= slack
