"""The turnover limit: shrinks the whole move, but for what other limits ask for."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Rows, Weights, move_turnover
from rebalancer.planner.destination import Destination, floored
from rebalancer.planner.exposure import column_sum
from rebalancer.planner.lots import Orders
from rebalancer.planner.residuals import residuals, worst
from rebalancer.planner.search import Violation, first_holding

Floats = NDArray[np.float64]

_FLOAT_ERROR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Allowance:
    """The books that the limit shrinks, `rows` (book,) of the batch: what share of which move.

    `case` is of these books, `asked` (book, …) where they would go without the limit, `restoring`
    (book,) the share at which the other limits first hold, `most` (book,) the turnover allowed,
    infinite where restoring them takes more.
    """

    rows: Rows
    case: Case
    asked: Weights
    share: Floats
    restoring: Floats
    most: Floats

    def at(self, share: Floats) -> Weights:
        """Return the weights `share` (book,) of the way from the present book to the asked one.

        A wallet gives out less there than at the end of the way, where fewer positions lock it.
        """
        return floored(self.case, self.case.present.toward(self.asked, share))

    def further(self, part: float) -> Floats:
        """Return shares to try where whole lots break a limit, `part` of what there is to try.

        Back towards a present book that holds the other limits, else on to the asked one.
        """
        towards = np.where(self.restoring > 0, 1.0, 0.0)
        return np.asarray(self.share + (towards - self.share) * part)


def shrink_turnover(case: Case, destination: Destination) -> tuple[Destination, Allowance | None]:
    """Return the destination shrunk to the turnover limit, and what was allowed.

    The move is shrunk towards the present book, no further than where the other limits hold:
    what restores them is exempt.
    """
    limit = case.rules.turnover
    if not np.isfinite(limit):
        return destination, None
    asked = move_turnover(case, case.present, end=destination.weights)
    rows = np.flatnonzero((asked > limit) & destination.reached)
    if not rows.size:
        return destination, None
    part, end = case.take(rows), destination.weights.take(rows)
    restoring = _restoring_share(part, end)
    share = np.maximum(limit / asked[rows], restoring)
    most = np.where(restoring * asked[rows] > limit, np.inf, limit)
    allowance = Allowance(rows, part, end, share, restoring, most)
    weights, moved = destination.weights.copy(), destination.moved.copy()
    weights.put(rows, allowance.at(share))
    moved[rows] = share
    return replace(destination, weights=weights, moved=moved), allowance


def _restoring_share(case: Case, end: Weights) -> Floats:
    """Return the share of the way at which every limit first holds, 0 where it does at once."""
    rows = residuals(case, case.present)
    holds = (rows[:, :-1] <= 0).all(axis=1)

    def lines(some: Rows) -> Violation:
        its_case, its_end = case.take(some), end.take(some)
        return lambda share: worst(residuals(its_case, its_case.present.toward(its_end, share)))

    share = np.nan_to_num(first_holding(lines, case.nav.shape[0]), nan=1.0)
    return np.where(holds, 0.0, share)


def order_turnover(case: Case, orders: Orders) -> Floats:
    """Return half the notional of the orders, (batch,), as a share of NAV."""
    notional = np.abs(orders.lots) * case.layout.lot * case.marks.unit
    return column_sum(notional) / 2 / case.nav


def is_over(case: Case, orders: Orders, *, most: Floats) -> NDArray[np.bool_]:
    """Return which books trade more than allowed, beyond float error."""
    return np.asarray(order_turnover(case, orders) > most * (1 + _FLOAT_ERROR))
