"""The policy's stress box: its corners are where ratios and margins are worst.

With linear contracts the sums behind every ratio are linear in each asset's one move, so a ratio
of them is extreme at a corner; equity less maintenance margin is concave, so it is least at one,
and being a sum over assets it is least where each asset's part is.
"""

from math import inf

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.book import Worth
from tests.oracle.context import Context

Sums = tuple[Number, Number, Number]
"""Gross value, delta value and NAV."""


def stress_ratios(ctx: Context, worth: Worth) -> dict[str, tuple[Number, Number]]:
    """Return the least and greatest gross leverage and net exposure over all corners."""
    corners = corner_sums(ctx, worth)
    if min([nav for _, _, nav in corners]) <= 0:
        return {"stress_gross_leverage": (inf, inf), "stress_net_exposure": (inf, inf)}
    gross = [gross / nav for gross, _, nav in corners]
    net = [delta / nav for _, delta, nav in corners]
    return {
        "stress_gross_leverage": (min(gross), max(gross)),
        "stress_net_exposure": (min(net), max(net)),
    }


def corner_sums(ctx: Context, worth: Worth) -> list[Sums]:
    """Return the sums at every corner of the box."""
    groups = len(ctx.moves)
    gross, delta = [ctx.zero] * groups, [ctx.zero] * groups
    for group, value in zip(ctx.coin_groups, worth.spots, strict=True):
        gross[group] += magnitude(value)
        delta[group] += value
    for group, value in zip(ctx.contract_groups, worth.signed, strict=True):
        gross[group] += magnitude(value)
        delta[group] += value
    corners: list[Sums] = [(sum(gross), sum(delta), worth.nav)]
    for group, moves in enumerate(ctx.moves):
        if gross[group] != 0 and moves != (0, 0):
            held, net = gross[group], delta[group]
            corners = [
                (sums[0] + held * move, sums[1] + net * move, sums[2] + net * move)
                for sums in corners
                for move in moves
            ]
    return corners


def stress_room(ctx: Context, worth: Worth) -> Number:
    """Return the least equity less maintenance margin over pools that hold positions, in money.

    A pool without positions cannot be liquidated; where none holds any the room is infinite.
    """
    rooms = [pool_room(ctx, worth, pool) for pool in range(len(worth.equities))]
    return min(rooms)


def pool_room(ctx: Context, worth: Worth, pool: int) -> Number:
    """Return the least equity less maintenance margin of one pool over all corners."""
    groups: dict[int, list[int]] = {}
    for index, notional in enumerate(worth.signed):
        if notional != 0 and worth.pool_of[index] == pool:
            groups.setdefault(ctx.contract_groups[index], []).append(index)
    if not groups:
        return inf
    room = worth.equities[pool]
    moving = spot_by_group(ctx, worth) if worth.unified else {}
    for group in {*groups, *moving}:
        held, coins = groups.get(group, []), moving.get(group, ctx.zero)
        down, up = ctx.moves[group]
        room += min(
            move_effect(ctx, worth, held=held, move=down) + coins * down,
            move_effect(ctx, worth, held=held, move=up) + coins * up,
        )
    return room


def spot_by_group(ctx: Context, worth: Worth) -> dict[int, Number]:
    """Return the spot value per group: in a unified account the coins are part of the pool."""
    values: dict[int, Number] = {}
    for group, value in zip(ctx.coin_groups, worth.spots, strict=True):
        if value != 0:
            values[group] = values.get(group, ctx.zero) + value
    return values


def move_effect(ctx: Context, worth: Worth, *, held: list[int], move: Number) -> Number:
    """Return the profit of some positions in a move, less their maintenance margin after it."""
    effect = ctx.zero
    for index in held:
        signed = worth.signed[index]
        effect += signed * move
        effect -= ctx.contracts[index].maintenance(magnitude(signed) * (1 + move))
    return effect
