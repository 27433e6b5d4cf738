"""Turns a regime's sleeves and hedges into parts: exact weights of instruments and wallets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rebalancer.model.target_parts import Part, RegimeTargets, SizedShort
from rebalancer.policy.compiled import OWN, Amount, Hedge, Policy, Regime, Sleeve, SleeveKind

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class _Context:
    """What one regime's parts are computed from; `settle` gives each future's margin coin."""

    policy: Policy
    regime: Regime
    settle: Mapping[str, str]


def build_targets(policy: Policy, regime: Regime, *, settle: Mapping[str, str]) -> RegimeTargets:
    """Return the parts that a regime asks for, in exact fractions of capital.

    `settle` gives the settle coin of each futures symbol. A basis sleeve of capital w at leverage
    L holds w·L/(L+1) of spot, a short of the same base quantity and w/(L+1) of margin.
    """
    context = _Context(policy, regime, settle)
    spot: list[Part] = []
    futures: list[Part] = []
    shorts: list[SizedShort] = []
    margin: list[Part] = []
    for name, amount in regime.targets:
        sleeve = policy.sleeve(name)
        for asset, share in sleeve.shares:
            spot += _spot_parts(context, sleeve, asset, _scale(amount, share))
            futures += _future_parts(sleeve, asset, _scale(amount, share))
            shorts += _basis_shorts(context, sleeve, asset, amount)
            margin += _margin_parts(context, sleeve, asset, _scale(amount, share))
    warnings = []
    for hedge in regime.hedges:
        factor = _carried_share(context, hedge.margin_from)
        own, other = _hedge_parts(context, hedge, factor)
        shorts += own
        futures += other
        margin += _hedge_margin(context, hedge, factor)
        if factor < 1:
            warnings.append(
                f"hedge of `{hedge.of}` is scaled to {float(factor):.2%}: cash sleeve "
                f"`{hedge.margin_from}` cannot carry more margin"
            )
    cash = ONE - sum((part.weight for part in (*spot, *margin)), Fraction(0))
    return RegimeTargets(
        tuple(spot), tuple(futures), tuple(shorts), tuple(margin), cash, tuple(warnings)
    )


def _scale(amount: Amount, factor: Decimal | Fraction) -> tuple[Fraction, ...]:
    """Return (target,) or (target, low, high), each times `factor`."""
    times = Fraction(factor)
    if amount.low is None or amount.high is None:
        return (Fraction(amount.target) * times,)
    return tuple(Fraction(value) * times for value in (amount.target, amount.low, amount.high))


def _part(source: str, name: str, weights: tuple[Fraction, ...], factor: Fraction) -> Part:
    scaled = [weight * factor for weight in weights]
    if len(scaled) == 1:
        return Part(source, name, scaled[0])
    return Part(source, name, scaled[0], min(scaled[1:]), max(scaled[1:]))


def _spot_parts(
    context: _Context, sleeve: Sleeve, asset: str, weights: tuple[Fraction, ...]
) -> Iterator[Part]:
    symbol = context.policy.asset(asset).spot
    if symbol is None or sleeve.kind not in {SleeveKind.SPOT, SleeveKind.BASIS}:
        return
    yield _part(sleeve.name, symbol, weights, _spot_share(sleeve))


def _spot_share(sleeve: Sleeve) -> Fraction:
    """Return how much of a sleeve's capital is spot; the rest of a basis sleeve is margin."""
    leverage = Fraction(sleeve.leverage)
    return leverage / (leverage + 1) if sleeve.kind is SleeveKind.BASIS else ONE


def _future_parts(sleeve: Sleeve, asset: str, weights: tuple[Fraction, ...]) -> Iterator[Part]:
    sides = {SleeveKind.SHORT: -1, SleeveKind.LONG: 1}
    if sleeve.kind in sides:
        factor = Fraction(sleeve.leverage) * sides[sleeve.kind]
        yield _part(sleeve.name, dict(sleeve.futures)[asset], weights, factor)


def _basis_shorts(
    context: _Context, sleeve: Sleeve, asset: str, amount: Amount
) -> Iterator[SizedShort]:
    symbol = context.policy.asset(asset).spot
    if sleeve.kind is SleeveKind.BASIS and symbol and amount.target:
        future = dict(sleeve.futures)[asset]
        yield SizedShort(sleeve.name, sleeve.name, future, symbol, ONE, is_basis=True)


def _margin_parts(
    context: _Context, sleeve: Sleeve, asset: str, weights: tuple[Fraction, ...]
) -> Iterator[Part]:
    factors = {
        SleeveKind.BASIS: ONE - _spot_share(sleeve),
        SleeveKind.SHORT: ONE,
        SleeveKind.LONG: ONE,
    }
    if sleeve.kind in factors:
        coin = context.settle[dict(sleeve.futures)[asset]]
        yield _part(sleeve.name, coin, weights, factors[sleeve.kind])


def _hedged_assets(context: _Context, hedge: Hedge) -> Iterator[tuple[str, str, Fraction]]:
    """Yield (asset, spot symbol, weight) of what the hedged sleeve holds in spot."""
    sleeve = context.policy.sleeve(hedge.of)
    capital = Fraction(dict(context.regime.targets)[hedge.of].target)
    for asset, share in sleeve.shares:
        symbol = context.policy.asset(asset).spot
        if symbol is not None:
            yield asset, symbol, capital * Fraction(share) * _spot_share(sleeve)


def _hedge_notional(context: _Context, hedge: Hedge) -> Fraction:
    held = sum((weight for _, _, weight in _hedged_assets(context, hedge)), Fraction(0))
    return held * Fraction(hedge.ratio.target)


def _carried_share(context: _Context, cash_sleeve: str) -> Fraction:
    """Return the share of its hedges' margin that a cash sleeve's own weight can carry, ≤ 1."""
    asked = sum(
        (
            _hedge_notional(context, hedge) / Fraction(hedge.leverage)
            for hedge in context.regime.hedges
            if hedge.margin_from == cash_sleeve
        ),
        Fraction(0),
    )
    capital = Fraction(dict(context.regime.targets)[cash_sleeve].target)
    return min(ONE, capital / asked) if asked else ONE


def _hedge_parts(
    context: _Context, hedge: Hedge, factor: Fraction
) -> tuple[list[SizedShort], list[Part]]:
    """Return the hedge as shorts sized on their own spot, and as a part for the other assets."""
    label, ratio = f"hedge of {hedge.of}", Fraction(hedge.ratio.target) * factor
    shorts: list[SizedShort] = []
    other = Fraction(0)
    for asset, spot, weight in _hedged_assets(context, hedge):
        own = context.policy.asset(asset).future
        if not weight * ratio:
            continue
        if hedge.instrument in {OWN, own} and own is not None:
            shorts.append(SizedShort(label, hedge.of, own, spot, ratio, is_basis=False))
        else:
            other += weight * ratio
    return shorts, [Part(label, hedge.instrument, -other)] if other else []


def _hedge_margin(context: _Context, hedge: Hedge, factor: Fraction) -> Iterator[Part]:
    """Yield the hedge's margin by wallet coin."""
    ratio = Fraction(hedge.ratio.target) * factor / Fraction(hedge.leverage)
    for asset, _, weight in _hedged_assets(context, hedge):
        own = context.policy.asset(asset).future
        symbol = own if hedge.instrument == OWN else hedge.instrument
        if symbol is not None and weight * ratio:
            yield Part(f"hedge of {hedge.of}", context.settle[symbol], weight * ratio)
