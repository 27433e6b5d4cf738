"""What an optimiser says about a plan: could its limits hold, and how little need be traded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rebalancer import plan_many
from rebalancer.adapters.portfolio_file import book_to_portfolio
from rebalancer.model.plan import Order, Plan, PlanStatus
from rebalancer.reports.plan_document import plan_document
from tests.differential.judge.judged_cases import JudgedCase
from tests.differential.judge.limit_rows import Bounded, require_limits
from tests.differential.judge.linear_program import Line, Program, Solution
from tests.differential.judge.nearness import (
    allowed_rows,
    contract_targets,
    make_columns,
    measure_distance,
    sign_rows,
)
from tests.differential.judge.reachable_books import (
    Opening,
    Reached,
    all_ways,
    measure_opening,
    reach,
)
from tests.oracle.checks import Oracle
from tests.oracle.context import Context
from tests.oracle.limits import measure_worth
from tests.oracle.replay import replay_plan
from tests.oracle.worth import Worth

SLACK = 1e-7
"""How far outside a limit, in its own number, still counts as on it."""
SMALLEST_TURNOVER = 1e-5
"""What only rounding trades, as a share of NAV: 3 USDT where a lot is worth up to 0.05 USDT. Clips
are rounded each, and a lot more is taken off where a limit asks for it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A plan beside the optimum; turnovers are shares of NAV."""

    case: JudgedCase
    plan: Plan
    was_broken: tuple[str, ...]
    """The limits that the book was outside of before the plan."""
    broken: tuple[str, ...]
    """The limits that the plan ends outside of."""
    can_hold: bool
    """Whether the optimiser finds a book whose limits all hold."""
    distance: float
    turnover: float
    optimum: float | None
    """The least turnover of a book as near to the targets; None where no limits can hold."""

    @property
    def holds(self) -> bool:
        """Return whether the plan goes for its targets and ends inside every limit."""
        return not self.broken and self.plan.status in {PlanStatus.TRADE, PlanStatus.HOLD}

    def is_wasteful(self, allowed: float) -> bool:
        """Return whether the plan trades more than so many times the optimum, beyond rounding."""
        if not self.holds or self.optimum is None:
            return False
        return self.turnover > allowed * self.optimum + SMALLEST_TURNOVER


def judge(case: JudgedCase) -> Verdict:
    """Return the plan of a case beside what the optimiser finds."""
    (plan,) = plan_many(case.policy, case.market, [case.book])
    oracle, ctx, sheet = case.oracle, case.oracle.ctx, case.oracle.sheet
    replay = replay_plan(ctx, book_to_portfolio(case.book), plan_document(plan))
    opening = measure_opening(ctx, replay)
    distance = 0.0

    def stay_near(reached: Reached) -> list[Line]:
        nonlocal distance
        columns = make_columns(ctx, sheet, replay=replay, reached=reached)
        distance = measure_distance(columns)
        near = [row for column in columns for row in column.rows(distance)]
        return [*near, *sign_rows(ctx, sheet, replay=replay, reached=reached)]

    feasible = cheapest(
        oracle,
        opening,
        rows=lambda reached: [*allowed_rows(ctx, sheet, replay=replay, reached=reached)],
    )
    nearest = cheapest(oracle, opening, rows=stay_near)
    return Verdict(
        case=case,
        plan=plan,
        was_broken=broken_limits(ctx, replay.worth),
        broken=broken_limits(ctx, replay.final_worth),
        can_hold=feasible is not None,
        distance=distance,
        turnover=traded_share(plan, nav=opening.nav),
        optimum=None if nearest is None else nearest.cost,
    )


def broken_limits(ctx: Context, worth: Worth) -> tuple[str, ...]:
    """Return the limits that a book is outside of."""
    measures = measure_worth(ctx, worth)
    money = {"stress_liquidation": SLACK * float(worth.nav)}
    return tuple(
        limit.name
        for limit, measure in zip(ctx.limits, measures, strict=True)
        if measure.excess > money.get(limit.name, SLACK)
    )


def traded_share(plan: Plan, *, nav: float) -> float:
    """Return half of what a plan's orders trade, as a share of NAV."""
    orders = [trade for trade in plan.trades if isinstance(trade, Order)]
    return float(sum(order.notional for order in orders)) / 2 / nav


def cheapest(
    oracle: Oracle, opening: Opening, *, rows: Callable[[Reached], list[Line]]
) -> Solution | None:
    """Return the least turnover of a book inside every limit and these rows."""
    found = [
        solution
        for program, reached in reachable(oracle, opening, rows=rows)
        if (solution := program.minimise(reached.moved)) is not None
    ]
    return min(found, key=lambda solution: solution.cost, default=None)


def reachable(
    oracle: Oracle, opening: Opening, *, rows: Callable[[Reached], list[Line]]
) -> Iterator[tuple[Program, Reached]]:
    """Yield a program for each convex part of what can be reached."""
    ctx, sheet = oracle.ctx, oracle.sheet
    targets = contract_targets(ctx, sheet)
    for way in all_ways(opening, targets):
        program = Program()
        reached = reach(ctx, program, opening=opening, way=way, targets=targets)
        require_limits(Bounded(ctx, program, opening, reached))
        program.require(*rows(reached))
        yield program, reached
