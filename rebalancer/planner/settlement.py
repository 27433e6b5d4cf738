"""What a book is after its orders: exposures, cash and the limits it then keeps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights
from rebalancer.planner.exposure import Exposure, column_sum, expose
from rebalancer.planner.limits import gather_facts, limit_residuals
from rebalancer.planner.lots import Orders, order_fees
from rebalancer.planner.realising import reopened_lots, reopened_share, reopening_fees
from rebalancer.planner.residuals import CEILING_MARGIN, spare_the_idle
from rebalancer.planner.withdrawal import withdrawable

Floats = NDArray[np.float64]

_USED_UP = 1.01 * CEILING_MARGIN
"""A holding may be used up: it keeps no margin over zero, and float error may put it below."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Books after their orders: exposures with slippage reserved, spot coins and cash left.

    `reopened` are the lots closed and opened again for their profit, (batch, future).
    """

    exposure: Exposure
    coins: Floats
    cash: Floats
    reopened: Floats


def settle_orders(case: Case, orders: Orders) -> Settled:
    """Return the books after the orders, fees paid and slippage reserved."""
    layout, marks, count = case.layout, case.marks, case.layout.spot_count
    amounts = orders.lots * layout.lot
    fees = order_fees(case, orders.lots)
    reserve = column_sum(np.abs(amounts) * marks.unit) * layout.slippage
    size = case.holdings.size + amounts[:, count:]
    kept = _kept_profit(case, size)
    realised = case.profit * case.nav[:, None] - kept
    coins = case.holdings.spot + amounts[:, :count]
    bought = column_sum(amounts[:, :count] * marks.price[:, :count])
    cash = case.holdings.cash - bought - column_sum(fees[:, :count]) - reserve
    reopened = reopened_lots(case, orders)
    fees[:, count:] += reopening_fees(case, reopened)
    equity = case.present.wallet * case.nav[:, None] + orders.transfers * marks.wallet
    for index, (wallet, coin) in enumerate(zip(layout.wallet_of, layout.coin_of, strict=True)):
        fee = fees[:, count + index] * marks.coin[:, index]
        if not layout.unified:
            equity[:, wallet] -= fee
        elif coin >= 0:
            coins[:, coin] += (realised[:, index] - fee) / marks.coin[:, index]
        else:
            cash = cash + realised[:, index] - fee
    for wallet, coin in enumerate(layout.wallet_coin):
        if coin >= 0:
            coins[:, coin] -= orders.transfers[:, wallet]
        else:
            cash = cash - orders.transfers[:, wallet]
    values = (coins * marks.price[:, :count], size * marks.unit[:, count:], equity)
    exposure = expose(values, marks, layout=layout, cash=cash, profit=kept)
    return Settled(exposure, coins, cash, reopened)


def _kept_profit(case: Case, size: Floats) -> Floats:
    """Return the profit that stays unrealised, (batch, future), in quote money."""
    held = case.holdings.size
    kept = np.divide(size, held, out=np.zeros_like(size), where=held != 0)
    return np.asarray(case.profit * case.nav[:, None] * np.clip(kept, 0.0, 1.0))


def settled_residuals(case: Case, orders: Orders) -> Floats:
    """Return the residuals of limits, withdrawals, coins and cash after the orders.

    Shares of NAV, (batch, column): the limits' rows, then what each wallet gives beyond what its
    venue lets go, what each spot holding misses, and last the cash below zero where it was spent.
    """
    settled = settle_orders(case, orders)
    facts = gather_facts(settled.exposure, case.layout, scale=case.nav)
    limits = limit_residuals(facts, case.table, ceilings=case.ceilings)
    spent = settled.cash < case.holdings.cash
    missing = np.where(spent, -settled.cash / case.nav, -np.inf)
    used = settled.coins < case.holdings.spot
    value = -settled.coins * case.marks.price[:, : case.layout.spot_count] / case.nav[:, None]
    return np.column_stack(
        [
            spare_the_idle(limits, facts),
            _overdrawn(case, orders, settled),
            np.where(used, value - _USED_UP, -np.inf),
            missing,
        ]
    )


def _overdrawn(case: Case, orders: Orders, settled: Settled) -> Floats:
    """Return by how much each transfer out exceeds what its wallet gives, (batch, wallet)."""
    if not case.layout.wallets:
        return np.zeros((case.nav.shape[0], 0))
    by_row, exposure = case.nav[:, None], settled.exposure
    spot = settled.coins * case.marks.price[:, : case.layout.spot_count]
    after = Weights(spot / by_row, exposure.future / by_row, exposure.margin / by_row)
    given = np.maximum(-orders.transfers * case.marks.wallet, 0.0) / by_row
    reopened = reopened_share(case, settled.reopened)
    allowed = withdrawable(case, after, reopened=reopened)
    return np.where(given > 0, given - allowed, -np.inf)


def settled_worst(case: Case, orders: Orders) -> Floats:
    """Return the largest residual of each book after its orders: ≤ 0 where everything holds.

    A book without orders may sit exactly on a limit.
    """
    rows = settled_residuals(case, orders)
    idle = ~orders.lots.any(axis=1) & ~orders.transfers.any(axis=1)
    margin = np.where(idle, 0.0, CEILING_MARGIN)
    return np.asarray(rows.max(axis=1)) + margin
