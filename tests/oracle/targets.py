"""Sleeves and hedges netted into one target per instrument and wallet, before any book is known."""

from dataclasses import dataclass

from tests.oracle.arithmetic import Number, OutOfScopeError
from tests.oracle.context import Context
from tests.oracle.intervals import Interval, sum_parts
from tests.oracle.policy import Hedge, Sleeve, Span

SIDES = {"short": -1, "long": 1}


@dataclass(frozen=True, slots=True)
class SizedPart:
    """A short sized on a share of what one place holds: a coin, or a coin-margined wallet."""

    place: int
    share: Number
    ratio: Span


@dataclass(slots=True)
class FutureParts:
    """What asks for one contract."""

    own: list[Span]
    linked: list[SizedPart]
    """On spot coins of its own asset."""
    pledged: list[SizedPart]
    """On the wallet whose coins are its collateral."""
    crossed: list[SizedPart]
    """On the target of another asset's coins."""


@dataclass(frozen=True, slots=True)
class TargetSheet:
    """Targets of one policy and regime, before any book is known."""

    coins: tuple[Interval, ...]
    basis_parts: tuple[Number, ...]
    futures: tuple[FutureParts, ...]
    wallets: tuple[Interval, ...]
    pledged_parts: tuple[Number, ...]
    """The coins of basis sleeves in each wallet."""
    is_scaled: bool
    """A hedge is scaled down to the margin its cash sleeve can carry."""


def make_targets(ctx: Context, *, pooled: bool = False) -> TargetSheet:
    """Return the target sheet of a context's policy and regime.

    In a pooled account the coins that would lie in a wallet lie with the spot coins: a policy
    asks for the same coins in both kinds of account.
    """
    coins: list[list[Span]] = [[] for _ in ctx.coins]
    margins: list[list[Span]] = [[] for _ in ctx.wallets]
    basis = [ctx.zero for _ in ctx.coins]
    pledged = [ctx.zero for _ in ctx.wallets]
    for sleeve in ctx.policy.sleeves.values():
        for asset in sleeve.shares:
            spot = spot_part(sleeve, asset)
            if spot is not None:
                coins[coin_index(ctx, asset)].append(spot)
                basis[coin_index(ctx, asset)] += spot.target if sleeve.kind == "basis" else 0
            margin = margin_part(sleeve, asset)
            if margin is not None:
                wallet = wallet_index(ctx, sleeve, asset)
                margins[wallet].append(margin)
                pledged[wallet] += margin.target if sleeve.is_pledged else 0
    scales = hedge_scales(ctx)
    shorts = [(hedge, scales[hedge.margin_from]) for hedge in ctx.policy.hedges]
    for hedge, scale in shorts:
        place_hedge_margin(ctx, hedge, scale=scale, margins=margins)
    if pooled:
        pool_coins(ctx, coins, basis, margins=margins, pledged=pledged)
    sheet = TargetSheet(
        coins=tuple(sum_parts(parts, ctx.policy.band, ctx.zero) for parts in coins),
        basis_parts=tuple(basis),
        futures=tuple(FutureParts([], [], [], []) for _ in ctx.contracts),
        wallets=tuple(sum_parts(parts, ctx.policy.band, ctx.zero) for parts in margins),
        pledged_parts=tuple(pledged),
        is_scaled=any(scale < 1 for scale in scales.values()),
    )
    place_sleeve_futures(ctx, sheet, pooled=pooled)
    for hedge, scale in shorts:
        place_hedge(ctx, sheet, hedge, scale=scale)
    return sheet


def pool_coins(
    ctx: Context,
    coins: list[list[Span]],
    basis: list[Number],
    *,
    margins: list[list[Span]],
    pledged: list[Number],
) -> None:
    """Move what is asked for of coin-margined wallets to the spot coins."""
    for wallet, coin in enumerate(ctx.wallet_coins):
        if coin is not None:
            coins[coin] += margins[wallet]
            basis[coin] += pledged[wallet]
            margins[wallet], pledged[wallet] = [], ctx.zero


def coin_index(ctx: Context, asset: str) -> int:
    """Return the index of an asset's coin."""
    return ctx.coin_of[ctx.by_symbol[ctx.policy.assets[asset]["spot"]].base]


def wallet_index(ctx: Context, sleeve: Sleeve, asset: str) -> int:
    """Return the index of the wallet behind a sleeve's future of an asset."""
    contract = ctx.contract_of[sleeve.futures[asset]]
    if sleeve.is_pledged and not ctx.contracts[contract].is_inverse:
        raise OutOfScopeError(f"sleeve `{sleeve.name}`: `{sleeve.futures[asset]}` takes no coins")
    return ctx.wallet_of[contract]


def spot_part(sleeve: Sleeve, asset: str) -> Span | None:
    """Return the spot weight a sleeve of capital w holds of an asset with share s."""
    part = sleeve.capital.scaled(sleeve.shares[asset])
    if part.high == 0 or sleeve.kind not in {"spot", "basis"} or sleeve.is_pledged:
        return None
    if sleeve.kind == "basis":
        return part.scaled(sleeve.leverage / (sleeve.leverage + 1))
    return part


def margin_part(sleeve: Sleeve, asset: str) -> Span | None:
    """Return what a sleeve puts behind its future of an asset.

    w·s/(L+1) for basis, all of w·s where its coins are the collateral, w·s for short and long,
    w·s/L for synthetic.
    """
    part = sleeve.capital.scaled(sleeve.shares[asset])
    if part.high == 0 or sleeve.kind in {"spot", "cash"}:
        return None
    if sleeve.kind == "basis" and not sleeve.is_pledged:
        return part.scaled(1 / (sleeve.leverage + 1))
    return part.scaled(1 / sleeve.leverage) if sleeve.kind == "synthetic" else part


def place_sleeve_futures(ctx: Context, sheet: TargetSheet, *, pooled: bool) -> None:
    """Add the futures that basis, short, long and synthetic sleeves hold."""
    for sleeve in ctx.policy.sleeves.values():
        for asset, share in sleeve.shares.items():
            part = sleeve.capital.scaled(share)
            if part.high == 0 or sleeve.kind in {"spot", "cash"}:
                continue
            parts = sheet.futures[ctx.contract_of[sleeve.futures[asset]]]
            if sleeve.kind == "synthetic":
                parts.own.append(part)
            elif sleeve.kind in SIDES:
                parts.own.append(part.scaled(SIDES[sleeve.kind] * sleeve.leverage))
            else:
                place_basis_short(ctx, sheet, sleeve, asset=asset, pooled=pooled)


def place_basis_short(
    ctx: Context, sheet: TargetSheet, sleeve: Sleeve, *, asset: str, pooled: bool
) -> None:
    """Add a basis sleeve's short, sized on its spot or on the coins that are its collateral."""
    one = ctx.zero + 1
    ratio = Span(one, one, one, banded=True)
    parts = sheet.futures[ctx.contract_of[sleeve.futures[asset]]]
    held = spot_part(sleeve, asset) or sleeve.capital.scaled(sleeve.shares[asset])
    if sleeve.is_pledged and not pooled:
        wallet = wallet_index(ctx, sleeve, asset)
        whole = sheet.wallets[wallet].target
        add_sized(parts.pledged, wallet, asked=held.target, whole=whole, ratio=ratio)
    else:
        coin = coin_index(ctx, asset)
        whole = sheet.coins[coin].target
        add_sized(parts.linked, coin, asked=held.target, whole=whole, ratio=ratio)


def add_sized(
    parts: list[SizedPart], place: int, *, asked: Number, whole: Number, ratio: Span
) -> None:
    """Add a short sized on the share that is asked for of a whole target, if there is one."""
    if whole != 0:
        parts.append(SizedPart(place, asked / whole, ratio))


def hedge_scales(ctx: Context) -> dict[str, Number]:
    """Return per cash sleeve how much of its hedges' margin it can carry, at most 1."""
    needed: dict[str, Number] = {}
    for hedge in ctx.policy.hedges:
        spot = ctx.zero
        for asset, part in hedged_parts(ctx, hedge):
            spot += part.target * hedge_beta(ctx, hedge, asset)
        margin = hedge.ratio.target * spot / hedge.leverage
        needed[hedge.margin_from] = needed.get(hedge.margin_from, ctx.zero) + margin
    return {
        name: min(ctx.zero + 1, ctx.policy.sleeves[name].capital.target / margin)
        if margin > 0
        else ctx.zero + 1
        for name, margin in needed.items()
    }


def hedged_parts(ctx: Context, hedge: Hedge) -> list[tuple[str, Span]]:
    """Return the spot parts of the sleeve that a hedge is of."""
    sleeve = ctx.policy.sleeves[hedge.of]
    parts = [(asset, spot_part(sleeve, asset)) for asset in sleeve.shares]
    return [(asset, part) for asset, part in parts if part is not None and part.target != 0]


def hedge_symbol(ctx: Context, hedge: Hedge, asset: str) -> str:
    """Return the contract that hedges an asset."""
    return hedge.future or ctx.policy.sleeves[hedge.of].futures[asset]


def hedge_beta(ctx: Context, hedge: Hedge, asset: str) -> Number:
    """Return an asset's beta to the contract that hedges it: 1 unless asked for, 0 at least."""
    if not hedge.is_beta:
        return ctx.zero + 1
    pair = (ctx.policy.assets[asset]["spot"], hedge_symbol(ctx, hedge, asset))
    if pair not in ctx.betas:
        raise OutOfScopeError(f"no beta of {pair[0]} to {pair[1]} is given")
    return max(ctx.zero, ctx.betas[pair])


def place_hedge_margin(
    ctx: Context, hedge: Hedge, *, scale: Number, margins: list[list[Span]]
) -> None:
    """Add the margin of a hedge's shorts to the wallets behind them."""
    for asset, spot in hedged_parts(ctx, hedge):
        wallet = ctx.wallet_of[ctx.contract_of[hedge_symbol(ctx, hedge, asset)]]
        size = spot.target * scale * hedge_beta(ctx, hedge, asset)
        margins[wallet].append(hedge.ratio.scaled(size / hedge.leverage))


def place_hedge(ctx: Context, sheet: TargetSheet, hedge: Hedge, *, scale: Number) -> None:
    """Add a hedge's shorts, on each asset's own future or all on one."""
    for asset, spot in hedged_parts(ctx, hedge):
        ratio = hedge.ratio.scaled(scale * hedge_beta(ctx, hedge, asset))
        if ratio.high == 0:
            continue
        coin = coin_index(ctx, asset)
        contract = ctx.contract_of[hedge_symbol(ctx, hedge, asset)]
        is_own = ctx.contracts[contract].base == ctx.coins[coin].base
        parts = sheet.futures[contract]
        whole = sheet.coins[coin].target
        short = parts.linked if is_own else parts.crossed
        add_sized(short, coin, asked=spot.target, whole=whole, ratio=ratio)
