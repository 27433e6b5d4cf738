"""Liquidation: the mark at which what backs a position meets its maintenance margin.

A position is liquidated at the mark where its wallet's equity equals the wallet's maintenance
margin, plus the venue's close fee where it charges one. With q = |size|, s its side, E its entry
and C what backs it:

    linear :  LP = (C + cum - s·q·E) / (q·(mmr + fee) - s·q)
    inverse:  LP = (q·(mmr + fee) + s·q) / (C + cum + s·q/E)

mmr and cum are those of the tier of the notional at LP. Maintenance margin is the largest of the
tiers' lines, so equity less maintenance is the smallest of as many lines in the mark (inverse: in
1 / mark), and the price of the right tier is the first of the tiers' prices on the way from safety:
no tier is guessed. Source: the venues' published formulas (Binance FAQ on liquidation prices).
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.margin import MarginTiers

Floats = NDArray[np.float64]
Real = TypeVar("Real", float, Floats)

_PRICELESS = 1e-12
"""Below this share of the entry price there is no price, and none above its inverse."""


@dataclass(frozen=True, slots=True, eq=False)
class Backing:
    """What backs one position, in its settle coin: floats, or arrays of the positions' shape.

    `wallet` is the balance without the position's own unrealised profit: an isolated position's
    margin, or a cross wallet. Of a cross wallet, `other_maintenance` and `other_profit` are the
    maintenance margin and the unrealised profit of its other positions, which stand still.
    """

    wallet: float | Floats
    other_maintenance: float | Floats = 0.0
    other_profit: float | Floats = 0.0

    @property
    def free(self) -> float | Floats:
        """What is left for this position once the others keep their maintenance margin."""
        return self.wallet - self.other_maintenance + self.other_profit


def liquidation_price(
    size: Real,
    entry: Real,
    *,
    backing: Backing,
    tiers: MarginTiers,
    inverse: bool,
    close_fee: float = 0.0,
) -> Real:
    """Return the mark at which positions of one contract are liquidated, in quote per base coin.

    Shapes: `size`, `entry` and the result (batch,), or any shapes that broadcast; scalars give a
    scalar. `size` is signed, in base coins, or in quote money for an inverse contract; `entry` is
    above 0. `close_fee` is a fraction of notional.

    A long is liquidated at every mark at or below the result, 0 where no mark does it. A short is
    liquidated at every mark at or above it, infinity where none does it: so a fully backed
    inverse short, wallet ≥ size / entry in coins. Where less than nothing backs a position, the
    same convention says that every mark liquidates it: infinity for a long, 0 for a short.
    No position, size 0, is NaN. A price under 1e-12 or over 1e12 times the entry is 0 or infinity.

    Raises ValueError where a tier's maintenance rate and the close fee pass 100 % of notional.

    Three times long with a maintenance rate of 0.4 %: after a fall of 33.07 %.

    >>> flat = MarginTiers(*map(np.array, ([0.0], [0.004], [0.0], [0.1])))
    >>> three_times = Backing(wallet=100.0 / 3)
    >>> price = liquidation_price(1.0, 100.0, backing=three_times, tiers=flat, inverse=False)
    >>> round(float(price), 2)
    66.93
    """
    if float(tiers.maintenance.max()) + close_fee > 1:
        raise ValueError("maintenance rate and close fee must not pass 100 % of notional")
    signed, paid = np.asarray(size, dtype=np.float64), np.asarray(entry, dtype=np.float64)
    unit = paid if inverse else 1 / paid
    # equity and maintenance margin are lines in x: the mark, or 1 / mark of an inverse contract
    gain = -signed if inverse else signed
    at_zero = backing.free - gain / unit
    limit = _first_meeting(at_zero, gain, tiers=tiers, close_fee=close_fee)
    limit = np.where(limit * unit < _PRICELESS, 0.0, limit)
    limit = np.where(limit * unit > 1 / _PRICELESS, np.inf, limit)
    if inverse:
        limit = np.divide(1.0, limit, out=np.full(limit.shape, np.inf), where=limit > 0)
    # Any: indexing by nothing makes an array without dimensions a scalar, which types do not know
    answer: Any = np.where(signed == 0, np.nan, limit)[()]
    price: Real = answer
    return price


def _first_meeting(
    at_zero: Floats, gain: Floats, *, tiers: MarginTiers, close_fee: float
) -> Floats:
    """Return the x at which equity `at_zero + gain·x` meets the largest of the tiers' needs.

    Where equity rises with x the highest meeting of the tiers, else the lowest; at least 0.
    """
    shape = np.broadcast_shapes(np.shape(at_zero), np.shape(gain))
    rises = np.broadcast_to(gain > 0, shape)
    found = np.where(rises, 0.0, np.inf)
    for rate, cum in zip(tiers.maintenance, tiers.cum, strict=True):
        slope = np.broadcast_to(gain - np.abs(gain) * (rate + close_fee), shape)
        room = np.broadcast_to(at_zero + cum, shape)
        never = np.where(room > 0, -np.inf, np.inf)
        meeting = np.divide(-room, slope, out=never, where=slope != 0)
        found = np.where(rises, np.maximum(found, meeting), np.minimum(found, meeting))
    return np.maximum(found, 0.0)
