"""What the basis sleeves of a regime earn as things stand, and when they pay their fees."""

import math
from decimal import Decimal

from rebalancer.model.instant import DAY_US, YEAR_DAYS
from rebalancer.model.plan import Carry
from rebalancer.model.rates import annualised_basis
from rebalancer.model.target_parts import SizedShort
from rebalancer.planner.request import PlanRequest


def expected_carry(request: PlanRequest) -> tuple[Carry, ...]:
    """Return each basis sleeve's APR on its capital, spot and margin, and its break-even days.

    APR is the contracts' last funding APR, of a dated contract its annualised basis, weighted by
    coins, times coins / capital. Break-even is four fills (both legs in and out) against a day of
    it on the notional.
    """
    sleeves = dict.fromkeys(short.source for short in request.targets.shorts if short.is_basis)
    return tuple(_carry_of(request, sleeve) for sleeve in sleeves)


def _carry_of(request: PlanRequest, sleeve: str) -> Carry:
    shorts = [
        short for short in request.targets.shorts if short.source == sleeve and short.is_basis
    ]
    weights = [_spot_weight(request, short) for short in shorts]
    rates = [_rate(request, short) for short in shorts]
    held = sum(weights)
    is_dated = any(request.instruments[short.future].expiry_us is not None for short in shorts)
    if not held or any(rate is None for rate in rates):
        return Carry(sleeve, None, None, is_dated)
    on_notional = (
        sum(weight * rate for weight, rate in zip(weights, rates, strict=True) if rate is not None)
        / held
    )
    cost = (
        sum(
            weight * float(_round_trip(request, short))
            for weight, short in zip(weights, shorts, strict=True)
        )
        / held
    )
    capital = float(dict(request.regime.targets)[sleeve].target)
    days = cost / on_notional * YEAR_DAYS if on_notional > 0 else None
    return Carry(sleeve, on_notional * held / capital, days, is_dated)


def _rate(request: PlanRequest, short: SizedShort) -> float | None:
    """Return what a short against its coins earns a year, None where that is unknown."""
    expiry_us = request.instruments[short.future].expiry_us
    if expiry_us is None:
        return request.funding_apr.get(short.future)
    rate = annualised_basis(
        float(request.marks[short.future]),
        float(request.marks[short.spot]),
        days_to_expiry=(expiry_us - request.as_of_us) / DAY_US,
    )
    return None if math.isnan(rate) else rate


def _spot_weight(request: PlanRequest, short: SizedShort) -> float:
    """Return the weight of the coins that a short is sized on, in spot or as collateral."""
    parts, name = request.targets.spot, short.spot
    if short.wallet is not None:
        parts, name = request.targets.margin, short.wallet
    held = (part.weight for part in parts if (part.source, part.name) == (short.source, name))
    return float(sum(held))


def _round_trip(request: PlanRequest, short: SizedShort) -> Decimal:
    """Return the fees of both legs in and out, as a fraction of notional."""
    legs = (request.instruments[short.spot], request.instruments[short.future])
    return 2 * sum((leg.taker_fee for leg in legs), Decimal(0))
