"""The promise, checked between states of books: nothing held breaks, nothing worsens."""

from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.margin import initial_margin
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import (
    STRESSED_SUMS,
    Facts,
    LimitRow,
    LimitTable,
    gather_facts,
    limit_residuals,
)
from rebalancer.planner.residuals import CEILING_MARGIN, spare_the_idle
from rebalancer.planner.sequence import Task
from rebalancer.planner.states import States, expose_states, stack_states
from rebalancer.planner.steps import OUTWARD, State, Step, Venue

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

_NEVER = 1e200
"""Stands for an infinite distance: only a book that nothing liquidates is that far."""

_FLOAT_ERROR = 1e-13
"""Share of NAV within which two equal sums may differ when they are added in another order."""

CORRIDOR_MARGIN = 1e-13
"""Share of NAV within which a delta at the end of its corridor is inside it."""

LEGS, COINS, CASH = -3, -2, -1
"""The rows of `excess` after the limit table's, counted from the end."""


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """What every step must keep: the limits, or in `reduce_only` every number as it is."""

    venue: Venue
    table: LimitTable
    reduce_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """What the promise is measured against, by start of a move.

    `scale` (start,) is NAV before the plan; `low` and `high` (start, asset) are the corridor:
    legs alternate so that each asset's delta value stays between them. `ceilings` (start, row)
    are how far each limit may go: one that was broken, up to its number there.
    """

    scale: Floats
    low: Floats
    high: Floats
    ceilings: Floats

    def take(self, starts: Rows) -> "Bounds":
        """Return the bounds of these starts."""
        return Bounds(*(getattr(self, name)[starts] for name in Bounds.__slots__))


def join_bounds(bounds: Iterable[Bounds]) -> Bounds:
    """Return the bounds of several starts as one batch."""
    listed = list(bounds)
    return Bounds(
        *(np.concatenate([getattr(each, name) for each in listed]) for name in Bounds.__slots__)
    )


def bounds_of(promise: Promise, tasks: Many[Task], *, before: Many[State]) -> Bounds:
    """Return the bounds of moves from states, each a state of the task at its place."""
    scale = np.array([task.scale for task in tasks])
    exposure = expose_states(
        stack_states(promise.venue, before), promise.venue.marks, layout=promise.venue.layout
    )
    facts = gather_facts(exposure, promise.venue.layout, scale=scale)
    low, high = np.array([task.low for task in tasks]), np.array([task.high for task in tasks])
    own = promise.table.ceilings
    ceilings = np.array([task.ceilings or own for task in tasks]).reshape(len(tasks), -1)
    return Bounds(scale, low, high, _allowed(promise, facts, ceilings=ceilings))


def keeps_promise(
    promise: Promise, before: Many[State], *, after: Many[State], bounds: Bounds
) -> Bools:
    """Return which moves `before[i]` → `after[i]` keep every limit, (move,)."""
    start, end = stack_states(promise.venue, before), stack_states(promise.venue, after)
    rows = excess(promise, start, after=end, bounds=bounds)
    return np.asarray((rows <= 0).all(axis=1))


def excess(promise: Promise, before: States, *, after: States, bounds: Bounds) -> Floats:
    """Return by how much each row is beyond what the promise allows, (move, row); ≤ 0 is kept.

    Each move has a state before, bounds and a state after. A row of the limit table that held may
    go up to its ceiling less a margin; one that was broken, up to its number before the step. Three
    rows follow: `LEGS` beyond their corridor, `COINS` and `CASH` spent below zero.
    """
    venue, scale = promise.venue, bounds.scale
    facts = gather_facts(
        expose_states(after, venue.marks, layout=venue.layout), venue.layout, scale=scale
    )
    rows, slack = limits_beyond(promise.table, bounds.ceilings, after=facts)
    delta = facts.asset_delta
    beyond = np.maximum(delta - bounds.high, bounds.low - delta)
    prices = np.array(venue.price[: venue.layout.spot_count])
    coins = _missing(before.spot, after.spot) * prices
    cash = _missing(before.cash, after.cash)
    return np.column_stack(
        [
            rows - slack,
            beyond.max(axis=1, initial=-np.inf) / scale - CORRIDOR_MARGIN,
            coins.max(axis=1, initial=-np.inf) / scale - _FLOAT_ERROR,
            cash / scale,
        ]
    )


def _missing(before: Floats, after: Floats) -> Floats:
    """Return how far an amount that a step spends is below zero, minus infinity where it grows."""
    return np.where(after < before, -after, -np.inf)


def limits_beyond(table: LimitTable, ceilings: Floats, *, after: Facts) -> tuple[Floats, Floats]:
    """Return by how much each limit is beyond its ceiling after a step, and how much is nothing.

    Both are (pair, row), shares of NAV: a limit is kept where the first is at most the second.
    """
    gone = np.isposinf(ceilings)
    finite = np.maximum(np.where(gone, 0.0, ceilings), -_NEVER)
    rows = spare_the_idle(limit_residuals(after, table, ceilings=finite), after)
    return np.where(gone, -np.inf, rows), _slack(table, after)


def _slack(table: LimitTable, facts: Facts) -> Floats:
    """Return within how much of NAV a row is what it was, (pair, row): less for a small wallet."""
    users = np.where(facts.positions > 0, facts.positions, np.inf)
    held = users.min(axis=1, initial=np.inf) / facts.scale
    slack = np.full((len(held), len(table.rows)), _FLOAT_ERROR)
    for index, row in enumerate(table.rows):
        if row in _WALLET_ROWS:
            slack[:, index] *= np.minimum(held, 1.0)
    return slack


def _allowed(promise: Promise, before: Facts, *, ceilings: Floats) -> Floats:
    """Return the ceiling of each row for the step that starts here, (pair, row).

    A broken row may go up to its number. So may the stressed sums of a book outside any limit:
    where NAV can vanish under stress, one end of net exposure is infinite though only the other is
    broken.
    """
    table = promise.table
    floor = ceilings - CEILING_MARGIN
    if promise.reduce_only:
        return _no_worse(table, limit_numbers(before, table), floor)
    broken = ~(limit_residuals(before, table, ceilings=floor) <= 0)
    outside = np.flatnonzero(broken.any(axis=1))
    if not outside.size:
        return floor
    allowed, facts = floor.copy(), before.take(outside)
    measured = broken[outside] | [row in STRESSED_SUMS.values() for row in table.rows]
    for index in np.flatnonzero(measured.any(axis=0)).tolist():
        own = LimitTable(table.rows[index : index + 1], table.ceilings[index : index + 1])
        highest = np.maximum(limit_numbers(facts, own)[:, 0], floor[outside, index])
        allowed[outside, index] = np.where(measured[:, index], highest, floor[outside, index])
    return allowed


_WALLET_ROWS = {LimitRow.FUTURES_LEVERAGE, LimitRow.MARGIN_UTILIZATION}
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


def may_withdraw(venue: Venue, state: State, *, step: Step) -> bool:
    """Return whether a wallet gives what a transfer out asks.

    It gives at most max(0, min(balance, equity) - initial margin).
    """
    if step.phase not in OUTWARD:
        return True
    return -step.count <= withdrawable_steps(venue, state, wallet=step.column)


def withdrawable_steps(venue: Venue, state: State, *, wallet: int) -> int:
    """Return the whole transfer steps (cents, hundred-millionths) that a wallet gives out."""
    layout = venue.layout
    locked = profit = 0.0
    for future, its_wallet in enumerate(layout.wallet_of):
        if its_wallet == wallet:
            column = layout.spot_count + future
            notional = abs(state.size[future]) * venue.unit[column]
            if layout.is_inverse(future):
                notional /= venue.price[column]
            locked += float(initial_margin(np.array([notional]), layout.tiers[future])[0])
            profit += state.profit[future]
    equity = state.equity[wallet]
    given = max(0.0, min(equity, equity - profit) - locked)
    return int(given * (1 - CEILING_MARGIN) / venue.transfer_step[wallet])
