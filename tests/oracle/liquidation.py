"""How far all marks of a margin pool may move together before it is liquidated."""

from itertools import pairwise
from math import inf

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.book import Worth
from tests.oracle.context import Context

PRICELESS = "0.000000001"
"""A fall this near to -100 % leaves no price: meeting it is never a liquidation."""
Bend = tuple[Number, Number]
"""A relative move, and the size of the change of slope there."""


def liquidation_distance(ctx: Context, worth: Worth) -> Number:
    """Return the smallest joint move at which equity = maintenance margin in any pool.

    Equity less maintenance margin is concave and piecewise linear in the move: the pieces end
    where a notional passes a tier's floor.
    """
    distance: Number = inf
    for pool, equity in enumerate(worth.equities):
        held = [
            index
            for index, notional in enumerate(worth.signed)
            if notional != 0 and worth.pool_of[index] == pool
        ]
        if held:
            coins = sum(worth.spots) if worth.unified else ctx.zero
            distance = min(distance, pool_distance(ctx, worth, held=held, pool=(equity, coins)))
    return distance


def pool_distance(
    ctx: Context, worth: Worth, *, held: list[int], pool: tuple[Number, Number]
) -> Number:
    """Return the distance of one pool, given its equity and the coins that move with it."""
    room, slope = pool
    for index in held:
        signed = worth.signed[index]
        tier = ctx.contracts[index].tier(magnitude(signed))
        room -= magnitude(signed) * tier.rate - tier.cum
        slope += signed - magnitude(signed) * tier.rate
    if room <= 0:
        return ctx.zero
    up_end = room / -slope if slope < 0 else inf
    up = first_root(room, -slope, bends=bends_above(ctx, worth, held, end=up_end), end=inf)
    down = first_root(
        room, slope, bends=bends_below(ctx, worth, held), end=1 - ctx.arithmetic.make(PRICELESS)
    )
    return min(up, down)


def first_root(room: Number, fall: Number, *, bends: list[Bend], end: Number) -> Number:
    """Return how far `room` lasts when it falls at `fall` per unit and bends on the way."""
    at: Number = 0
    for bend, change in sorted(bends):
        if fall > 0 and at + room / fall <= bend:
            break
        room -= fall * (bend - at)
        at, fall = bend, fall + change
    root = at + room / fall if fall > 0 else inf
    return root if root <= end else inf


def bends_above(ctx: Context, worth: Worth, held: list[int], *, end: Number) -> list[Bend]:
    """Return where rising marks enter higher tiers before `end`: maintenance grows faster there."""
    bends: list[Bend] = []
    for index in held:
        notional, tiers = magnitude(worth.signed[index]), ctx.contracts[index].tiers
        for last, tier in pairwise(tiers):
            if tier.floor > notional * (1 + end):
                break
            if tier.floor > notional:
                change = notional * (tier.rate - last.rate)
                bends.append((tier.floor / notional - 1, change))
    return bends


def bends_below(ctx: Context, worth: Worth, held: list[int]) -> list[Bend]:
    """Return where falling marks leave their tiers: less maintenance is freed from there on."""
    bends: list[Bend] = []
    for index in held:
        notional, tiers = magnitude(worth.signed[index]), ctx.contracts[index].tiers
        for last, tier in pairwise(tiers):
            if tier.floor > notional:
                break
            change = notional * (tier.rate - last.rate)
            bends.append((1 - tier.floor / notional, change))
    return bends
