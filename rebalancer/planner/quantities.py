"""The batch planner: from books and targets to whole lots that keep every limit."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.band import target_weights
from rebalancer.planner.case import Case, Rows, Weights
from rebalancer.planner.destination import (
    Destination,
    choose_destination,
    fit_cash,
    shrink_futures,
)
from rebalancer.planner.lots import Orders, drop_small, round_orders
from rebalancer.planner.residuals import TRANSFER_STEP
from rebalancer.planner.settlement import settled_residuals, settled_worst

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_REPAIRS = 12
_SHRINK_STEPS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Quantities:
    """What each book trades: whole lots and transfers, and the destination they round.

    `unmet` (batch,) marks books for which no orders were found that meet every limit at the end.
    """

    destination: Destination
    orders: Orders
    unmet: Bools


def plan_quantities(case: Case) -> Quantities:
    """Return the orders of every book of the batch, limits checked again on whole lots."""
    destination = choose_destination(case)
    forced = (destination.share > 0) | (destination.factor < 1)
    orders = round_orders(case, destination.weights, free=forced)
    unmet = settled_worst(case, orders) > 0
    rows = np.flatnonzero(unmet)
    if rows.size:
        orders = Orders(orders.lots.copy("F"), orders.transfers.copy("F"))
        destination = replace(
            destination,
            weights=destination.weights.copy(),
            factor=destination.factor.copy(),
        )
        for step in (_without_min_trade, _by_single_lots, _by_shrinking):
            rows = step(case, destination, (orders, rows))
        unmet[:] = False
        unmet[rows] = True
    return Quantities(destination=destination, orders=orders, unmet=unmet)


def _accept(orders: Orders, rows: Rows, better: tuple[Orders, Bools]) -> Rows:
    """Write the orders of the books that now hold; return the rows that still do not."""
    found, holds = better
    orders.lots[rows[holds]] = found.lots[holds]
    orders.transfers[rows[holds]] = found.transfers[holds]
    return rows[~holds]


def _without_min_trade(case: Case, destination: Destination, state: tuple[Orders, Rows]) -> Rows:
    """Round again where `min_trade` blocked what a limit asks for."""
    orders, rows = state
    part = case.take(rows)
    found = round_orders(part, destination.weights.take(rows), free=np.ones(rows.size, dtype=bool))
    return _accept(orders, rows, (found, settled_worst(part, found) <= 0))


def _by_single_lots(case: Case, destination: Destination, state: tuple[Orders, Rows]) -> Rows:
    """Add or take off single lots, the best one each time, while that helps."""
    orders, rows = state
    if not rows.size:
        return rows
    part = case.take(rows)
    weights = destination.weights.take(rows)
    present = round_orders(part, weights, free=np.ones(rows.size, dtype=bool))
    low, high = _reach(part, weights)
    value = settled_worst(part, present)
    for _ in range(_REPAIRS):
        active = np.flatnonzero(value > 0)
        if not active.size:
            break
        some = part.take(active)
        now = Orders(present.lots[active], present.transfers[active])
        reach = (low[active], high[active])
        better, best = _best_neighbour(some, now, value=value[active], reach=reach)
        if not (best < value[active]).any():
            break
        present.lots[active], present.transfers[active] = better.lots, better.transfers
        value[active] = best
    return _accept(orders, rows, (present, value <= 0))


def _reach(case: Case, weights: Weights) -> tuple[Floats, Floats]:
    """Return the least and most lots each column may trade: up to one past its destination.

    A lot is never added to what nobody asks for, and a position never changes side for a lot.
    """
    layout = case.layout
    held = np.concatenate([case.holdings.spot, case.holdings.size], axis=1) / layout.lot
    wanted = np.concatenate([weights.spot, weights.future], axis=1) * case.nav[:, None]
    wanted = wanted / case.prices / layout.lot
    spare = np.where(wanted == 0, 0.0, 1.0)
    low, high = np.minimum(held, wanted) - spare, np.maximum(held, wanted) + spare
    low = np.where((held >= 0) & (wanted >= 0), np.maximum(low, 0.0), low)
    high = np.where((held <= 0) & (wanted <= 0), np.minimum(high, 0.0), high)
    return low - held, high - held


def _best_neighbour(
    case: Case, orders: Orders, *, value: Floats, reach: tuple[Floats, Floats]
) -> tuple[Orders, Floats]:
    """Return the orders one lot (or one topped-up transfer) away with the least violation."""
    best, best_value = Orders(orders.lots.copy("F"), orders.transfers.copy("F")), value.copy()
    for candidate in _neighbours(case, orders):
        its_value = settled_worst(case, candidate)
        within = (candidate.lots >= reach[0] - 1e-9) & (candidate.lots <= reach[1] + 1e-9)
        better = (its_value < best_value) & within.all(axis=1)
        best.lots[better] = candidate.lots[better]
        best.transfers[better] = candidate.transfers[better]
        best_value[better] = its_value[better]
    return best, best_value


def _neighbours(case: Case, orders: Orders) -> list[Orders]:
    layout, result = case.layout, []
    for column in range(len(layout.lot)):
        for step in (-1.0, 1.0):
            lots = orders.lots.copy("F")
            lots[:, column] = _sendable(case, column, lots[:, column] + step, step)
            result.append(Orders(lots, orders.transfers))
    overdrawn = settled_residuals(case, orders)[:, len(case.table.rows) :]
    for wallet in range(len(layout.wallets)):
        for missing in (overdrawn[:, wallet], -overdrawn[:, -1]):
            transfers = orders.transfers.copy("F")
            change = np.where(np.isfinite(missing), missing * case.nav, 0.0)
            transfers[:, wallet] += np.ceil(change / TRANSFER_STEP) * TRANSFER_STEP
            result.append(Orders(orders.lots, transfers))
    return result


def _sendable(case: Case, column: int, lots: Floats, step: float) -> Floats:
    """Return the lots if the venue takes them, else the nearest it takes on the far side."""
    layout = case.layout
    price = case.prices[:, column]
    future = column - layout.spot_count
    if future < 0:
        held = case.holdings.spot[:, column]
        lots = np.maximum(lots, -np.trunc(held / layout.lot[column]))
        return drop_small(layout, column, lots=lots, price=price, reduce_only=False)
    held = np.rint(case.holdings.size[:, future] / layout.lot[column])
    after = held + lots
    reducing = (np.abs(after) < np.abs(held)) & (after * held >= 0)
    growing = drop_small(layout, column, lots=lots, price=price, reduce_only=False)
    crossing = (after * held < 0) & (
        drop_small(layout, column, lots=after, price=price, reduce_only=False) == 0
    )
    lots = np.where(reducing, lots, growing)
    return np.where(crossing, np.where(step * held > 0, lots, -held), lots)


def _by_shrinking(case: Case, destination: Destination, state: tuple[Orders, Rows]) -> Rows:
    """Shrink futures and basis spot legs, largest factor first, until the lots hold."""
    orders, rows = state
    for step in range(1, _SHRINK_STEPS + 1):
        if not rows.size:
            break
        part = case.take(rows)
        factor = np.full(rows.size, 1 - step / _SHRINK_STEPS)
        weights, _ = fit_cash(part, shrink_futures(part, target_weights(part), factor=factor))
        found = round_orders(part, weights, free=np.ones(rows.size, dtype=bool))
        holds = settled_worst(part, found) <= 0
        destination.factor[rows[holds]] = factor[holds]
        destination.weights.put(rows[holds], weights.take(np.flatnonzero(holds)))
        rows = _accept(orders, rows, (found, holds))
    return rows
