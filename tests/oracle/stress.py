"""The policy's stress box: its corners are where ratios and margins are worst.

The sums behind every ratio are linear or convex in each asset's one move, coins and the inverse
position behind them together, so a ratio of them is extreme at a corner; equity less maintenance
margin, in money at the moved prices, is concave, so it is least at one, and being a sum over
assets it is least where each asset's part is.
"""

from math import inf

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.context import Context
from tests.oracle.worth import Worth, moving_coins, settled_value

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
    slopes = worth.coin_values[:]
    for index, size in enumerate(worth.sizes):
        coin = ctx.wallet_coins[ctx.wallet_of[index]]
        if size != 0 and coin is not None:
            slopes[coin] += settled_value(ctx, worth, index)
    corners: list[Sums] = [(ctx.zero, ctx.zero, worth.nav)]
    for group, moves in enumerate(ctx.moves):
        parts = {group_sums(ctx, worth, slopes, group=group, move=move) for move in moves}
        corners = [
            (gross + part[0], delta + part[1], nav + part[2])
            for gross, delta, nav in corners
            for part in parts
        ]
    return corners


def group_sums(
    ctx: Context, worth: Worth, slopes: list[Number], *, group: int, move: Number
) -> Sums:
    """Return the gross and delta value of one asset after its move, and the change of NAV."""
    gross, delta, change = ctx.zero, ctx.zero, ctx.zero
    for index, value in enumerate(worth.coin_values):
        if ctx.coin_groups[index] == group:
            gain = slopes[index] * move
            gross += magnitude(value + gain)
            delta += value + gain
            change += gain
    for index, value in enumerate(worth.signed):
        if value != 0 and ctx.contract_groups[index] == group:
            gain = ctx.zero if ctx.contracts[index].is_inverse else value * move
            gross += magnitude(value + gain)
            delta += value + gain
            change += gain
    return gross, delta, change


def stress_room(ctx: Context, worth: Worth) -> Number:
    """Return the least equity less maintenance margin over pools that hold positions, in money.

    A pool without positions cannot be liquidated; where none holds any the room is infinite.
    """
    rooms = [pool_room(ctx, worth, pool) for pool in range(len(worth.equities))]
    return min(rooms)


def pool_room(ctx: Context, worth: Worth, pool: int) -> Number:
    """Return the least equity less maintenance margin of one pool over all corners."""
    groups: dict[int, list[int]] = {}
    for index, size in enumerate(worth.sizes):
        if size != 0 and worth.pool_of[index] == pool:
            groups.setdefault(ctx.contract_groups[index], []).append(index)
    if not groups:
        return inf
    room = worth.equities[pool]
    moving: dict[int, Number] = {}
    for coin, value in moving_coins(ctx, worth, pool).items():
        group = ctx.coin_groups[coin]
        moving[group] = moving.get(group, ctx.zero) + value
    for group in {*groups, *moving}:
        held, coins = groups.get(group, []), moving.get(group, ctx.zero)
        room += min(
            move_effect(ctx, worth, held=held, move=move) + coins * move
            for move in ctx.moves[group]
        )
    return room


def move_effect(ctx: Context, worth: Worth, *, held: list[int], move: Number) -> Number:
    """Return the profit of some positions in a move, less their maintenance margin after it."""
    effect = ctx.zero
    for index in held:
        contract, size = ctx.contracts[index], magnitude(worth.sizes[index])
        effect += settled_value(ctx, worth, index) * move
        if contract.is_inverse:
            unit = ctx.wallet_marks[ctx.wallet_of[index]] * (1 + move)
            effect -= contract.maintenance(size / (1 + move)) * unit
        else:
            effect -= contract.maintenance(size * (1 + move))
    return effect
