"""Where each instrument and wallet is before a plan and after it, and where it belongs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from tests.oracle.arithmetic import Number
from tests.oracle.context import Context
from tests.oracle.intervals import Interval
from tests.oracle.sizing import Held, size_future
from tests.oracle.targets import TargetSheet
from tests.oracle.worth import Worth


@dataclass(frozen=True, slots=True)
class Place:
    """One instrument or wallet before the plan, after it, and where the band rule puts it."""

    name: str
    present: Number
    final: Number
    interval: Interval
    base: Number
    roundings: tuple[tuple[Number, ...], ...]
    """Where the band rule puts it for each way to size it: on the band's coins, on the final.

    Once for each side that floats may see it on: at an edge of its interval there are two.
    """
    options: tuple[Interval, ...]
    """Its interval for each way to size it."""


@dataclass(frozen=True, slots=True)
class Places:
    """All of them."""

    coins: list[Place]
    futures: list[Place]
    wallets: list[Place]


def place_all(ctx: Context, sheet: TargetSheet, *, opening: Worth, final: Worth) -> Places:
    """Return where everything is and belongs, sized on what the bands or the trades leave."""
    coins = [
        settle(ctx, coin.symbol, interval, ends=ends, nav=opening.nav)
        for coin, interval, *ends in zip(
            ctx.coins, sheet.coins, opening.spots, final.spots, strict=True
        )
    ]
    wallets = place_wallets(ctx, sheet, opening=opening, final=final)
    sizes = [
        Held([coin.base for coin in coins], [wallet.base for wallet in wallets]),
        Held([coin.final for coin in coins], [wallet.final for wallet in wallets]),
    ]
    futures = place_futures(ctx, sheet, sizes=sizes, opening=opening, final=final)
    return Places(coins, futures, wallets)


def place_wallets(ctx: Context, sheet: TargetSheet, *, opening: Worth, final: Worth) -> list[Place]:
    """Return where each wallet's equity is and belongs; a unified account has none."""
    if opening.unified:
        return []
    rows = zip(ctx.wallets, sheet.wallets, opening.equities, final.equities, strict=True)
    return [
        settle(ctx, coin, interval, ends=(before, after), nav=opening.nav)
        for coin, interval, before, after in rows
    ]


def settle(
    ctx: Context, name: str, interval: Interval, *, ends: Sequence[Number], nav: Number
) -> Place:
    """Return a place whose interval does not depend on others."""
    present, held = ends[0] / nav, ends[1] / nav
    bases = interval.settles(present, to_target=ctx.policy.to_target)
    roundings = tuple((base,) for base in bases)
    return Place(name, present, held, interval, bases[0], roundings, (interval,))


def place_futures(
    ctx: Context, sheet: TargetSheet, *, sizes: Sequence[Held], opening: Worth, final: Worth
) -> list[Place]:
    """Return where each contract is and belongs, for every way to size it."""
    places = []
    to_target = ctx.policy.to_target
    for index, contract in enumerate(ctx.contracts):
        present = opening.signed[index] / opening.nav
        sized = size_future(ctx, sheet, index, ways=sizes)
        interval, *others = options = tuple(way.interval for way in sized)
        for other in others:
            interval = interval.hull(other.low, other.high)
        bases = [way.around_anchor.settles(present, to_target=to_target) for way in sized]
        held = final.signed[index] / opening.nav
        places.append(
            Place(
                contract.symbol,
                present,
                held,
                interval,
                bases[0][0],
                tuple(product(*bases)),
                options,
            )
        )
    return places
