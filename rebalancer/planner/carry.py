"""What the basis sleeves of a regime earn at the last funding, and when they pay their fees."""

from decimal import Decimal

from rebalancer.model.instant import YEAR_DAYS
from rebalancer.model.plan import Carry
from rebalancer.model.target_parts import SizedShort
from rebalancer.planner.request import PlanRequest


def expected_carry(request: PlanRequest) -> tuple[Carry, ...]:
    """Return each basis sleeve's APR on its capital, spot and margin, and its break-even days.

    APR is the contracts' last funding APR, weighted by spot, times spot / capital. Break-even is
    four fills (both legs in and out) against a day of funding on the notional.
    """
    sleeves = dict.fromkeys(short.source for short in request.targets.shorts if short.is_basis)
    return tuple(_carry_of(request, sleeve) for sleeve in sleeves)


def _carry_of(request: PlanRequest, sleeve: str) -> Carry:
    shorts = [
        short for short in request.targets.shorts if short.source == sleeve and short.is_basis
    ]
    weights = [_spot_weight(request, short) for short in shorts]
    rates = [request.funding_apr.get(short.future) for short in shorts]
    held = sum(weights)
    if not held or any(rate is None for rate in rates):
        return Carry(sleeve, None, None)
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
    return Carry(sleeve, on_notional * held / capital, days)


def _spot_weight(request: PlanRequest, short: SizedShort) -> float:
    return float(
        sum(
            part.weight
            for part in request.targets.spot
            if (part.source, part.name) == (short.source, short.spot)
        )
    )


def _round_trip(request: PlanRequest, short: SizedShort) -> Decimal:
    """Return the fees of both legs in and out, as a fraction of notional."""
    legs = (request.instruments[short.spot], request.instruments[short.future])
    return 2 * sum((leg.taker_fee for leg in legs), Decimal(0))
