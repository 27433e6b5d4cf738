"""Margin: what a venue locks for a position, and below which equity it closes one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.instrument import DEFAULT_LEVERAGE, Instrument

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MarginTiers:
    """One contract's tiers, arrays (tier,): floors and `cum` in settle coin, rates as fractions.

    INVARIANT: `cum` makes maintenance margin continuous, so it is the largest of its tiers' lines.
    """

    floor: Floats
    maintenance: Floats
    cum: Floats
    initial: Floats


def margin_tiers(instrument: Instrument) -> MarginTiers:
    """Return the tiers of a contract with `cum` and the initial rate of each tier worked out.

    cum_n = cum_{n-1} + floor_n (mmr_n - mmr_{n-1}), the venues' published recursion. The initial
    rate is one over the venue's leverage setting, or over the tier's maximum where that is lower.
    """
    tiers = instrument.margin_tiers
    cums = [tiers[0].floor * tiers[0].maintenance]
    for lower, upper in pairwise(tiers):
        cums.append(cums[-1] + upper.floor * (upper.maintenance - lower.maintenance))
    setting = instrument.leverage or DEFAULT_LEVERAGE
    return MarginTiers(
        floor=_floats([tier.floor for tier in tiers]),
        maintenance=_floats([tier.maintenance for tier in tiers]),
        cum=_floats(cums),
        initial=_floats([1 / min(setting, tier.max_leverage) for tier in tiers]),
    )


def maintenance_margin(
    notional: Floats, tiers: MarginTiers, *, coin: Floats | None = None
) -> Floats:
    """Return the equity at which a position is liquidated, in the unit of its notional.

    Shapes: `notional` is any shape, ≥ 0 in the settle coin; the result has the same shape. With
    `coin`, of the same shape, both are in quote money, and it is the price of the settle coin.

    >>> two = MarginTiers(*map(np.array, ([0.0, 5e4], [0.004, 0.005], [0.0, 50.0], [0.1, 0.1])))
    >>> maintenance_margin(np.array([10_000.0, 60_000.0]), two)
    array([ 40., 250.])
    """
    margin: Floats = notional * tiers.maintenance[0]
    largest, cheapest = notional.max(initial=0.0), 1.0 if coin is None else coin.min(initial=np.inf)
    for floor, rate, cum in zip(tiers.floor[1:], tiers.maintenance[1:], tiers.cum[1:], strict=True):
        if floor * cheapest >= largest:
            break
        np.maximum(margin, notional * rate - (cum if coin is None else cum * coin), out=margin)
    return margin


def maintenance_rate(notional: Floats, tiers: MarginTiers) -> Floats:
    """Return the maintenance rate of the tier that each notional lies in; shapes as above."""
    rate = np.full(notional.shape, tiers.maintenance[0])
    for floor, tier_rate in zip(tiers.floor[1:], tiers.maintenance[1:], strict=True):
        np.copyto(rate, tier_rate, where=notional >= floor)
    return rate


def tier_cum(notional: Floats, tiers: MarginTiers) -> Floats:
    """Return the `cum` of the tier that each notional lies in; units and shapes as above."""
    cum = np.full(notional.shape, tiers.cum[0])
    for floor, tier in zip(tiers.floor[1:], tiers.cum[1:], strict=True):
        np.copyto(cum, tier, where=notional >= floor)
    return cum


def initial_margin(notional: Floats, tiers: MarginTiers) -> Floats:
    """Return the margin a venue locks for a position, in the settle coin; shapes as above.

    >>> two = MarginTiers(*map(np.array, ([0.0, 5e4], [0.004, 0.005], [0.0, 50.0], [0.1, 0.2])))
    >>> initial_margin(np.array([10_000.0, 60_000.0]), two)
    array([ 1000., 12000.])
    """
    margin: Floats = notional * tiers.initial[0]
    largest = notional.max(initial=0.0)
    for tier in range(1, tiers.floor.size):
        floor, rate = tiers.floor[tier], tiers.initial[tier]
        if floor > largest:
            break
        if rate != tiers.initial[tier - 1]:
            np.copyto(margin, notional * rate, where=notional >= floor)
    return margin


def _floats(values: Sequence[Decimal]) -> Floats:
    return np.array([float(value) for value in values], dtype=np.float64)
