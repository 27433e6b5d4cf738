"""Contracts: profit, notional, margin, funding and coins of linear and inverse futures.

A linear contract is sized in base coins and settled in its quote coin (`BTC/USDT:USDT`); an
inverse one is sized in quote money (USD) and settled in its base coin (`BTC/USD:BTC`). Sizes are
signed, negative for a short: contracts times contract size. Prices are quote per base coin.

Every function takes exact decimals, floats or arrays, one kind per call, and returns the same
kind. Arrays broadcast: (batch, position) sizes, (1, position) marks.
"""

from decimal import Decimal
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, Decimal, NDArray[np.float64])


def profit(size: Number, *, entry: Number, mark: Number, inverse: bool) -> Number:
    """Return a position's unrealised profit in its settle coin.

    Linear: size · (mark - entry) in the quote coin. Inverse: size · (1/entry - 1/mark) in base
    coins, so a coin gained is worth less the higher the price. Prices are above 0.
    Source: Binance and BitMEX contract specifications.

    >>> profit(-10.0, entry=30_000.0, mark=27_000.0, inverse=False)
    30000.0
    >>> profit(-100_000.0, entry=10_000.0, mark=8_000.0, inverse=True)
    2.5
    """
    gained = size * (mark - entry)
    return gained / (entry * mark) if inverse else gained


def notional(size: Number, mark: Number, *, inverse: bool) -> Number:
    """Return a position's notional ≥ 0 in its settle coin, the measure of margin tiers.

    Linear: |size| · mark in the quote coin. Inverse: |size| / mark in base coins; its notional in
    quote money is |size| itself, at any price. Marks are above 0.

    >>> notional(-0.5, 60_000.0, inverse=False), notional(-30_000.0, 60_000.0, inverse=True)
    (30000.0, 0.5)
    """
    return abs(size) / mark if inverse else abs(size) * mark


def margin_at_leverage(size: Number, mark: Number, *, leverage: Number, inverse: bool) -> Number:
    """Return the margin that gives a position a leverage, in its settle coin.

    Notional / leverage, with a leverage above 0: |size| · mark / leverage, inverse
    |size| / mark / leverage. What a venue locks, tiers included, is `initial_margin` of
    `rebalancer.model.margin`.

    >>> margin_at_leverage(90.0, 50.0, leverage=3.0, inverse=False)
    1500.0
    """
    return notional(size, mark, inverse=inverse) / leverage


def funding_received(size: Number, mark: Number, *, rate: Number, inverse: bool) -> Number:
    """Return the funding a position receives at one funding time, negative where it pays.

    -size · mark · rate in the quote coin; inverse -size / mark · rate in base coins. `rate` is the
    fraction of one interval, not percent and not a year's: where it is positive, longs pay shorts.
    `mark` is that of the funding time.

    >>> funding_received(-2.0, 50_000.0, rate=0.0001, inverse=False)
    10.0
    """
    signed = size / mark if inverse else size * mark
    return -signed * rate


def equity(wallet: Number, unrealised: Number) -> Number:
    """Return a wallet's equity: its balance plus the unrealised profit of all its positions.

    Both in the settle coin. A balance that a venue reports as `total` (margin balance) is already
    the equity: adding the profit counts it twice.

    >>> equity(5_000.0, -1_200.0)
    3800.0
    """
    return wallet + unrealised


def delta_beside_equity(size: Number, mark: Number, *, inverse: bool) -> Number:
    """Return the coins a position adds to a wallet **with** its unrealised profit.

    Linear: size. Inverse: size / mark, to be added to the wallet's equity in coins. Beside a
    balance without unrealised profit take `delta_beside_wallet`; one mark for the wallet and the
    other for the position is the usual mistake, and counts the profit twice or not at all.

    One coin and a short of 40,000 from 40,000: at 60,000 the equity is 2/3 coin, the delta 0.

    >>> coins = equity(1.0, profit(-40_000.0, entry=40_000.0, mark=60_000.0, inverse=True))
    >>> round(coins + delta_beside_equity(-40_000.0, 60_000.0, inverse=True), 12)
    0.0
    """
    return size / mark if inverse else size


def delta_beside_wallet(size: Number, entry: Number, *, inverse: bool) -> Number:
    """Return the coins a position adds to a wallet **without** its unrealised profit.

    Linear: size. Inverse: size / entry, in coins: (wallet + profit) · mark grows by
    wallet + size / entry per unit of price, at any mark. Beside an equity take
    `delta_beside_equity`.

    >>> 1.0 + delta_beside_wallet(-40_000.0, 40_000.0, inverse=True)
    0.0
    """
    return size / entry if inverse else size
