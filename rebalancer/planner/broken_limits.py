"""Plans that leave limits broken: they say which, and what would mend them, or are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rebalancer.model.plan import LimitLine, Plan, PlanStatus, Refusal
from rebalancer.planner.case import Case
from rebalancer.planner.last_resort import relax_broken, smallest_relaxations
from rebalancer.planner.quantities import Quantities
from rebalancer.planner.reasons import limits_of

_NO_WAY = "; where it would end every limit holds, but no order of its trades gets there"

_AT_A_TIME = 64
"""Each book tries a hundred and more limits at once."""


def say_broken(
    plans: Sequence[Plan], batch: tuple[Case, Quantities], *, stale: Sequence[bool]
) -> list[Plan]:
    """Return a batch's plans, those that leave limits broken with a warning or a refusal.

    A plan is refused where nothing can be improved. Where stale data, and not a limit, keeps
    trades back, nothing is said of what would mend it.
    """
    broken = [[line for line in plan.limits if not line.holds] for plan in plans]
    stuck = {row: lines for row, lines in enumerate(broken) if lines and not stale[row]}
    ways = _ways_out(*batch, stuck=stuck)
    return [
        _with_broken(plan, lines, way_out=ways.get(row, "")) if lines else plan
        for row, (plan, lines) in enumerate(zip(plans, broken, strict=True))
    ]


def _with_broken(plan: Plan, lines: list[LimitLine], *, way_out: str) -> Plan:
    broken = [line.name for line in lines]
    named = f"{limits_of(broken)} {'is' if len(broken) == 1 else 'are'}"
    it = "it" if len(broken) == 1 else "them"
    message = f"{named} broken, and no plan is found that mends {it}{way_out}"
    if plan.trades or plan.status is not PlanStatus.REDUCE_ONLY:
        return replace(plan, warnings=(*plan.warnings, message))
    return replace(plan, status=PlanStatus.REFUSED, refusals=(Refusal("broken-limit", message),))


def _ways_out(
    case: Case, quantities: Quantities, *, stuck: Mapping[int, list[LimitLine]]
) -> dict[int, str]:
    """Say of each row which limits, each by itself and by how much, would have to make way."""
    no_way = {row: lines for row, lines in stuck.items() if quantities.holds[row]}
    said = {
        row: _NO_WAY + _in_words(relaxed, none="")
        for row, relaxed in relax_broken(case, no_way).items()
    }
    rows = [row for row in stuck if row not in no_way]
    for start in range(0, len(rows), _AT_A_TIME):
        some = rows[start : start + _AT_A_TIME]
        for row, relaxed in zip(some, smallest_relaxations(case, some), strict=True):
            said[row] = _in_words(relaxed, none="; no wider limit alone makes the plan possible")
    return said


def _in_words(relaxed: tuple[str, ...], *, none: str) -> str:
    return f"; it is possible with {' or '.join(relaxed)}" if relaxed else none
