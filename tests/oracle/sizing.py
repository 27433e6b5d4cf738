"""A contract's interval: its own parts, and the shorts sized on what other places hold."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.context import Context
from tests.oracle.intervals import FLOAT_ERROR, Interval, keep_sign, sum_parts
from tests.oracle.policy import Span
from tests.oracle.targets import SizedPart, TargetSheet


class Held(NamedTuple):
    """The weights that shorts are sized on: spot coins, and wallets with their coins."""

    spots: Sequence[Number]
    wallets: Sequence[Number]


class Sized(NamedTuple):
    """A contract's interval for some weights, and the same around what `to: target` trades to."""

    interval: Interval
    around_anchor: Interval


def size_future(
    ctx: Context, sheet: TargetSheet, index: int, *, ways: Sequence[Held]
) -> list[Sized]:
    """Return a contract's interval for every way to size its shorts: on each of these weights.

    Its target is the regime's. A cross hedge is sized on its sleeve's target, an own-asset hedge
    and a basis short on coins. `to: target` trades to the shorts sized on the weights themselves.
    """
    plain = plain_interval(ctx, sheet, index)
    asked = Held([row.target for row in sheet.coins], [row.target for row in sheet.wallets])
    target = plain.target - short_span(ctx, sheet, index, asked).target
    found = []
    for held in ways:
        short = short_span(ctx, sheet, index, held)
        whole = join_short(ctx, plain, short, target=target)
        anchor = min(max(plain.target - short.target, whole.low), whole.high)
        found.append(Sized(whole, Interval(whole.low, anchor, whole.high)))
    return found


def join_short(ctx: Context, plain: Interval, short: Span, *, target: Number) -> Interval:
    """Return the interval of a contract's own parts and its sized shorts together."""
    low, high = plain.low - short.high, plain.high - short.low
    if magnitude(plain.target) <= FLOAT_ERROR and magnitude(target) <= FLOAT_ERROR:
        return Interval(low, target, high)
    if magnitude(target) <= FLOAT_ERROR:
        return Interval(ctx.zero, ctx.zero, ctx.zero)
    return keep_sign(Interval(low, target, high))


def plain_interval(ctx: Context, sheet: TargetSheet, index: int) -> Interval:
    """Return the interval of a contract's parts that are not sized on their own coins."""
    parts = sheet.futures[index]
    crossed = [
        part.ratio.scaled(-part.share * sheet.coins[part.place].target) for part in parts.crossed
    ]
    return sum_parts([*parts.own, *crossed], ctx.policy.band, ctx.zero)


def short_span(ctx: Context, sheet: TargetSheet, index: int, held: Held) -> Span:
    """Return how much of a contract is short for these weights: least, asked for and most.

    A debt of coins has nothing to be hedged: no short is sized on less than none.
    """
    mark, parts = ctx.contracts[index].mark, sheet.futures[index]
    low, target, high = ctx.zero, ctx.zero, ctx.zero
    for part, weight, coin_mark in (
        *weighed(parts.linked, held.spots, ctx.coin_marks),
        *weighed(parts.pledged, held.wallets, ctx.wallet_marks),
    ):
        size = part.share * max(weight, ctx.zero) * mark / coin_mark
        low += part.ratio.low * size
        target += part.ratio.target * size
        high += part.ratio.high * size
    return Span(low, target, high, banded=False)


def weighed(
    parts: Sequence[SizedPart], weights: Sequence[Number], marks: Sequence[Number]
) -> list[tuple[SizedPart, Number, Number]]:
    """Return each part with the weight of the place it is sized on and its coin's mark."""
    return [(part, weights[part.place], marks[part.place]) for part in parts]
