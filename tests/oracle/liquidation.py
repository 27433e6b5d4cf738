"""How far all marks of a margin pool may move together before it is liquidated."""

from itertools import pairwise
from math import inf

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.context import Context
from tests.oracle.instruments import Instrument
from tests.oracle.worth import Worth, maintenance_margins, moving_coins, settled_value

PRICELESS = "0.000000001"
"""A fall this near to -100 % leaves no price: meeting it is never a liquidation."""
Bend = tuple[Number, Number]
"""A relative move, and the size of the change of slope there."""


def liquidation_distance(ctx: Context, worth: Worth) -> Number:
    """Return the smallest joint move at which equity = maintenance margin in any pool.

    In money at the moved prices, coins and an inverse position behind them together are linear in
    the move, as a linear position is. Equity less maintenance margin is then concave and piecewise
    linear: the pieces end where a notional in its settle coin passes a tier's floor.
    """
    distance: Number = inf
    needed = maintenance_margins(ctx, worth)
    for pool, equity in enumerate(worth.equities):
        held = [
            index
            for index, size in enumerate(worth.sizes)
            if size != 0 and worth.pool_of[index] == pool
        ]
        if held:
            slope = sum(moving_coins(ctx, worth, pool).values(), ctx.zero)
            room = equity - needed[pool]
            distance = min(distance, pool_distance(ctx, worth, held=held, pool=(room, slope)))
    return distance


def pool_distance(
    ctx: Context, worth: Worth, *, held: list[int], pool: tuple[Number, Number]
) -> Number:
    """Return the distance of one pool, given its room and the coins that move with it."""
    room, slope = pool
    if room <= 0:
        return ctx.zero
    above: list[Bend] = []
    below: list[Bend] = []
    for index in held:
        contract, size = ctx.contracts[index], worth.sizes[index]
        tier = contract.tier(magnitude(size))
        unit = ctx.wallet_marks[ctx.wallet_of[index]]
        slope += settled_value(ctx, worth, index)
        # dearer coins: an inverse margin is a fixed sum of money less `cum` coins
        slope -= -tier.cum * unit if contract.is_inverse else magnitude(size) * tier.rate
        place_bends(contract, magnitude(size), unit=unit, above=above, below=below)
    up = first_root(room, -slope, bends=above, end=inf)
    end = 1 - ctx.arithmetic.make(PRICELESS)
    return min(up, first_root(room, slope, bends=below, end=end))


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


def place_bends(
    contract: Instrument, notional: Number, *, unit: Number, above: list[Bend], below: list[Bend]
) -> None:
    """Add where rising or falling marks take a notional into another tier.

    Rising marks take a linear notional up the tiers and an inverse one, in coins, down.
    """
    for last, tier in pairwise(contract.tiers):
        step, floor = tier.rate - last.rate, tier.floor
        if contract.is_inverse:
            move, change = notional / floor - 1, floor * step * unit
        else:
            move, change = floor / notional - 1, notional * step
        if (floor > notional) != contract.is_inverse:
            above.append((move, change))
        else:
            below.append((-move, change))
