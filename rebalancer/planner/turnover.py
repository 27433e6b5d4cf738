"""The turnover limit: shrinks the whole move, but for what other limits ask for."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Rows, Weights, move_turnover
from rebalancer.planner.destination import Destination, choose_destination
from rebalancer.planner.exposure import column_sum
from rebalancer.planner.lots import Orders

Floats = NDArray[np.float64]

_FLOAT_ERROR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Allowance:
    """The books that the limit shrinks: where restoring limits leads, and the turnover allowed.

    `rows` (book,) are their places in the batch; `most` (book,) includes what restoring takes.
    """

    rows: Rows
    restored: Weights
    asked: Weights
    share: Floats
    most: Floats

    def at(self, share: Floats) -> Weights:
        """Return the weights `share` (book,) of the way from the restored book to the asked one."""
        return self.restored.toward(self.asked, share)


def shrink_turnover(case: Case, destination: Destination) -> tuple[Destination, Allowance | None]:
    """Return the destination shrunk to the turnover limit, and what was allowed.

    The move is shrunk towards the present book, or where that breaks a limit, towards the
    nearest book that keeps them all: trades that restore a limit are exempt.
    """
    if not np.isfinite(case.rules.turnover):
        return destination, None
    restored = choose_destination(case, settled=case.present)
    start, end = restored.weights, destination.weights
    asked = move_turnover(case, start, end=end)
    rows = np.flatnonzero((asked > case.rules.turnover) & restored.reached)
    if not rows.size:
        return destination, None
    part = case.take(rows)
    share = case.rules.turnover / asked[rows]
    exempt = move_turnover(part, part.present, end=start.take(rows))
    allowance = Allowance(
        rows, start.take(rows), end.take(rows), share, exempt + case.rules.turnover
    )
    weights, moved = end.copy(), destination.moved.copy()
    weights.put(rows, allowance.at(share))
    moved[rows] = share
    return replace(destination, weights=weights, moved=moved), allowance


def order_turnover(case: Case, orders: Orders) -> Floats:
    """Return half the notional of the orders, (batch,), as a share of NAV."""
    notional = np.abs(orders.lots) * case.layout.lot * case.marks.unit
    return column_sum(notional) / 2 / case.nav


def is_over(case: Case, orders: Orders, *, most: Floats) -> NDArray[np.bool_]:
    """Return which books trade more than allowed, beyond float error."""
    return np.asarray(order_turnover(case, orders) > most * (1 + _FLOAT_ERROR))
