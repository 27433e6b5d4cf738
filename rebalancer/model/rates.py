"""Rates of carry: funding and basis, as they stand and a year.

Rates are fractions (0.0001 is 0.01 %): some venues publish percent, which would be a hundredfold.
Arrays broadcast; scalars in give a scalar.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.instant import YEAR_DAYS, YEAR_HOURS

Real = TypeVar("Real", float, NDArray[np.float64])

EXPIRY_BLACKOUT_DAYS = 2
"""A dated basis is unknown from here to expiry: days in the denominator blow it up."""

APR_DECIMALS = 12
"""Funding rates have eight decimals, so this names the exact decimal rate of whole intervals."""


def funding_apr(rate: Real, *, interval_hours: Real) -> Real:
    """Return a funding rate annualised simply by its own interval: rate · 8760 / interval.

    Rounded once, to `APR_DECIMALS`, so that 0.01 % per 8 h is exactly the double of 10.95 % and
    `at_least: 10.95%` means what it says. Intervals differ by venue, contract and time, so each
    rate comes with its own; they are above 0.

    >>> float(funding_apr(0.0001, interval_hours=8.0))
    0.1095
    """
    apr: Real = np.round(rate * YEAR_HOURS / interval_hours, APR_DECIMALS)
    return apr


def funding_apy(rate: Real, *, interval_hours: Real) -> Real:
    """Return a funding rate compounded at every interval: (1 + rate)^(8760 / interval) - 1.

    What the same rate makes of one unit in a year where each payment is added to the position;
    rates are above -1.

    >>> round(float(funding_apy(0.0002, interval_hours=8.0)), 4)
    0.2448
    """
    apy: Real = np.expm1(YEAR_HOURS / interval_hours * np.log1p(rate))
    return apy


def basis(future: Real, spot: Real) -> Real:
    """Return what a future costs over spot, future - spot, in quote money per coin.

    >>> basis(72_100.0, 70_000.0)
    2100.0
    """
    return future - spot


def annualised_basis(future: Real, spot: Real, *, days_to_expiry: Real) -> Real:
    """Return a dated basis as a simple rate a year (ACT/365): basis / spot · 365 / days.

    NaN, unknown, within two days of expiry and after it. A perpetual's basis has no end and is not
    annualisable: take `basis(future, spot) / spot`.

    >>> round(float(annualised_basis(72_100.0, 70_000.0, days_to_expiry=91.0)), 4)
    0.1203
    >>> days = np.array([60.0, 2.0])
    >>> annualised_basis(np.full(2, 72_100.0), np.full(2, 70_000.0), days_to_expiry=days)
    array([0.1825,    nan])
    """
    is_far = np.greater(days_to_expiry, EXPIRY_BLACKOUT_DAYS)
    # Any: numpy's types call the product of a scalar and an array without dimensions an array
    known_days: Any = np.where(is_far, days_to_expiry, np.nan)
    annualised: Real = basis(future, spot) / spot * (YEAR_DAYS / known_days)
    return annualised
