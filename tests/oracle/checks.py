"""The oracle's door: every check of one plan, as text.

oracle = make_oracle(policy, "accumulation", instruments=instruments, marks=marks)
assert check_plan(oracle, portfolio, plan) == []
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import EXACT, Arithmetic
from tests.oracle.book_checks import check_book_after, check_values
from tests.oracle.context import Context, make_context
from tests.oracle.deviations import Aim, check_targets
from tests.oracle.given import NOTHING_GIVEN, Given
from tests.oracle.instrument_rows import check_instrument_rows
from tests.oracle.leg_checks import check_leg_imbalance
from tests.oracle.limit_checks import (
    check_end,
    check_promise,
    check_reduce_only,
    is_clean,
    measure_replay,
)
from tests.oracle.money_checks import check_money
from tests.oracle.order_checks import check_orders, check_trade_weights, check_turnover
from tests.oracle.places import place_all
from tests.oracle.replay import Replay, replay_plan
from tests.oracle.row_checks import check_limit_rows
from tests.oracle.targets import TargetSheet, make_targets
from tests.oracle.worth import maintenance_margins

STATUSES = {"trade", "hold", "reduce_only", "refused"}


@dataclass(frozen=True, slots=True)
class Oracle:
    """One policy, regime, market and set of marks, ready to check many plans."""

    ctx: Context
    sheet: TargetSheet
    pooled: TargetSheet
    """The same for a unified account, where no wallet is a place of its own."""


def make_oracle(
    policy: Mapping[str, Any],
    regime: str,
    *,
    instruments: Mapping[str, Any],
    marks: Mapping[str, Any],
    arithmetic: Arithmetic = EXACT,
    given: Given = NOTHING_GIVEN,
) -> Oracle:
    """Return an oracle; raises OutOfScopeError for what it cannot check."""
    ctx = make_context(
        policy, regime, instruments=instruments, marks=marks, arithmetic=arithmetic, given=given
    )
    return Oracle(ctx, make_targets(ctx), make_targets(ctx, pooled=True))


def check_plan(
    oracle: Oracle,
    portfolio: Mapping[str, Any],
    plan: Mapping[str, Any],
    *,
    aim: Aim = Aim.INTERVAL,
    corridor: bool = True,
) -> list[str]:
    """Return every promise the plan breaks.

    `aim` says how closely targets are held to; without `corridor` the legs of an asset may drift
    apart on the way.
    """
    ctx, status = oracle.ctx, plan["status"]
    if status not in STATUSES:
        return [f"status is {status}"]
    if status == "refused":
        return check_refused(plan)
    replay = replay_plan(ctx, portfolio, plan)
    impossible = check_status(ctx, replay, plan)
    if impossible:
        return impossible
    measured = measure_replay(ctx, replay)
    was_clean = is_clean(measured.opening, measured)
    findings = [
        *check_values(ctx, replay, plan),
        *check_book_after(ctx, replay, plan),
        *check_orders(ctx, replay, plan),
        *check_trade_weights(ctx, replay),
        *check_money(ctx, replay),
        *(check_leg_imbalance(ctx, replay, plan) if corridor else ()),
        *check_turnover(ctx, replay, was_clean=was_clean),
        *check_promise(ctx, measured),
        *check_end(ctx, measured, plan),
        *check_limit_rows(ctx, replay, measured, plan=plan),
    ]
    if status == "reduce_only":
        findings += check_reduce_only(ctx, replay, measured)
    elif aim is not Aim.NOTHING:
        sheet = oracle.pooled if replay.opening.unified else oracle.sheet
        places = place_all(ctx, sheet, opening=replay.worth, final=replay.final_worth)
        findings += check_targets(ctx, sheet, replay, places, plan=plan, aim=aim)
        findings += check_instrument_rows(ctx, replay, places, plan=plan)
    return findings


def check_refused(plan: Mapping[str, Any]) -> list[str]:
    """Return where a refused plan trades, or does not say why it is refused."""
    findings = []
    if plan["trades"]:
        findings.append("a refused plan has trades")
    if not plan["refusals"]:
        findings.append("a refused plan names no refusal")
    return findings


def check_status(ctx: Context, replay: Replay, plan: Mapping[str, Any]) -> list[str]:
    """Return why a plan of this status cannot stand: it should be refused, or holds or trades."""
    findings = [f"{what} is not managed: refuses the plan" for what in replay.unmanaged]
    worth = replay.worth
    if worth.nav <= 0:
        findings.append("NAV is not above zero: refuses the plan")
    needed = maintenance_margins(ctx, worth)
    held = {worth.pool_of[index] for index, size in enumerate(worth.sizes) if size != 0}
    if any(worth.equities[pool] <= needed[pool] for pool in held):
        findings.append("a wallet is at or under maintenance margin: refuses the plan")
    if plan["status"] == "hold" and plan["trades"]:
        findings.append("a hold plan has trades")
    if plan["status"] == "trade" and not plan["trades"]:
        findings.append("a trade plan has no trades")
    return findings
