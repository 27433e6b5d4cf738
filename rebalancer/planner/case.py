"""A batch of books to plan for: what they hold, what is wanted, and the limits in force."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.exposure import (
    Holdings,
    Marks,
    build_marks,
    column_sum,
    measure_exposure,
    pooled_profit,
    take_rows,
    unrealised_profit,
)
from rebalancer.planner.layout import Layout
from rebalancer.planner.limits import LimitTable
from rebalancer.planner.wanted import Wanted
from rebalancer.policy.compiled import Limits, Policy, TradeTo

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_SAME_COINS = 1e-8
"""Coins that leave a wallet and coins that join spot are the same within this share of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A book as shares of its NAV before the plan: spot, future (signed), wallet equity.

    In a unified account the coins in spot count with their unrealised coin profit.
    """

    spot: Floats
    future: Floats
    wallet: Floats

    def take(self, rows: Rows) -> "Weights":
        """Return the books of these rows."""
        return Weights(self.spot[rows], self.future[rows], self.wallet[rows])

    def put(self, rows: Rows, other: "Weights") -> None:
        """Write `other` over these rows, in place."""
        self.spot[rows] = other.spot
        self.future[rows] = other.future
        self.wallet[rows] = other.wallet

    def copy(self) -> "Weights":
        """Return a copy that may be written to."""
        return Weights(self.spot.copy("F"), self.future.copy("F"), self.wallet.copy("F"))

    def toward(self, other: "Weights", share: Floats) -> "Weights":
        """Return the point `share` (batch,) of the way to another book."""
        by_row = share[:, None]
        return Weights(
            self.spot + by_row * (other.spot - self.spot),
            self.future + by_row * (other.future - self.future),
            self.wallet + by_row * (other.wallet - self.wallet),
        )


@dataclass(frozen=True, slots=True)
class TradeRules:
    """How a policy's regime lets a plan trade.

    `min_trade` and `order_notional` are quote money, `turnover` a share of NAV (infinite without
    the limit), `leg_imbalance` the corridor's share of NAV; `to_target` trades past the band's
    edge.
    """

    min_trade: float = 0.0
    to_target: bool = False
    turnover: float = math.inf
    order_notional: float = math.inf
    leg_imbalance: float = 0.05


def trade_rules(policy: Policy, limits: Limits) -> TradeRules:
    """Return the rules of a policy under a regime's limits."""
    return TradeRules(
        min_trade=float(policy.rebalance.min_trade),
        to_target=policy.rebalance.to is TradeTo.TARGET,
        turnover=math.inf if limits.turnover is None else float(limits.turnover),
        order_notional=(
            math.inf if limits.order_notional is None else float(limits.order_notional)
        ),
        leg_imbalance=float(policy.max_leg_imbalance),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Books (batch,) with their marks, NAV and present weights.

    `ceilings` (batch or 1, row) are the limit table's, or what stands for them in one book.
    `profit` is each position's unrealised profit as a share of NAV; `short_per_spot` is the
    weight of each future that is short per weight of each spot column, (batch or 1, future, spot),
    `short_per_wallet` the same per weight of each wallet.
    """

    layout: Layout
    marks: Marks
    holdings: Holdings
    wanted: Wanted
    table: LimitTable
    ceilings: Floats
    nav: Floats
    present: Weights
    profit: Floats
    short_per_spot: Floats
    short_per_wallet: Floats
    rules: TradeRules

    def take(self, rows: Rows) -> "Case":
        """Return the case of these books only."""
        return replace(
            self,
            marks=self.marks.take(rows),
            holdings=self.holdings.take(rows),
            wanted=self.wanted.take(rows),
            ceilings=take_rows(self.ceilings, rows),
            nav=self.nav[rows],
            present=self.present.take(rows),
            profit=self.profit[rows],
            short_per_spot=take_rows(self.short_per_spot, rows),
            short_per_wallet=take_rows(self.short_per_wallet, rows),
        )

    def fee_weights(self, future: int, change: Floats) -> Floats:
        """Return the fee of changing a future's weight, as a share of NAV, slippage left out."""
        rate = self.layout.fee[self.layout.spot_count + future]
        return np.asarray(np.abs(change) * self.marks.gain[:, future] * rate)


def build_case(
    layout: Layout,
    holdings: Holdings,
    *,
    prices: Floats,
    wanted: Wanted,
    table: LimitTable,
    rules: TradeRules,
) -> Case:
    """Return the case of these books; `prices` is (batch or 1, instrument)."""
    marks = build_marks(prices, layout)
    exposure = measure_exposure(holdings, marks, layout=layout)
    nav = exposure.nav
    by_row = np.where(nav > 0, nav, 1.0)[:, None]
    wallets = exposure.margin if layout.wallets else np.zeros((nav.shape[0], 0))
    spot, future = prices[:, : layout.spot_count], prices[:, layout.spot_count :]
    profit = unrealised_profit(holdings, marks, layout=layout) * marks.coin
    coins = holdings.spot * spot + pooled_profit(profit, layout=layout)
    return Case(
        layout=layout,
        marks=marks,
        holdings=holdings,
        wanted=wanted,
        table=table,
        ceilings=table.ceilings[None],
        nav=nav,
        present=Weights(coins / by_row, exposure.future / by_row, wallets / by_row),
        profit=profit / by_row,
        short_per_spot=wanted.sized * future[:, :, None] / spot[:, None, :],
        short_per_wallet=wanted.on_wallet * future[:, :, None] / marks.wallet[:, None, :],
        rules=rules,
    )


def sized_shorts(case: Case, spot: Floats, *, wallet: Floats) -> Floats:
    """Return the weight that each future is short for these weights, (batch, future), ≥ 0.

    A debt of coins has nothing to hedge.
    """
    rows = max(spot.shape[0], case.short_per_spot.shape[0])
    shorts = np.zeros((rows, case.layout.future_count), order="F")
    for future, column in np.argwhere(case.wanted.sized[0]):
        held = np.maximum(spot[:, column], 0.0)
        shorts[:, future] += held * case.short_per_spot[:, future, column]
    return shorts + _on_wallets(case, rows, wallet)


def _on_wallets(case: Case, rows: int, wallet: Floats) -> Floats:
    """Return the weight that each future is short for the coins in wallets, (batch, future)."""
    shorts = np.zeros((rows, case.layout.future_count), order="F")
    for future, column in np.argwhere(case.wanted.on_wallet[0]):
        held = np.maximum(wallet[:, column], 0.0)
        shorts[:, future] += held * case.short_per_wallet[:, future, column]
    return shorts


def range_of_shorts(case: Case, spot: Floats, *, wallet: Floats) -> tuple[Floats, Floats]:
    """Return the least and the most that each future may be short for these weights."""
    price, count = case.marks.price, case.layout.spot_count
    rows, ends = max(spot.shape[0], case.short_per_spot.shape[0]), []
    for ratios in (case.wanted.least, case.wanted.most):
        shorts = _on_wallets(case, rows, wallet)
        for future, column in np.argwhere(ratios[0]):
            held = np.maximum(spot[:, column], 0.0)
            coins = held * price[:, count + future] / price[:, column]
            shorts[:, future] += coins * ratios[:, future, column]
        ends.append(shorts)
    return ends[0], ends[1]


def coins_bought(case: Case, weights: Weights) -> Floats:
    """Return what each spot column trades to reach the weights, (batch, spot), as shares of NAV.

    Coins that move between spot and their wallet are not traded.
    """
    traded = weights.spot - case.present.spot
    for wallet, column in enumerate(case.layout.wallet_coin):
        if column >= 0:
            moved = weights.wallet[:, wallet] - case.present.wallet[:, wallet]
            whole = np.abs(traded[:, column]) + np.abs(moved)
            both = traded[:, column] + moved
            traded[:, column] = np.where(np.abs(both) <= _SAME_COINS * whole, 0.0, both)
    return traded


def move_turnover(case: Case, start: Weights, *, end: Weights) -> Floats:
    """Return half the notional traded between two weights, (batch,), as a share of NAV."""
    spot = np.abs(coins_bought(case, end) - coins_bought(case, start))
    return (column_sum(spot) + column_sum(np.abs(end.future - start.future))) / 2


def kept_share(case: Case, future: Floats) -> Floats:
    """Return the share of each position that stays open at these weights, (batch, future)."""
    held = case.present.future
    kept = np.divide(future, held, out=np.zeros_like(future), where=held != 0)
    return np.clip(kept, 0.0, 1.0)
