"""The batch planner: from books and targets to whole lots that keep every limit."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Rows, Weights
from rebalancer.planner.destination import (
    Destination,
    choose_destination,
    fit_cash,
    floored_targets,
    shrink_futures,
)
from rebalancer.planner.lots import Orders, round_orders
from rebalancer.planner.realising import keep_reopening_fees
from rebalancer.planner.repair import take_lots_off
from rebalancer.planner.settlement import settled_worst
from rebalancer.planner.turnover import Allowance, is_over, shrink_turnover

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SHRINK_STEPS = 20
_CUTS = (1e-4, 1e-3, 1e-2, *(step / _SHRINK_STEPS for step in range(1, _SHRINK_STEPS + 1)))
"""What is taken off a move whose lots pass the turnover limit, until they do not."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantities:
    """What each book trades: whole lots and transfers, and the destination they round.

    `holds` (batch,) marks books whose orders keep every limit; `trimmed` those from which lots
    were taken off to keep one; `most_turnover` (batch,) is the turnover limit with what restoring
    limits takes besides.
    """

    destination: Destination
    orders: Orders
    holds: Bools
    trimmed: Bools
    most_turnover: Floats


def plan_quantities(case: Case) -> Quantities:
    """Return the orders of every book of the batch, limits checked again on whole lots."""
    destination, allowance = shrink_turnover(case, choose_destination(case))
    forced = (destination.share > 0) | (destination.factor < 1)
    orders = _rounded(case, destination.weights, free=forced)
    if allowance is not None:
        _within_turnover(case, destination, (orders, forced), allowance)
    trimmed = np.zeros(case.nav.shape[0], dtype=bool)
    holds = settled_worst(case, orders) <= 0
    rows = np.flatnonzero(~holds)
    if rows.size:
        broken = rows
        orders = Orders(orders.lots.copy("F"), orders.transfers.copy("F"))
        destination = replace(
            destination,
            weights=destination.weights.copy(),
            share=destination.share.copy(),
            factor=destination.factor.copy(),
            moved=destination.moved.copy(),
        )
        rounded = _without_min_trade(case, destination, (orders, rows))
        started = orders.lots.copy()
        rounded = rounded[destination.reached[rounded]]
        rows = _by_taking_lots_off(case, destination, (orders, rounded))
        trimmed[rounded] = (orders.lots[rounded] != started[rounded]).any(axis=1)
        trimmed[rows] = False
        rows = _by_another_share(case, destination, (orders, rows), allowance)
        rows = _by_going_on(case, destination, (orders, rows), allowance)
        _by_shrinking(case, destination, (orders, rows))
        mended = Orders(orders.lots[broken], orders.transfers[broken])
        holds[broken] = settled_worst(case.take(broken), mended) <= 0
    most = _most_turnover(case, destination, allowance)
    return Quantities(destination, orders, holds, trimmed, most)


def _most_turnover(case: Case, destination: Destination, allowance: Allowance | None) -> Floats:
    """Return the turnover limit of each book, infinite where restoring limits takes more."""
    most = np.full(case.nav.shape[0], case.rules.turnover)
    if allowance is not None:
        went_on = destination.moved[allowance.rows] > allowance.share
        most[allowance.rows] = np.where(went_on, np.inf, allowance.most)
    return most


def _rounded(case: Case, weights: Weights, *, free: Bools) -> Orders:
    """Return the orders in whole lots; what is closed and opened again pays its own fees."""
    return keep_reopening_fees(case, round_orders(case, weights, free=free))


def _within_turnover(
    case: Case, destination: Destination, rounded: tuple[Orders, Bools], allowance: Allowance
) -> None:
    """Shrink moves further whose rounding passes the turnover limit, in place."""
    orders, free = rounded
    rows = allowance.rows
    part = case.take(rows)
    for cut in _CUTS:
        found = Orders(orders.lots[rows], orders.transfers[rows])
        over = np.flatnonzero(is_over(part, found, most=allowance.most))
        if not over.size:
            break
        chosen, share = rows[over], allowance.share * (1 - cut)
        weights = allowance.at(share).take(over)
        again = _rounded(case.take(chosen), weights, free=free[chosen])
        orders.lots[chosen], orders.transfers[chosen] = again.lots, again.transfers
        destination.moved[chosen] = share[over]
        destination.weights.put(chosen, weights)


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
    found = _rounded(part, destination.weights.take(rows), free=np.ones(rows.size, dtype=bool))
    return _accept(orders, rows, (found, settled_worst(part, found) <= 0))


def _by_taking_lots_off(case: Case, destination: Destination, state: tuple[Orders, Rows]) -> Rows:
    """Take lots off until the limits hold that rounding broke."""
    orders, rows = state
    if not rows.size:
        return rows
    part = case.take(rows)
    weights = destination.weights.take(rows)
    rounded = _rounded(part, weights, free=np.ones(rows.size, dtype=bool))
    found = take_lots_off(part, rounded)
    return _accept(orders, rows, (found, settled_worst(part, found) <= 0))


def _by_another_share(
    case: Case,
    destination: Destination,
    state: tuple[Orders, Rows],
    allowance: Allowance | None,
) -> Rows:
    """Move less or more of a way that the turnover limit shrank, until the lots hold."""
    orders, rows = state
    if allowance is None:
        return rows
    for step in range(1, _SHRINK_STEPS + 1):
        places = np.flatnonzero(np.isin(allowance.rows, rows))
        if not places.size:
            break
        chosen, share = allowance.rows[places], allowance.further(step / _SHRINK_STEPS)
        part, weights = case.take(chosen), allowance.at(share).take(places)
        found = _rounded(part, weights, free=np.ones(chosen.size, dtype=bool))
        holds = settled_worst(part, found) <= 0
        destination.moved[chosen[holds]] = share[places][holds]
        destination.weights.put(chosen[holds], weights.take(np.flatnonzero(holds)))
        _accept(orders, chosen, (found, holds))
        rows = np.setdiff1d(rows, chosen[holds])
    return rows


def _by_going_on(
    case: Case,
    destination: Destination,
    state: tuple[Orders, Rows],
    allowance: Allowance | None,
) -> Rows:
    """Go further on the way to the targets, until the lots reach a limit that rounding missed.

    What is bought up to the least exposure that a limit asks for is rounded down, to under it.
    """
    orders, rows = state
    capped = np.zeros(0, dtype=np.intp) if allowance is None else allowance.rows
    left = np.setdiff1d(rows, capped)
    start = destination.weights.copy()
    for step in _CUTS:
        if not left.size:
            break
        part, share = case.take(left), np.full(left.size, step)
        further = start.take(left).toward(floored_targets(part), share)
        weights, _ = fit_cash(part, further)
        found = _rounded(part, weights, free=np.ones(left.size, dtype=bool))
        holds = settled_worst(part, found) <= 0
        done = left[holds]
        destination.share[done] += (1 - destination.share[done]) * step
        destination.weights.put(done, weights.take(np.flatnonzero(holds)))
        left = _accept(orders, left, (found, holds))
    return np.union1d(left, np.intersect1d(rows, capped))


def _by_shrinking(case: Case, destination: Destination, state: tuple[Orders, Rows]) -> None:
    """Shrink futures and basis spot legs, largest factor first, until the lots hold."""
    orders, rows = state
    start, began = destination.weights.copy(), destination.factor.copy()
    for step in range(1, _SHRINK_STEPS + 1):
        if not rows.size:
            break
        part = case.take(rows)
        factor = np.full(rows.size, 1 - step / _SHRINK_STEPS)
        weights, _ = fit_cash(part, shrink_futures(part, start.take(rows), factor=factor))
        found = _rounded(part, weights, free=np.ones(rows.size, dtype=bool))
        holds = settled_worst(part, found) <= 0
        destination.factor[rows[holds]] = began[rows[holds]] * factor[holds]
        destination.weights.put(rows[holds], weights.take(np.flatnonzero(holds)))
        rows = _accept(orders, rows, (found, holds))
