"""Where a plan ends, against where the design says its targets and bands take it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.oracle.arithmetic import Number, show
from tests.oracle.book import Worth
from tests.oracle.context import Context
from tests.oracle.forced import is_forced
from tests.oracle.replay import Replay
from tests.oracle.targets import Interval, TargetSheet, future_anchor, future_interval

CENT = "0.01"
"""Transfers are rounded to cents."""


@dataclass(frozen=True, slots=True)
class Place:
    """One instrument or wallet before the plan, after it, and where the band rule puts it."""

    name: str
    present: Number
    final: Number
    interval: Interval
    base: Number
    bases: tuple[Number, ...]
    """Where the band rule puts it for each way to size it: on the band's spot, on the final."""


class Aim(StrEnum):
    """What a plan that nothing forces is held to."""

    NOTHING = "nothing"
    INTERVAL = "interval"
    BASE = "base"
    """The one place the band rule names: also finds a trade that the band makes needless."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far one instrument or wallet ends from where it should; weights of NAV before."""

    name: str
    present: Number
    final: Number
    bases: tuple[Number, ...]
    target: Number
    low: Number
    high: Number
    allowance: Number
    """Lots, fees and `min_trade`."""
    minimum: Number
    """What the venue's smallest orders may leave more, where the plan lists it as a residual."""
    is_forced: bool

    @property
    def deviation(self) -> Number:
        """Return how far the end lies outside [low, high] beyond the allowance, above 0 if so."""
        return max(self.low - self.final, self.final - self.high) - self.allowance

    @property
    def off_base(self) -> Number:
        """Return the same against the one place the band rule names."""
        return max(min(self.bases) - self.final, self.final - max(self.bases)) - self.allowance

    def off(self, aim: Aim) -> Number:
        """Return what counts for an aim; a forced place is held to its interval."""
        return self.off_base if aim is Aim.BASE and not self.is_forced else self.deviation


def measure_deviations(
    ctx: Context, sheet: TargetSheet, replay: Replay, *, plan: Mapping[str, Any]
) -> list[Deviation]:
    """Return a deviation for each instrument and wallet that is held or asked for."""
    opening, final = replay.worth, replay.final_worth
    coins = place_coins(ctx, sheet, opening=opening, final=final)
    futures = place_futures(ctx, sheet, coins=coins, opening=opening, final=final)
    wallets = place_wallets(ctx, sheet, opening=opening, final=final)
    bases = (weights_of(coins), weights_of(futures), weights_of(wallets))
    forced = is_forced(ctx, sheet, replay, bases=bases, plan=plan)
    fees = replay.fees / opening.nav
    found = []
    extra: tuple[Number, ...]
    for index, place in enumerate(coins):
        lots, least = coin_allowance(ctx, sheet, index)
        part = sheet.basis_parts[index]
        extra = (place.base - part, place.interval.target - part) if forced else ()
        found.append(deviate(ctx, place, room=(lots, least, opening.nav, fees), extra=extra))
    for index, place in enumerate(futures):
        lots, least = future_allowance(ctx, sheet, index)
        extra = (ctx.zero,) if forced else ()
        found.append(deviate(ctx, place, room=(lots, least, opening.nav, fees), extra=extra))
    for place in wallets:
        lots = ctx.arithmetic.make(CENT)
        extra = (place.present,) if forced else ()
        found.append(deviate(ctx, place, room=(lots, ctx.zero, opening.nav, fees), extra=extra))
    return [row for row in found if any((row.present, row.final, row.target, row.low, row.high))]


def weights_of(places: Sequence[Place]) -> list[Number]:
    """Return the weights that the bands ask for."""
    return [place.base for place in places]


def deviate(
    ctx: Context,
    place: Place,
    *,
    room: tuple[Number, Number, Number, Number],
    extra: Sequence[Number],
) -> Deviation:
    """Return a place's deviation; `extra` weights are given where limits or cash force a move."""
    lots, least, nav, fees = room
    interval = place.interval
    if extra:
        interval = interval.hull(place.present, place.base, interval.target, *extra)
    small = ctx.policy.min_trade if interval.target != 0 else ctx.zero
    return Deviation(
        name=place.name,
        present=place.present,
        final=place.final,
        bases=place.bases,
        target=interval.target,
        low=interval.low,
        high=interval.high,
        allowance=(lots + small) / nav + fees + ctx.arithmetic.ratio_slack,
        minimum=least / nav,
        is_forced=bool(extra),
    )


def place_coins(ctx: Context, sheet: TargetSheet, *, opening: Worth, final: Worth) -> list[Place]:
    """Return where each coin is and belongs."""
    places = []
    for index, coin in enumerate(ctx.coins):
        present = opening.spots[index] / opening.nav
        interval = sheet.coins[index]
        base = interval.settle(present, to_target=ctx.policy.to_target)
        held = final.spots[index] / opening.nav
        places.append(Place(coin.symbol, present, held, interval, base, (base,)))
    return places


def place_futures(
    ctx: Context, sheet: TargetSheet, *, coins: Sequence[Place], opening: Worth, final: Worth
) -> list[Place]:
    """Return where each contract is and belongs, sized on the band's spot or the final one."""
    places = []
    planned, reached = [coin.base for coin in coins], [coin.final for coin in coins]
    for index, contract in enumerate(ctx.contracts):
        present = opening.signed[index] / opening.nav
        interval = future_interval(ctx, sheet, index, planned)
        other = future_interval(ctx, sheet, index, reached)
        both = interval.hull(other.low, other.high)
        bases = tuple(
            future_anchor(ctx, sheet, index, size).settle(present, to_target=ctx.policy.to_target)
            for size in (planned, reached)
        )
        held = final.signed[index] / opening.nav
        places.append(Place(contract.symbol, present, held, both, bases[0], bases))
    return places


def place_wallets(ctx: Context, sheet: TargetSheet, *, opening: Worth, final: Worth) -> list[Place]:
    """Return where each wallet's equity is and belongs; a unified account has none."""
    if opening.unified:
        return []
    places = []
    for index, coin in enumerate(ctx.wallets):
        present = opening.equities[index] / opening.nav
        interval = sheet.wallets[index]
        base = interval.settle(present, to_target=ctx.policy.to_target)
        held = final.equities[index] / opening.nav
        places.append(Place(coin, present, held, interval, base, (base,)))
    return places


def coin_allowance(ctx: Context, sheet: TargetSheet, index: int) -> tuple[Number, Number]:
    """Return the lots and the minimums of a coin and of the contracts sized on it."""
    coin = ctx.coins[index]
    lots, least = coin.step_value, coin.smallest_order
    for contract, parts in zip(ctx.contracts, sheet.futures, strict=True):
        if any(part.coin == index for part in parts.linked):
            lots += contract.step * contract.size * coin.mark + ctx.policy.min_trade
            least += contract.smallest_order
    return lots, least


def future_allowance(ctx: Context, sheet: TargetSheet, index: int) -> tuple[Number, Number]:
    """Return the lots and the minimums of a contract and of the coins it is sized on."""
    contract = ctx.contracts[index]
    linked = {part.coin for part in sheet.futures[index].linked}
    least = sum((ctx.coins[coin].smallest_order for coin in linked), contract.smallest_order)
    return contract.step_value, least


def check_targets(
    ctx: Context,
    sheet: TargetSheet,
    replay: Replay,
    *,
    plan: Mapping[str, Any],
    aim: Aim = Aim.INTERVAL,
) -> list[str]:
    """Return every instrument and wallet that ends outside its interval without a stated reason."""
    if aim is Aim.NOTHING or plan["status"] not in {"trade", "hold"}:
        return []
    residuals = str(plan.get("residuals"))
    findings = []
    for row in measure_deviations(ctx, sheet, replay, plan=plan):
        pair = row.name.split(":")[0]  # a residual of one leg explains the other
        spare = row.minimum if pair in residuals else ctx.zero
        stated_wallet = row.name in ctx.wallets and row.name in residuals
        if row.off(aim) > spare and not stated_wallet:
            findings.append(
                f"{row.name} ends at {show(row.final)}, off its {aim} in {show(row.low)} to "
                f"{show(row.high)} by {show(row.off(aim))} more than {show(row.allowance)}"
            )
    return findings
