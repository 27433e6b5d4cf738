"""The parts of a regime's sleeves: what each holds in spot, contracts and margin."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from rebalancer.model.target_parts import Part, SizedShort
from rebalancer.policy.compiled import Sleeve, SleeveKind
from rebalancer.targets.context import (
    ONE,
    ZERO,
    Context,
    Scaled,
    scale_amount,
    spot_share,
)

Shared = tuple[Sleeve, str, Scaled]
"""A sleeve, one of its assets, and the capital that falls to it."""


def share_capital(context: Context) -> Iterator[Shared]:
    """Yield each sleeve's assets with the capital that falls to them."""
    for name, amount in context.regime.targets:
        sleeve, whole = context.policy.sleeve(name), scale_amount(amount)
        for asset, share in sleeve.shares:
            yield sleeve, asset, whole.times(share)


def spot_parts(context: Context, shared: Iterable[Shared]) -> Iterator[Part]:
    """Yield the spot that the sleeves hold outside the wallets."""
    for sleeve, asset, capital in shared:
        symbol, share = context.policy.asset(asset).spot, spot_share(sleeve)
        if symbol is not None and share:
            yield capital.times(share).as_part(sleeve.name, symbol)


def future_parts(shared: Iterable[Shared]) -> Iterator[Part]:
    """Yield the notional of the sleeves that trade contracts for their own sake."""
    for sleeve, asset, capital in shared:
        notional = _notional_share(sleeve)
        if notional:
            yield capital.times(notional).as_part(sleeve.name, dict(sleeve.futures)[asset])


def basis_shorts(context: Context, shared: Iterable[Shared]) -> Iterator[SizedShort]:
    """Yield the shorts of the basis sleeves: a coin for each coin of spot or of collateral."""
    for sleeve, asset, capital in shared:
        symbol = context.policy.asset(asset).spot
        if sleeve.kind is SleeveKind.BASIS and symbol is not None and capital.target:
            future = dict(sleeve.futures)[asset]
            yield SizedShort(
                label=sleeve.name,
                source=sleeve.name,
                future=future,
                spot=symbol,
                ratio=ONE,
                is_basis=True,
                wallet=context.wallet_of(future) if sleeve.on_coin else None,
            )


def margin_parts(context: Context, shared: Iterable[Shared]) -> Iterator[Part]:
    """Yield the sleeves' margin by the coin of its wallet."""
    for sleeve, asset, capital in shared:
        margin = _margin_share(sleeve)
        if margin:
            coin = context.wallet_of(dict(sleeve.futures)[asset])
            yield capital.times(margin).as_part(sleeve.name, coin)


def _notional_share(sleeve: Sleeve) -> Fraction:
    """Return the signed notional of a sleeve's plain contracts for each unit of its capital."""
    leverage = Fraction(sleeve.leverage)
    notional = {
        SleeveKind.SHORT: -leverage,
        SleeveKind.LONG: leverage,
        SleeveKind.SYNTHETIC: ONE,
    }
    return notional.get(sleeve.kind, ZERO)


def _margin_share(sleeve: Sleeve) -> Fraction:
    """Return how much of a sleeve's capital is margin; the rest is its spot, or cash."""
    match sleeve.kind:
        case SleeveKind.SPOT | SleeveKind.CASH:
            return ZERO
        case SleeveKind.SYNTHETIC:
            return ONE / Fraction(sleeve.leverage)
        case SleeveKind.BASIS | SleeveKind.SHORT | SleeveKind.LONG:
            return ONE - spot_share(sleeve)
