"""What a book is after its orders: exposures, cash and the limits it then keeps."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights
from rebalancer.planner.exposure import Exposure, column_sum
from rebalancer.planner.limits import gather_facts, limit_residuals
from rebalancer.planner.lots import Orders, order_fees
from rebalancer.planner.residuals import CEILING_MARGIN
from rebalancer.planner.withdrawal import wallet_floor

Floats = NDArray[np.float64]


def settle_orders(case: Case, orders: Orders) -> tuple[Exposure, Floats]:
    """Return the exposures after the orders, slippage reserved, and the cash left (batch,)."""
    layout = case.layout
    amounts = orders.lots * layout.lot
    fees = order_fees(case, orders.lots)
    reserve = np.abs(amounts) * case.prices * layout.slippage
    spot_count = layout.spot_count
    spot = (case.holdings.spot + amounts[:, :spot_count]) * case.prices[:, :spot_count]
    size = case.holdings.size + amounts[:, spot_count:]
    future = size * case.prices[:, spot_count:]
    paid, reserved = column_sum(fees), column_sum(reserve)
    nav = case.nav - paid - reserved
    bought = column_sum(amounts[:, :spot_count] * case.prices[:, :spot_count])
    cash = case.holdings.cash - bought - column_sum(fees[:, :spot_count]) - reserved
    if layout.unified:
        cash = cash - column_sum(fees[:, spot_count:]) + column_sum(_realised(case, size))
        return Exposure(spot, future, nav[:, None], nav), cash
    margin = case.present.wallet * case.nav[:, None] + orders.transfers
    for index, wallet in enumerate(layout.wallet_of):
        margin[:, wallet] -= fees[:, spot_count + index]
    return Exposure(spot, future, margin, nav), cash - column_sum(orders.transfers)


def _realised(case: Case, size: Floats) -> Floats:
    """Return the profit that closing positions turns into cash, (batch, future)."""
    held = case.holdings.size
    kept = np.divide(size, held, out=np.zeros_like(size), where=held != 0)
    return np.asarray(case.profit * case.nav[:, None] * (1 - np.clip(kept, 0.0, 1.0)))


def settled_residuals(case: Case, orders: Orders) -> Floats:
    """Return the residuals of limits, withdrawals and cash after the orders, as shares of NAV.

    The last column is cash below zero where cash was spent, the ones before it what a wallet
    gives beyond what its venue lets go.
    """
    exposure, cash = settle_orders(case, orders)
    facts = gather_facts(exposure, case.layout, scale=case.nav)
    limits = limit_residuals(facts, case.table, ceilings=case.table.ceilings[None])
    spent = cash < case.holdings.cash
    missing = np.where(spent, -cash / case.nav, -np.inf)
    return np.column_stack([limits, _overdrawn(case, orders, exposure), missing])


def _overdrawn(case: Case, orders: Orders, exposure: Exposure) -> Floats:
    """Return by how much each transfer out exceeds what its wallet gives, (batch, wallet)."""
    if not case.layout.wallets:
        return np.zeros((case.nav.shape[0], 0))
    by_row = case.nav[:, None]
    after = Weights(exposure.spot / by_row, exposure.future / by_row, exposure.margin / by_row)
    given = np.maximum(-orders.transfers, 0.0) / by_row
    allowed = case.present.wallet - wallet_floor(case, after)
    return np.where(given > 0, given - np.maximum(allowed, 0.0), -np.inf)


def settled_worst(case: Case, orders: Orders) -> Floats:
    """Return the largest residual of each book after its orders: ≤ 0 where everything holds.

    A book without orders may sit exactly on a limit.
    """
    rows = settled_residuals(case, orders)
    idle = ~orders.lots.any(axis=1) & ~orders.transfers.any(axis=1)
    margin = np.where(idle, 0.0, CEILING_MARGIN)
    return np.asarray(rows.max(axis=1)) + margin
