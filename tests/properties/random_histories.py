"""Random markets to run policies over: gaps in bars and funding, wicks, opens off the close."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.model.book import Account, Book
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Bars, FundingHistory, Market
from rebalancer.policy.compiled import Policy
from tests.small_plans import dated, inverse, perpetual, spot_pair
from tests.unit.evaluation.small_histories import FIRST_US, book_of, market_of, policy_of

Floats = NDArray[np.float64]

_DAYS = 45
_EVERY = "every: 1d, on: '00:00', on_breach: at_once, min_trade: 10"
_LIMITS = "{gross_leverage: 6, margin_utilization: 90%, liquidation_distance: 5%}"
_COSTS = "execution: {slippage: 20bp, max_leg_imbalance: 100%}\ndata: {max_age: 5d}"

POLICIES = {
    "spot": policy_of("core: {kind: spot}", "core: 80%, cash: 20%", more=_COSTS),
    "carry": policy_of(
        "core: {kind: spot}, carry: {kind: basis, leverage: 3}",
        "core: 20%, carry: 70%, cash: 10%", limits=_LIMITS, rebalance=_EVERY, more=_COSTS,
    ),
    "bold": policy_of(
        "bear: {kind: short, leverage: 8}", "bear: 60%, cash: 40%",
        rebalance="every: 2d, on: '16:00', band: 5%", more=_COSTS,
    ),
    "clips": policy_of(
        "bull: {kind: long, leverage: 8}", "bull: 20%, cash: 80%", limits="{futures_leverage: 9}",
        rebalance="every: 1w, band: 1%", more="execution: {slippage: 5bp}",
    ),
    "coins": policy_of(
        "carry: {kind: basis, collateral: coin}, core: {kind: spot}",
        "carry: 60%, core: 20%, cash: 20%",
        assets="{BTC: {spot: BTC/USDT, future: 'BTC/USD:BTC'}}",
        rebalance="every: 3d, on: '00:00', band: 1%", more=_COSTS,
    ),
    "dated": policy_of(
        "carry: {kind: basis, leverage: 2}", "carry: 80%, cash: 20%",
        assets="{BTC: {spot: BTC/USDT, future: {of: 'BTC/USDT:USDT', roll: 2d}}}",
        rebalance="every: 4d, on: '00:00'", more=_COSTS,
    ),
}  # fmt: skip
"""Policies of every kind of contract, some of them careless enough to be liquidated."""


@dataclass(frozen=True, slots=True)
class DrawnHistory:
    """A policy, a market and a book to begin with; a seed makes the prices."""

    name: str
    account: Account
    volatility: float
    seed: int

    @property
    def policy(self) -> Policy:
        return POLICIES[self.name]

    @property
    def book(self) -> Book:
        return book_of(USDT="50000", account=self.account)

    def market(self) -> Market:
        return _market(np.random.default_rng(self.seed), self.volatility)


def drawn_histories() -> st.SearchStrategy[DrawnHistory]:
    """Draw a policy with a market of some weeks."""
    return st.builds(
        DrawnHistory,
        name=st.sampled_from(sorted(POLICIES)),
        account=st.sampled_from(list(Account)),
        volatility=st.sampled_from([0.01, 0.06, 0.15]),
        seed=st.integers(0, 2**32 - 1),
    )


def _market(rng: np.random.Generator, volatility: float) -> Market:
    instruments = [
        replace(one, taker_fee=spot_pair("BTC", fee="0.1%").taker_fee)
        for one in (
            spot_pair("BTC"), perpetual("BTC"), inverse("BTC"),
            dated("BTC", "2024-01-19"), dated("BTC", "2024-02-09"),
        )
    ]  # fmt: skip
    spot = 100 * np.exp(np.cumsum(rng.normal(0, volatility, _DAYS)))
    kept = np.flatnonzero(rng.random(_DAYS) > 0.05)
    bars = {one.symbol: _bars(rng, spot, volatility, rows=kept) for one in instruments}
    funded = {
        one.symbol: _funding(rng) for one in instruments if one.is_future and not one.expiry_us
    }
    return market_of(*instruments, bars=bars, funded=funded)


def _bars(
    rng: np.random.Generator, spot: Floats, volatility: float, *, rows: NDArray[np.intp]
) -> Bars:
    close = spot * np.exp(rng.normal(0, volatility / 20, len(spot)))
    opening = np.concatenate([close[:1], close[:-1]])
    opening = opening * np.exp(rng.normal(0, volatility / 5, len(spot)))
    wicks = np.exp(np.abs(rng.normal(0, volatility / 2, (2, len(spot)))))
    high, low = np.maximum(opening, close) * wicks[0], np.minimum(opening, close) / wicks[1]
    prices = [part[rows].round(4) for part in (opening, high, low, close)]
    return Bars(FIRST_US + DAY_US * rows.astype(np.int64), *prices)


def _funding(rng: np.random.Generator) -> FundingHistory:
    count = 3 * _DAYS
    kept = np.flatnonzero(rng.random(count) > 0.05)
    time_us = FIRST_US + (DAY_US // 3) * kept
    rate = rng.normal(0.0002, 0.0005, len(kept)).round(6)
    return FundingHistory(time_us, rate, np.full(len(kept), 8.0))
