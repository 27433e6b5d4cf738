"""Where a plan ends, against where the design says its targets and bands take it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.oracle.arithmetic import Number, show
from tests.oracle.context import Context
from tests.oracle.forced import is_forced
from tests.oracle.places import Place, place_all
from tests.oracle.replay import Replay
from tests.oracle.targets import TargetSheet

CENT, COIN_PART = "0.01", "0.00000001"
"""Transfers are rounded to cents of the quote coin, to this part of another."""


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

    @property
    def strays(self) -> bool:
        """Return whether it ends further outside its interval than it was."""
        low, high = min(self.low, self.present), max(self.high, self.present)
        return not low - self.allowance <= self.final <= high + self.allowance

    def off(self, aim: Aim) -> Number:
        """Return what counts for an aim; a forced place is held to its interval."""
        return self.off_base if aim is Aim.BASE and not self.is_forced else self.deviation


def measure_deviations(
    ctx: Context, sheet: TargetSheet, replay: Replay, *, plan: Mapping[str, Any]
) -> list[Deviation]:
    """Return a deviation for each instrument and wallet that is held or asked for."""
    opening, final = replay.worth, replay.final_worth
    places = place_all(ctx, sheet, opening=opening, final=final)
    bases = (weights_of(places.coins), weights_of(places.futures), weights_of(places.wallets))
    forced = is_forced(ctx, sheet, replay, bases=bases, plan=plan)
    fees = replay.fees / opening.nav
    found = []
    extra: tuple[Number, ...]
    for index, place in enumerate(places.coins):
        lots, least = coin_allowance(ctx, sheet, index)
        part = sheet.basis_parts[index]
        extra = (place.base - part, place.interval.target - part) if forced else ()
        found.append(deviate(ctx, place, room=(lots, least, opening.nav, fees), extra=extra))
    for index, place in enumerate(places.futures):
        lots, least = future_allowance(ctx, sheet, index)
        extra = (ctx.zero,) if forced else ()
        found.append(deviate(ctx, place, room=(lots, least, opening.nav, fees), extra=extra))
    for index, place in enumerate(places.wallets):
        lots, least = wallet_allowance(ctx, index)
        part = sheet.pledged_parts[index]
        is_free = ctx.wallet_coins[index] is not None and is_idle(ctx, replay, index)
        extra = (place.present, place.base - part) if forced and not is_free else ()
        found.append(deviate(ctx, place, room=(lots, least, opening.nav, fees), extra=extra))
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


def coin_allowance(ctx: Context, sheet: TargetSheet, index: int) -> tuple[Number, Number]:
    """Return the lots and the minimums of a coin and of the contracts sized on it."""
    coin = ctx.coins[index]
    lots, least = coin.step_value, coin.smallest_order
    for contract, parts in zip(ctx.contracts, sheet.futures, strict=True):
        if any(part.place == index for part in parts.linked):
            lots += contract.step * contract.unit_base * coin.mark + ctx.policy.min_trade
            least += contract.smallest_order
    return lots, least


def future_allowance(ctx: Context, sheet: TargetSheet, index: int) -> tuple[Number, Number]:
    """Return the lots and the minimums of a contract and of the coins it is sized on."""
    contract, parts = ctx.contracts[index], sheet.futures[index]
    coins = {part.place for part in parts.linked}
    for part in parts.pledged:
        coin = ctx.wallet_coins[part.place]
        coins |= set() if coin is None else {coin}
    least = sum((ctx.coins[coin].smallest_order for coin in coins), contract.smallest_order)
    return contract.step_value, least


def wallet_allowance(ctx: Context, index: int) -> tuple[Number, Number]:
    """Return the unit of a transfer, and the lots and minimums of the coins it may wait for."""
    coin = ctx.wallet_coins[index]
    if coin is None:
        return ctx.arithmetic.make(CENT), ctx.zero
    row = ctx.coins[coin]
    return ctx.arithmetic.make(COIN_PART) * row.mark + row.step_value, row.smallest_order


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
        pair = f"{row.name.split('/')[0]}/"  # a residual of one leg explains the other
        spare = row.minimum if pair in residuals else ctx.zero
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
