"""The promise, checked between states of books: nothing held breaks, nothing worsens."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.margin import initial_margin
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import Facts, LimitRow, LimitTable, gather_facts, limit_residuals
from rebalancer.planner.residuals import CEILING_MARGIN
from rebalancer.planner.steps import Phase, State, Step, Venue, stack_exposure

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NEVER = 1e200
"""Stands for an infinite distance: only a book that nothing liquidates is that far."""

_FLOAT_ERROR = 1e-13
"""Share of NAV within which two equal sums may differ when they are added in another order."""


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """What every step must keep: the limits, or in `reduce_only` every number as it is."""

    venue: Venue
    table: LimitTable
    reduce_only: bool = False


def keeps_promise(
    promise: Promise, before: list[State], *, after: list[State], scale: Floats
) -> Bools:
    """Return which moves `before[i]` → `after[i]` keep every limit, (pair,).

    One state in `before` is the start of every move.
    """
    return np.asarray((excess(promise, before, after=after, scale=scale) <= 0).all(axis=1))


def excess(promise: Promise, before: list[State], *, after: list[State], scale: Floats) -> Floats:
    """Return by how much each row is beyond what the promise allows, (pair, row); ≤ 0 is kept.

    `scale` (pair or 1,) is the NAV before the plan. A row that held may go up to its ceiling less
    a margin; one that was broken, up to its number before the step. The last row is cash spent
    below zero.
    """
    venue, table = promise.venue, promise.table
    scale = np.broadcast_to(scale, len(after))
    start_scale = np.broadcast_to(scale[:1] if len(before) == 1 else scale, len(before))
    before_facts = gather_facts(stack_exposure(venue, before), venue.layout, scale=start_scale)
    after_facts = gather_facts(stack_exposure(venue, after), venue.layout, scale=scale)
    ceilings = _allowed(promise, before_facts)
    gone = np.isposinf(ceilings)
    finite = np.maximum(np.where(gone, 0.0, ceilings), -_NEVER)
    rows = limit_residuals(after_facts, table, ceilings=finite)
    rows = np.where(gone, -np.inf, rows - _FLOAT_ERROR)
    starts = before * len(after) if len(before) == 1 else before
    cash = np.array([_cash_missing(one, two) for one, two in zip(starts, after, strict=True)])
    return np.column_stack([rows, cash / scale])


def _allowed(promise: Promise, before: Facts) -> Floats:
    """Return the ceiling of each row for the step that starts here, (pair, row)."""
    table = promise.table
    floor = table.ceilings[None] - CEILING_MARGIN
    if promise.reduce_only:
        return _no_worse(table, limit_numbers(before, table), floor)
    residuals = limit_residuals(before, table, ceilings=floor)
    if (residuals <= 0).all():
        return np.broadcast_to(floor, residuals.shape)
    return np.maximum(limit_numbers(before, table), floor)


_NET_ROWS = {
    LimitRow.NET_HIGH,
    LimitRow.NET_LOW,
    LimitRow.STRESS_NET_HIGH,
    LimitRow.STRESS_NET_LOW,
}


def _no_worse(table: LimitTable, numbers: Floats, floor: Floats) -> Floats:
    """Return the numbers themselves as ceilings; exposure may move towards zero and no further."""
    allowed = numbers.copy()
    for index, row in enumerate(table.rows):
        number, ceiling = numbers[:, index], floor[:, index]
        if row in _NET_ROWS:
            allowed[:, index] = np.maximum(number, np.minimum(np.abs(number), ceiling))
        elif row is LimitRow.INITIAL_MARGIN:
            allowed[:, index] = np.maximum(number, ceiling)
    return allowed


def _cash_missing(before: State, after: State) -> float:
    """Return the cash below zero after a step that spends cash, else minus infinity."""
    if after.cash >= before.cash:
        return -np.inf
    return -after.cash


def may_withdraw(venue: Venue, state: State, *, step: Step) -> bool:
    """Return whether a wallet gives what a transfer out asks.

    It gives at most max(0, min(balance, equity) - initial margin).
    """
    if step.phase is not Phase.TRANSFER_OUT:
        return True
    return -step.count <= withdrawable_cents(venue, state, wallet=step.column)


def withdrawable_cents(venue: Venue, state: State, *, wallet: int) -> int:
    """Return the whole cents that a wallet gives out in this state."""
    layout = venue.layout
    locked = profit = 0.0
    for future, its_wallet in enumerate(layout.wallet_of):
        if its_wallet == wallet:
            notional = abs(state.size[future]) * venue.price[layout.spot_count + future]
            locked += float(initial_margin(np.array([notional]), layout.tiers[future])[0])
            profit += state.profit[future]
    equity = state.equity[wallet]
    given = max(0.0, min(equity, equity - profit) - locked)
    return int(given * (1 - CEILING_MARGIN) * 100)
