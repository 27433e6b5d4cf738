"""A batch of books to plan for: what they hold, what is wanted, and the limits in force."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.exposure import Holdings, measure_exposure, unrealised_profit
from rebalancer.planner.layout import Layout
from rebalancer.planner.limits import LimitTable
from rebalancer.planner.wanted import Interval, Wanted
from rebalancer.policy.compiled import Rebalance, TradeTo

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A book as shares of its NAV before the plan: spot, future (signed), wallet equity."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Books (batch,) with marks `prices` (batch or 1, instrument), NAV and present weights.

    `profit` is each position's unrealised profit as a share of NAV; `short_per_spot` is the
    weight of each future that is short per weight of each spot column, (batch or 1, future, spot).
    """

    layout: Layout
    prices: Floats
    holdings: Holdings
    wanted: Wanted
    table: LimitTable
    nav: Floats
    present: Weights
    profit: Floats
    short_per_spot: Floats
    min_trade: float
    to_target: bool

    def take(self, rows: Rows) -> "Case":
        """Return the case of these books only."""
        return replace(
            self,
            prices=_rows(self.prices, rows),
            holdings=self.holdings.take(rows),
            wanted=_take_wanted(self.wanted, rows),
            nav=self.nav[rows],
            present=self.present.take(rows),
            profit=self.profit[rows],
            short_per_spot=_rows(self.short_per_spot, rows),
        )


def build_case(
    layout: Layout,
    holdings: Holdings,
    *,
    prices: Floats,
    wanted: Wanted,
    table: LimitTable,
    rebalance: Rebalance,
) -> Case:
    """Return the case of these books; `prices` is (batch or 1, instrument)."""
    exposure = measure_exposure(holdings, prices, layout=layout)
    nav = exposure.nav
    by_row = np.where(nav > 0, nav, 1.0)[:, None]
    wallets = exposure.margin if layout.wallets else np.zeros((nav.shape[0], 0))
    spot, future = prices[:, : layout.spot_count], prices[:, layout.spot_count :]
    return Case(
        layout=layout,
        prices=prices,
        holdings=holdings,
        wanted=wanted,
        table=table,
        nav=nav,
        present=Weights(exposure.spot / by_row, exposure.future / by_row, wallets / by_row),
        profit=unrealised_profit(holdings, prices, layout=layout) / by_row,
        short_per_spot=wanted.sized[None] * future[:, :, None] / spot[:, None, :],
        min_trade=float(rebalance.min_trade),
        to_target=rebalance.to is TradeTo.TARGET,
    )


def sized_shorts(case: Case, spot: Floats) -> Floats:
    """Return the weight that each future is short for these spot weights, (batch, future), ≥ 0."""
    shorts = np.zeros((spot.shape[0], case.layout.future_count), order="F")
    for future, column in np.argwhere(case.wanted.sized):
        shorts[:, future] += spot[:, column] * case.short_per_spot[:, future, column]
    return shorts


def _rows(values: Floats, rows: Rows) -> Floats:
    return values if values.shape[0] == 1 else values[rows]


def _take_wanted(wanted: Wanted, rows: Rows) -> Wanted:
    return replace(
        wanted,
        spot=_take_interval(wanted.spot, rows),
        future=_take_interval(wanted.future, rows),
        wallet=_take_interval(wanted.wallet, rows),
    )


def _take_interval(interval: Interval, rows: Rows) -> Interval:
    return Interval(*(_rows(getattr(interval, name), rows) for name in Interval.__slots__))
