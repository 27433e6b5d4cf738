"""Where a plan ends, against where the design says its targets and bands take it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.oracle.allowances import (
    coin_allowance,
    future_allowance,
    unsent_symbols,
    wallet_allowance,
)
from tests.oracle.arithmetic import Number, show
from tests.oracle.context import Context
from tests.oracle.forced import is_forced
from tests.oracle.places import Place, Places
from tests.oracle.replay import Replay
from tests.oracle.shrinks import Shrink, read_shrink, shrunk_weights
from tests.oracle.targets import TargetSheet


class Aim(StrEnum):
    """What a plan that nothing forces is held to."""

    NOTHING = "nothing"
    INTERVAL = "interval"
    BASE = "base"
    """The place the band rule names: also finds a trade that the band makes needless."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far one instrument or wallet ends from where it should; weights of NAV before."""

    name: str
    present: Number
    final: Number
    roundings: tuple[tuple[Number, ...], ...]
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
        """Return the same against the place the band rule names, however floats see it."""
        off = (max(min(ways) - self.final, self.final - max(ways)) for ways in self.roundings)
        return min(off) - self.allowance

    @property
    def strays(self) -> bool:
        """Return whether it ends further outside its interval than it was."""
        low, high = min(self.low, self.present), max(self.high, self.present)
        return not low - self.allowance <= self.final <= high + self.allowance

    def off(self, aim: Aim) -> Number:
        """Return what counts for an aim; a forced place is held to its interval."""
        return self.off_base if aim is Aim.BASE and not self.is_forced else self.deviation


def measure_deviations(
    ctx: Context, sheet: TargetSheet, replay: Replay, places: Places, *, plan: Mapping[str, Any]
) -> list[Deviation]:
    """Return a deviation for each instrument and wallet that is held or asked for."""
    opening = replay.worth
    bases = (weights_of(places.coins), weights_of(places.futures), weights_of(places.wallets))
    forced = is_forced(ctx, sheet, replay, bases=bases, plan=plan)
    shrink, unsent = read_shrink(ctx, plan), unsent_symbols(plan)
    found: list[Deviation] = []

    def add(place: Place, least: tuple[Number, Number], given: tuple[Number, ...]) -> None:
        room = (*least, opening.nav, replay.fees / opening.nav)
        found.append(deviate(ctx, place, room=room, given=given))

    for index, place in enumerate(places.coins):
        moved = shrunk_weights(place, part=sheet.basis_parts[index], shrink=shrink)
        parked = parked_weights(ctx, places, index) if place.name in unsent else ()
        given = (place.present, *moved, *parked) if forced else ()
        add(place, coin_allowance(ctx, sheet, index, unsent=unsent), given)
    for index, place in enumerate(places.futures):
        given = (place.present, ctx.zero) if forced else ()
        add(place, future_allowance(ctx, sheet, index), given)
    for index, place in enumerate(places.wallets):
        moved = shrunk_weights(place, part=sheet.pledged_parts[index], shrink=shrink)
        kept = keeps_present(ctx, replay, index, shrink=shrink)
        given = (place.present if kept else place.base, *moved) if forced else ()
        left = (place.present - place.final) * opening.nav
        add(place, wallet_allowance(ctx, sheet, index, given=left), given)
    return [row for row in found if any((row.present, row.final, row.target, row.low, row.high))]


def parked_weights(ctx: Context, places: Places, index: int) -> tuple[Number, ...]:
    """Return what spot holds where a plan stops between a transfer and the order it is for.

    What a wallet gave out is then not sold yet, what it took not bought.
    """
    held = places.coins[index].present
    rows = zip(ctx.wallet_coins, places.wallets, strict=False)
    return tuple(held + row.present - row.final for coin, row in rows if coin == index)


def weights_of(places: Sequence[Place]) -> list[Number]:
    """Return the weights that the bands ask for."""
    return [place.base for place in places]


def deviate(
    ctx: Context,
    place: Place,
    *,
    room: tuple[Number, Number, Number, Number],
    given: Sequence[Number],
) -> Deviation:
    """Return a place's deviation; `given` weights are allowed where limits or cash force a move."""
    lots, least, nav, fees = room
    interval = place.interval
    if given:
        interval = interval.hull(place.base, interval.target, *given)
    small = ctx.policy.min_trade if interval.target != 0 else ctx.zero
    return Deviation(
        name=place.name,
        present=place.present,
        final=place.final,
        roundings=place.roundings,
        target=interval.target,
        low=interval.low,
        high=interval.high,
        allowance=(lots + small) / nav + fees + ctx.arithmetic.ratio_slack,
        minimum=least / nav,
        is_forced=bool(given),
    )


def check_targets(
    ctx: Context,
    sheet: TargetSheet,
    replay: Replay,
    places: Places,
    *,
    plan: Mapping[str, Any],
    aim: Aim = Aim.INTERVAL,
) -> list[str]:
    """Return every instrument and wallet that ends outside its interval without a stated reason."""
    if aim is Aim.NOTHING or plan["status"] not in {"trade", "hold"}:
        return []
    residuals = str(plan.get("residuals"))
    named = unsent_symbols(plan)
    findings = []
    for row in measure_deviations(ctx, sheet, replay, places, plan=plan):
        coin = row.name.partition("/")[0]  # a residual of one leg explains the other
        spare = row.minimum if f"{coin}/" in residuals or coin in named else ctx.zero
        excused = is_stated_wallet(ctx, replay, row.name, residuals) and not row.strays
        if row.off(aim) > spare and not excused:
            findings.append(
                f"{row.name} ends at {show(row.final)}, off its {aim} in {show(row.low)} to "
                f"{show(row.high)} by {show(row.off(aim))} more than {show(row.allowance)}"
            )
    return findings


def is_stated_wallet(ctx: Context, replay: Replay, name: str, residuals: str) -> bool:
    """Return whether the residuals speak of a wallet: of its coin, and not of a symbol with it."""
    if name not in ctx.wallets or is_idle(ctx, replay, ctx.wallets.index(name)):
        return False
    alone = name if name == ctx.policy.quote else rf"(?<![/:\w]){name}(?![/:\w])"
    return re.search(alone, residuals) is not None


def keeps_present(ctx: Context, replay: Replay, wallet: int, *, shrink: Shrink) -> bool:
    """Return whether limits may keep a wallet where it is.

    Of a coin wallet without positions only turnover can: no other limit reads what lies in it.
    """
    is_coin = ctx.wallet_coins[wallet] is not None
    return shrink.is_move_cut or not (is_coin and is_idle(ctx, replay, wallet))


def is_idle(ctx: Context, replay: Replay, wallet: int) -> bool:
    """Return whether no position is behind a wallet, before the plan or after it.

    Nothing then keeps its coins, and no limit reads it.
    """
    return all(
        held == 0
        for book in (replay.opening, replay.final)
        for index, held in enumerate(book.contracts)
        if ctx.wallet_of[index] == wallet
    )
