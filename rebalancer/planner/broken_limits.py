"""Plans that leave limits broken: they say which, and what would mend them, or are refused."""

from collections.abc import Sequence
from dataclasses import replace

from rebalancer.model.plan import Plan, PlanStatus, Refusal
from rebalancer.planner.case import Case
from rebalancer.planner.last_resort import smallest_relaxations
from rebalancer.planner.quantities import Quantities

_AT_A_TIME = 64
"""Each book tries a hundred and more limits at once."""


def say_broken(
    plans: Sequence[Plan], batch: tuple[Case, Quantities], *, stale: Sequence[bool]
) -> list[Plan]:
    """Return a batch's plans, those that leave limits broken with a warning or a refusal.

    A plan is refused where nothing can be improved. Where stale data, and not a limit, keeps
    trades back, nothing is said of what would mend it.
    """
    broken = [_broken_limits(plan) for plan in plans]
    stuck = [row for row, names in enumerate(broken) if names and not stale[row]]
    ways = _ways_out(*batch, rows=stuck)
    return [
        _with_broken(plan, names, way_out=ways.get(row, "")) if names else plan
        for row, (plan, names) in enumerate(zip(plans, broken, strict=True))
    ]


def _broken_limits(plan: Plan) -> list[str]:
    return [line.name for line in plan.limits if not line.holds]


def _with_broken(plan: Plan, broken: list[str], *, way_out: str) -> Plan:
    named = f"limit {broken[0]} is" if len(broken) == 1 else f"limits {' and '.join(broken)} are"
    it = "it" if len(broken) == 1 else "them"
    message = f"{named} broken and no allowed trade mends {it}{way_out}"
    if plan.trades or plan.status is not PlanStatus.REDUCE_ONLY:
        return replace(plan, warnings=(*plan.warnings, message))
    return replace(plan, status=PlanStatus.REFUSED, refusals=(Refusal("broken-limit", message),))


def _ways_out(case: Case, quantities: Quantities, *, rows: Sequence[int]) -> dict[int, str]:
    """Say of each row which limits, each by itself and by how much, would have to make way."""
    said = dict.fromkeys(
        rows, "; where it would end every limit holds, but no order of its trades gets there"
    )
    stuck = [row for row in rows if not quantities.holds[row]]
    for start in range(0, len(stuck), _AT_A_TIME):
        some = stuck[start : start + _AT_A_TIME]
        said |= zip(some, map(_in_words, smallest_relaxations(case, some)), strict=True)
    return said


def _in_words(relaxed: tuple[str, ...]) -> str:
    if not relaxed:
        return "; no wider limit alone makes the plan possible"
    return f"; it is possible with {' or '.join(relaxed)}"
