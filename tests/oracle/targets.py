"""Sleeves and hedges netted into one target and one interval per instrument and wallet."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.context import Context
from tests.oracle.policy import Hedge, Sleeve, Span

SIDES = {"short": -1, "long": 1}


FLOAT_ERROR = 1e-12
"""Weights under this are rounding error of parts that cancel out."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where an instrument or a wallet is left alone, as weights."""

    low: Number
    target: Number
    high: Number

    def settle(self, present: Number, *, to_target: bool) -> Number:
        """Return where the band rule takes a present weight."""
        if self.low <= present <= self.high:
            return present
        if to_target:
            return self.target
        return self.low if present < self.low else self.high

    def hull(self, *weights: Number) -> "Interval":
        """Return the interval grown to hold some weights."""
        return Interval(min(self.low, *weights), self.target, max(self.high, *weights))


@dataclass(frozen=True, slots=True)
class SizedPart:
    """A short sized on a share of one coin's spot."""

    coin: int
    share: Number
    ratio: Span


@dataclass(slots=True)
class FutureParts:
    """What asks for one contract."""

    own: list[Span]
    linked: list[SizedPart]
    crossed: list[SizedPart]


@dataclass(frozen=True, slots=True)
class TargetSheet:
    """Targets of one policy and regime, before any book is known."""

    coins: tuple[Interval, ...]
    basis_parts: tuple[Number, ...]
    futures: tuple[FutureParts, ...]
    wallets: tuple[Interval, ...]
    is_scaled: bool
    """A hedge is scaled down to the margin its cash sleeve can carry."""


def make_targets(ctx: Context) -> TargetSheet:
    """Return the target sheet of a context's policy and regime."""
    coins: list[list[Span]] = [[] for _ in ctx.coins]
    basis = [ctx.zero for _ in ctx.coins]
    futures = [FutureParts([], [], []) for _ in ctx.contracts]
    margins: list[list[Span]] = [[] for _ in ctx.wallets]
    for sleeve in ctx.policy.sleeves.values():
        for asset in sleeve.shares:
            part = spot_part(sleeve, asset)
            if part is not None:
                coins[coin_index(ctx, asset)].append(part)
                basis[coin_index(ctx, asset)] += part.target if sleeve.kind == "basis" else 0
            place_margin(ctx, margins, sleeve=sleeve, asset=asset)
    intervals = tuple(sum_parts(parts, ctx.policy.band, ctx.zero) for parts in coins)
    place_sleeve_futures(ctx, futures, intervals)
    scales = hedge_scales(ctx)
    for hedge in ctx.policy.hedges:
        scale = scales[hedge.margin_from]
        place_hedge(ctx, hedge, scale=scale, futures=futures, margins=margins, coins=intervals)
    return TargetSheet(
        coins=intervals,
        basis_parts=tuple(basis),
        futures=tuple(futures),
        wallets=tuple(sum_parts(parts, ctx.policy.band, ctx.zero) for parts in margins),
        is_scaled=any(scale < 1 for scale in scales.values()),
    )


def coin_index(ctx: Context, asset: str) -> int:
    """Return the index of an asset's coin."""
    return ctx.coin_of[ctx.by_symbol[ctx.policy.assets[asset]["spot"]].base]


def spot_part(sleeve: Sleeve, asset: str) -> Span | None:
    """Return the spot weight a sleeve of capital w holds of an asset with share s."""
    part = sleeve.capital.scaled(sleeve.shares[asset])
    if part.high == 0 or sleeve.kind not in {"spot", "basis"}:
        return None
    if sleeve.kind == "basis":
        return part.scaled(sleeve.leverage / (sleeve.leverage + 1))
    return part


def place_margin(ctx: Context, margins: list[list[Span]], *, sleeve: Sleeve, asset: str) -> None:
    """Add the margin a sleeve gives its future: w·s/(L+1) for basis, w·s for short and long."""
    part = sleeve.capital.scaled(sleeve.shares[asset])
    if part.high == 0 or sleeve.kind not in {"basis", "short", "long"}:
        return
    contract = ctx.contract_of[sleeve.futures[asset]]
    factor = 1 / (sleeve.leverage + 1) if sleeve.kind == "basis" else 1
    margins[ctx.wallet_of[contract]].append(part.scaled(factor))


def place_sleeve_futures(
    ctx: Context, futures: list[FutureParts], coins: Sequence[Interval]
) -> None:
    """Add the futures that basis, short and long sleeves hold."""
    one = ctx.zero + 1
    for sleeve in ctx.policy.sleeves.values():
        for asset, share in sleeve.shares.items():
            part = sleeve.capital.scaled(share)
            if part.high == 0 or sleeve.kind in {"spot", "cash"}:
                continue
            parts = futures[ctx.contract_of[sleeve.futures[asset]]]
            if sleeve.kind == "basis":
                coin, spot = coin_index(ctx, asset), spot_part(sleeve, asset)
                if spot is not None and coins[coin].target != 0:
                    share_of_coin = spot.target / coins[coin].target
                    ratio = Span(one, one, one, banded=True)
                    parts.linked.append(SizedPart(coin, share_of_coin, ratio))
            else:
                parts.own.append(part.scaled(SIDES[sleeve.kind] * sleeve.leverage))


def hedge_scales(ctx: Context) -> dict[str, Number]:
    """Return per cash sleeve how much of its hedges' margin it can carry, at most 1."""
    needed: dict[str, Number] = {}
    for hedge in ctx.policy.hedges:
        sleeve = ctx.policy.sleeves[hedge.of]
        spot = sum(part.target for asset in sleeve.shares if (part := spot_part(sleeve, asset)))
        margin = hedge.ratio.target * spot / hedge.leverage
        needed[hedge.margin_from] = needed.get(hedge.margin_from, ctx.zero) + margin
    return {
        name: min(ctx.zero + 1, ctx.policy.sleeves[name].capital.target / margin)
        if margin > 0
        else ctx.zero + 1
        for name, margin in needed.items()
    }


def place_hedge(
    ctx: Context,
    hedge: Hedge,
    *,
    scale: Number,
    futures: list[FutureParts],
    margins: list[list[Span]],
    coins: Sequence[Interval],
) -> None:
    """Add a hedge's shorts, on each asset's own future or all on one, and their margin."""
    sleeve = ctx.policy.sleeves[hedge.of]
    ratio = hedge.ratio.scaled(scale)
    for asset in sleeve.shares:
        spot = spot_part(sleeve, asset)
        if spot is None or ratio.high == 0 or spot.target == 0:
            continue
        coin = coin_index(ctx, asset)
        contract = ctx.contract_of[hedge.future or sleeve.futures[asset]]
        sized = SizedPart(coin, spot.target / coins[coin].target, ratio)
        is_own = ctx.contracts[contract].base == ctx.coins[coin].base
        parts = futures[contract]
        (parts.linked if is_own else parts.crossed).append(sized)
        margins[ctx.wallet_of[contract]].append(ratio.scaled(spot.target / hedge.leverage))


def sum_parts(parts: Sequence[Span], band: Number, zero: Number) -> Interval:
    """Return the interval of some parts: ranges add up, the rest share one band, zero has none."""
    banded = sum((part.target for part in parts if part.banded), zero)
    width = band if magnitude(banded) > FLOAT_ERROR else zero
    low = sum((part.low for part in parts), zero) - width
    high = sum((part.high for part in parts), zero) + width
    return keep_sign(Interval(low, sum((part.target for part in parts), zero), high))


def keep_sign(interval: Interval) -> Interval:
    """Return the interval cut at zero on the far side of its target; none crosses zero."""
    zero = interval.target * 0
    low, high = interval.low, interval.high
    if interval.target > FLOAT_ERROR:
        return Interval(max(zero, low), interval.target, max(zero, high))
    if interval.target < -FLOAT_ERROR:
        return Interval(min(zero, low), interval.target, min(zero, high))
    return Interval(zero, zero, zero) if low < 0 < high else interval


def future_interval(
    ctx: Context, sheet: TargetSheet, index: int, spots: Sequence[Number]
) -> Interval:
    """Return a contract's interval when its linked shorts are sized on these spot weights.

    Its target is the regime's. A cross hedge is sized on its sleeve's target, an own-asset hedge
    on base quantity.
    """
    total = plain_interval(ctx, sheet, index)
    linked = sheet.futures[index].linked
    targets = [coin.target for coin in sheet.coins]
    target = total.target - linked_size(ctx, index, linked, targets)
    size = linked_size(ctx, index, linked, spots)
    low, high = total.low - size, total.high - size
    if magnitude(total.target) <= FLOAT_ERROR:
        return Interval(low, target, high)
    if magnitude(target) <= FLOAT_ERROR:
        return Interval(ctx.zero, ctx.zero, ctx.zero)
    return keep_sign(Interval(low, target, high))


def future_anchor(
    ctx: Context, sheet: TargetSheet, index: int, spots: Sequence[Number]
) -> Interval:
    """Return the same with the target that `to: target` trades to: shorts sized on these spots."""
    whole = future_interval(ctx, sheet, index, spots)
    plain = plain_interval(ctx, sheet, index).target
    linked = sheet.futures[index].linked
    anchor = plain - linked_size(ctx, index, linked, spots)
    return Interval(whole.low, min(max(anchor, whole.low), whole.high), whole.high)


def plain_interval(ctx: Context, sheet: TargetSheet, index: int) -> Interval:
    """Return the interval of a contract's parts that are not sized on their own spot."""
    parts = sheet.futures[index]
    loose = list(parts.own)
    for part in parts.crossed:
        size = sheet.coins[part.coin].target
        ends = [-end * part.share * size for end in size_ends(part)]
        target = -part.ratio.target * part.share * size
        loose.append(Span(min(ends), target, max(ends), part.ratio.banded))
    return sum_parts(loose, ctx.policy.band, ctx.zero)


def linked_size(
    ctx: Context, index: int, linked: Sequence[SizedPart], spots: Sequence[Number]
) -> Number:
    """Return how much of a contract is short for these spot weights."""
    mark = ctx.contracts[index].mark
    return sum(
        (
            part.ratio.target * spots[part.coin] * part.share * mark / ctx.coin_marks[part.coin]
            for part in linked
        ),
        ctx.zero,
    )


def size_ends(part: SizedPart) -> tuple[Number, Number]:
    """Return the least and greatest ratio of a short sized on spot."""
    return part.ratio.low, part.ratio.high
