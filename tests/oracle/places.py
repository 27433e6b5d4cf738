"""Where each instrument and wallet is before a plan and after it, and where it belongs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.oracle.arithmetic import Number
from tests.oracle.context import Context
from tests.oracle.intervals import Interval
from tests.oracle.sizing import Held, future_anchor, future_interval
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
    bases: tuple[Number, ...]
    """Where the band rule puts it for each way to size it: on the band's coins, on the final."""
    presents: tuple[Number, ...]
    """What may be printed as its weight before, and as its value after in money."""
    values: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """All of them, and the weights that a short may be sized on."""

    coins: list[Place]
    futures: list[Place]
    wallets: list[Place]
    sizes: list[Held]


def place_all(ctx: Context, sheet: TargetSheet, *, opening: Worth, final: Worth) -> Places:
    """Return where everything is and belongs.

    In a unified account the design does not say whether a pooled coin's weight holds the
    unrealised profit of its coin-margined positions: both readings are taken.
    """
    wallets = place_wallets(ctx, sheet, opening=opening, final=final)
    readings = [place_coins(ctx, sheet, (opening.spots, final.spots), nav=opening.nav)]
    values = (opening.coin_values, final.coin_values)
    if opening.unified and values != (opening.spots, final.spots):
        readings.append(place_coins(ctx, sheet, values, nav=opening.nav))
    sizes = [
        held
        for coins in readings
        for held in (
            Held([coin.base for coin in coins], [wallet.base for wallet in wallets]),
            Held([coin.final for coin in coins], [wallet.final for wallet in wallets]),
        )
    ]
    futures = place_futures(ctx, sheet, sizes=sizes, opening=opening, final=final)
    coins = [merge(*places) for places in zip(readings[0], readings[-1], strict=True)]
    return Places(coins, futures, wallets, sizes)


def place_coins(
    ctx: Context,
    sheet: TargetSheet,
    values: tuple[Sequence[Number], Sequence[Number]],
    *,
    nav: Number,
) -> list[Place]:
    """Return where each coin is and belongs, given what it is worth before and after."""
    return [
        settle(ctx, coin.symbol, interval, ends=(values[0][index], values[1][index]), nav=nav)
        for index, (coin, interval) in enumerate(zip(ctx.coins, sheet.coins, strict=True))
    ]


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
    ctx: Context, name: str, interval: Interval, *, ends: tuple[Number, Number], nav: Number
) -> Place:
    """Return a place whose interval does not depend on others."""
    present, held = ends[0] / nav, ends[1] / nav
    base = interval.settle(present, to_target=ctx.policy.to_target)
    return Place(name, present, held, interval, base, (base,), (present,), (ends[1],))


def merge(place: Place, other: Place) -> Place:
    """Return a place that either reading of its weight may put; as it is where they agree."""
    if place == other:
        return place
    profit = other.final - place.final
    interval = other.interval
    return replace(
        place,
        interval=place.interval.hull(interval.low - profit, interval.high - profit),
        bases=(place.base, other.base - profit),
        presents=(place.present, other.present),
        values=place.values + other.values,
    )


def place_futures(
    ctx: Context, sheet: TargetSheet, *, sizes: Sequence[Held], opening: Worth, final: Worth
) -> list[Place]:
    """Return where each contract is and belongs, for every way to size it."""
    places = []
    to_target = ctx.policy.to_target
    for index, contract in enumerate(ctx.contracts):
        present = opening.signed[index] / opening.nav
        interval, *others = (future_interval(ctx, sheet, index, held) for held in sizes)
        for other in others:
            interval = interval.hull(other.low, other.high)
        bases = tuple(
            future_anchor(ctx, sheet, index, held).settle(present, to_target=to_target)
            for held in sizes
        )
        value = final.signed[index]
        place = Place(
            name=contract.symbol,
            present=present,
            final=value / opening.nav,
            interval=interval,
            base=bases[0],
            bases=bases,
            presents=(present,),
            values=(value,),
        )
        places.append(place)
    return places
