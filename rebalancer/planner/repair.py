"""Mends what rounding broke: takes lots off, never adds risk beyond the destination."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case
from rebalancer.planner.lots import Orders, sendable_lots
from rebalancer.planner.settlement import settled_residuals, settled_worst

Floats = NDArray[np.float64]

_ROUNDS = 12
_REACHES = (1.0, 4.0)
"""A position is cut by what is missing, or by more where a limit answers to it weakly."""


def take_lots_off(case: Case, orders: Orders) -> Orders:
    """Return the orders with lots taken off, or transfers topped up, while that helps.

    Every change brings a position nearer to zero, by one lot or as many as the violation is
    worth, and in all by no more than the coarsest lot of its asset: rounding lost no more. Each
    round takes the change after which least is broken, the smallest of equals.
    """
    spare = _spare_lots(case)
    lots, transfers = orders.lots.copy("F"), orders.transfers.copy("F")
    value = settled_worst(case, orders)
    for _ in range(_ROUNDS):
        active = np.flatnonzero(value > 0)
        if not active.size:
            break
        now = Orders(lots[active], transfers[active])
        slack = spare if spare.shape[0] == 1 else spare[active]
        reach = (orders.lots[active] - slack, orders.lots[active] + slack)
        better, best = _best_change(case.take(active), now, value=value[active], reach=reach)
        if not (best < value[active]).any():
            break
        lots[active], transfers[active] = better.lots, better.transfers
        value[active] = best
    return Orders(lots, transfers)


def _spare_lots(case: Case) -> Floats:
    """Return how many of its own lots make the coarsest lot of each column's asset.

    Lots are compared in quote money: (batch or 1, column).
    """
    worth = case.layout.lot * case.marks.unit
    asset_of = np.array(case.layout.asset_of)
    coarsest = np.empty_like(worth)
    for column, asset in enumerate(asset_of):
        coarsest[:, column] = worth[:, asset_of == asset].max(axis=1)
    return np.asarray(np.ceil(coarsest / worth * (1 - 1e-12)))


def _best_change(
    case: Case, orders: Orders, *, value: Floats, reach: tuple[Floats, Floats]
) -> tuple[Orders, Floats]:
    """Return the orders one change away that break least, and what they break."""
    best, best_value = Orders(orders.lots.copy("F"), orders.transfers.copy("F")), value.copy()
    for candidate in _changes(case, orders, value):
        its_value = np.maximum(settled_worst(case, candidate), 0.0)
        within = (candidate.lots >= reach[0]) & (candidate.lots <= reach[1])
        better = (its_value < best_value) & within.all(axis=1)
        best.lots[better] = candidate.lots[better]
        best.transfers[better] = candidate.transfers[better]
        best_value[better] = its_value[better]
    return best, best_value


def _changes(case: Case, orders: Orders, value: Floats) -> Iterator[Orders]:
    """Yield the orders with one column cut, then with one wallet topped up or spared."""
    layout = case.layout
    held = np.concatenate([case.holdings.spot, case.holdings.size], axis=1) / layout.lot
    for column, lot in enumerate(layout.lot):
        final = held[:, column] + orders.lots[:, column]
        worth = np.ceil(np.maximum(value, 0.0) * case.nav / (lot * case.marks.unit[:, column]))
        for count in (np.ones_like(final), *(worth * reach for reach in _REACHES)):
            lots = orders.lots.copy("F")
            cut = np.trunc(np.minimum(count, np.abs(final)))
            lots[:, column] -= np.sign(final) * cut
            lots[:, column] = _sendable(case, column, lots[:, column])
            yield Orders(lots, orders.transfers)
    beyond = np.maximum(settled_residuals(case, orders)[:, len(case.table.rows) :], 0.0)
    for wallet in range(len(layout.wallets)):
        for change in (beyond[:, wallet], -beyond[:, -1]):
            transfers = orders.transfers.copy("F")
            coins = change * case.nav / case.marks.wallet[:, wallet]
            step = layout.transfer_step[wallet]
            transfers[:, wallet] += np.ceil(coins / step) * step
            yield Orders(orders.lots, transfers)


def _sendable(case: Case, column: int, lots: Floats) -> Floats:
    """Return the lots without the parts that the venue does not take."""
    layout = case.layout
    future = column - layout.spot_count
    if future < 0:
        return sendable_lots(case, column, lots=lots, reduce_only=False)
    held = np.rint(case.holdings.size[:, future] / layout.lot[column])
    size = np.abs(lots)
    closing = np.where(held * lots < 0, np.minimum(np.abs(held), size), 0.0)
    opening = sendable_lots(case, column, lots=size - closing, reduce_only=False)
    closing = sendable_lots(case, column, lots=closing, reduce_only=True)
    return np.sign(lots) * (closing + opening)
