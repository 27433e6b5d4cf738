"""Hedge sizes: the short that locks a carry, and the one that leaves the least variance."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.rates import basis

Real = TypeVar("Real", float, NDArray[np.float64])


def carry_short(coins: Real, future: Real, *, inverse: bool) -> Real:
    """Return the size of the short that makes coins worth coins · future at expiry, at any price.

    Linear: the same base quantity, -coins. Inverse: -coins · future in quote money, more than the
    coins cost; a short of their cost leaves basis / future of them open. Raises ValueError for
    negative coins: reverse carry sells what it must first own or borrow.

    >>> carry_short(0.5, 72_100.0, inverse=False), carry_short(0.5, 72_100.0, inverse=True)
    (-0.5, -36050.0)
    """
    if np.less(coins, 0).any():
        raise ValueError("a carry holds coins: reverse carry needs inventory or borrowed coins")
    return -coins * future if inverse else -coins


def locked_carry(coins: Real, *, spot: Real, future: Real) -> Real:
    """Return what coins bought at spot and shorted at future earn by expiry, in quote money.

    coins · (future - spot), gross: before fees, and on the coins rather than on the capital, which
    is margin as well. Negative where the future is below spot.

    >>> locked_carry(0.5, spot=70_000.0, future=72_100.0)
    1050.0
    """
    return coins * basis(future, spot)


def minimum_variance_ratio(
    correlation: Real, *, spot_volatility: Real, future_volatility: Real
) -> Real:
    """Return the share of a holding to short so that the least variance stays.

    correlation · spot_volatility / future_volatility, the correlation within -1 and 1. All three
    are of the same window: of returns the result is a share of value, of price changes a share of
    coins. Source: Hull, Options, Futures, and Other Derivatives, 3.5.

    >>> round(minimum_variance_ratio(0.8, spot_volatility=1.2, future_volatility=1.0), 12)
    0.96
    """
    return correlation * spot_volatility / future_volatility


def hedge_effectiveness(correlation: Real) -> Real:
    """Return the share of variance that the minimum-variance hedge takes away.

    The correlation squared. The rest stays open: at 0.8 more than a third. Source: Hull, 3.5.

    >>> round(hedge_effectiveness(0.8), 12)
    0.64
    """
    return correlation * correlation
