"""Realising profit: lots that are closed and opened again, so that their profit can leave."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights
from rebalancer.planner.lots import Orders, count_lots, order_fees, sendable_lots
from rebalancer.planner.withdrawal import KEPT_BACK, free_margin, kept_part

Floats = NDArray[np.float64]

_NOTHING = 1e-9
"""Share of NAV under which no profit is missing."""


def reopened_lots(case: Case, orders: Orders) -> Floats:
    """Return the lots of each future that are closed and opened again, (batch, future), ≥ 0.

    Where a transfer takes more out of a wallet than the venue lets go, the profit that is missing
    is realised, as far as whole lots and the positions that stay have it. A turnover limit leaves
    no room for it.
    """
    layout = case.layout
    reopened = np.zeros((case.nav.shape[0], layout.future_count), order="F")
    if not (orders.transfers < 0).any() or np.isfinite(case.rules.turnover):
        return reopened
    missing = _missing(case, orders)
    if not (missing > _NOTHING).any():
        return reopened
    after = _futures_after(case, orders)
    for future, wallet in enumerate(layout.wallet_of):
        held, left = (
            case.present.future[:, future],
            kept_part(case.present.future[:, future], after[:, future]),
        )
        stays = np.divide(left, held, out=np.zeros_like(held), where=held != 0)
        won = case.profit[:, future] * stays - 2 * case.fee_weights(future, left)
        needed = (missing[:, wallet] > _NOTHING) & (won > 0)
        share = np.clip(
            np.divide(missing[:, wallet], won, out=np.zeros_like(won), where=needed), 0.0, 1.0
        )
        lots = _whole_lots(case, future, share * stays, most=stays)
        reopened[:, future] = np.where(needed, lots, 0.0)
        done = reopened[:, future] / np.maximum(_held_lots(case, future) * stays, 1.0)
        missing[:, wallet] -= done * won
    return reopened


def keep_reopening_fees(case: Case, orders: Orders) -> Orders:
    """Return the orders with transfers out less what reopening costs their wallets."""
    reopened = reopened_lots(case, orders)
    if not reopened.any():
        return orders
    layout, fees = case.layout, reopening_fees(case, reopened)
    transfers = orders.transfers.copy("F")
    for future, wallet in enumerate(layout.wallet_of):
        step = float(layout.transfer_step[wallet])
        kept = np.ceil(count_lots(fees[:, future], step)) * step
        transfers[:, wallet] += np.where(transfers[:, wallet] < 0, kept, 0.0)
    return Orders(orders.lots, transfers)


def reopening_fees(case: Case, reopened: Floats) -> Floats:
    """Return what closing and opening these lots costs, (batch, future), in the settle coin."""
    if not reopened.any():
        return np.zeros_like(reopened)
    lots = np.zeros((case.nav.shape[0], len(case.layout.lot)), order="F")
    lots[:, case.layout.spot_count :] = reopened
    return 2 * order_fees(case, lots)[:, case.layout.spot_count :]


def reopened_share(case: Case, reopened: Floats) -> Floats:
    """Return lots as shares of the positions held, (batch, future)."""
    share = np.zeros_like(reopened)
    for future in range(case.layout.future_count):
        share[:, future] = reopened[:, future] / np.maximum(_held_lots(case, future), 1.0)
    return share


def _missing(case: Case, orders: Orders) -> Floats:
    """Return how much more transfers take out than wallets give without it, (batch, wallet)."""
    by_row = case.nav[:, None]
    weights = Weights(case.present.spot, _futures_after(case, orders), case.present.wallet)
    free = free_margin(case, weights, reopened=np.zeros_like(weights.future))
    given = np.maximum(-orders.transfers * case.marks.wallet, 0.0) / by_row
    return np.asarray(np.where(given > 0, given / (1 - KEPT_BACK) - free, 0.0))


def _futures_after(case: Case, orders: Orders) -> Floats:
    count = case.layout.spot_count
    size = case.holdings.size + orders.lots[:, count:] * case.layout.lot[count:]
    return np.asarray(size * case.marks.unit[:, count:] / case.nav[:, None])


def _held_lots(case: Case, future: int) -> Floats:
    lot = float(case.layout.lot[case.layout.spot_count + future])
    return np.trunc(count_lots(np.abs(case.holdings.size[:, future]), lot))


def _whole_lots(case: Case, future: int, share: Floats, *, most: Floats) -> Floats:
    """Return at least `share` of a position in lots that can be closed and opened again."""
    column, held = case.layout.spot_count + future, _held_lots(case, future)
    lots = np.minimum(np.ceil(count_lots(share * held, 1.0)), np.trunc(most * held))
    return sendable_lots(case, column, lots=lots, reduce_only=False)
