"""Do the legs of an asset stay together on the way: its delta keeps to a corridor."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.context import Context
from tests.oracle.limits import asset_deltas
from tests.oracle.replay import Replay


def check_leg_imbalance(ctx: Context, replay: Replay, plan: Mapping[str, Any]) -> list[str]:
    """Return where an asset's delta leaves the way from its start to its end by more than m.

    A plan that stops early was on its way to an end further on, by the residuals that it states.
    """
    findings = []
    start, end = asset_deltas(ctx, replay.worth), asset_deltas(ctx, replay.final_worth)
    room = leg_room(ctx, replay)
    for row in plan.get("residuals") or ():
        unsent = ctx.by_symbol.get(row["name"]) if isinstance(row, Mapping) else None
        if unsent is not None:
            room[unsent.base] += magnitude(ctx.arithmetic.make(row.get("notional") or 0))
    for state in replay.states:
        if state.step.instrument is None:
            continue
        base = state.step.instrument.base
        delta = asset_deltas(ctx, state.after_worth)[base]
        least, most = sorted((start[base], end[base]))
        if not least - room[base] <= delta <= most + room[base]:
            findings.append(
                f"{state.step.label}: {base} delta is {show(delta)}, "
                f"outside {show(least)} to {show(most)} by more than {show(room[base])}"
            )
    return findings


def leg_room(ctx: Context, replay: Replay) -> dict[str, Number]:
    """Return m per asset: the larger of max_leg_imbalance × NAV and its smallest order.

    The smallest order is the largest of the instruments that the plan may trade: named by the
    policy, or held. Fees paid in a coin are part of its delta and come on top.
    """
    room: dict[str, Number] = {}
    least = ctx.policy.leg_imbalance * replay.worth.nav
    held = (*replay.opening.coins, *replay.opening.contracts)
    for instrument, amount in zip((*ctx.coins, *ctx.contracts), held, strict=True):
        last = room.get(instrument.base, least)
        is_known = instrument.symbol in ctx.managed or amount != 0
        room[instrument.base] = max(last, instrument.smallest_order) if is_known else last
    for state in replay.states:
        traded = state.step.instrument
        if traded is not None and traded.is_inverse:
            room[traded.base] += state.step.cost
    slack = ctx.arithmetic.ratio_slack * replay.worth.nav
    return {coin: width + slack for coin, width in room.items()}
