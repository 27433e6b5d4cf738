"""Books between two steps as arrays, and what parts of steps make of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.exposure import Exposure, Marks, expose
from rebalancer.planner.layout import Layout
from rebalancer.planner.lots import FEE_ERROR
from rebalancer.planner.steps import SNAP, State, Venue

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """Books between two steps, (state, column): profit and equity in the settle coin.

    `cash` is (state,). In a unified account `equity` is empty, and `spot` and `cash` are the pool.
    """

    spot: Floats
    size: Floats
    profit: Floats
    cash: Floats
    equity: Floats

    def take(self, rows: Rows) -> "States":
        """Return the states of these rows, copied."""
        return States(*(getattr(self, name)[rows] for name in States.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Parts of steps, (part,): signed whole lots of an instrument, or transfer steps of a wallet.

    `column` is the instrument's or the wallet's; `sent` marks transfers.
    """

    column: Rows
    count: Floats
    sent: Bools


def stack_states(venue: Venue, states: Sequence[State]) -> States:
    """Return states as one batch."""
    layout, rows = venue.layout, len(states)
    return States(
        spot=np.array([state.spot for state in states]).reshape(rows, layout.spot_count),
        size=np.array([state.size for state in states]).reshape(rows, layout.future_count),
        profit=np.array([state.profit for state in states]).reshape(rows, layout.future_count),
        cash=np.array([state.cash for state in states]),
        equity=np.array([state.equity for state in states]).reshape(rows, len(layout.wallets)),
    )


def expose_states(states: States, marks: Marks, *, layout: Layout) -> Exposure:
    """Return the exposures of states, (state, column), at their marks."""
    count = layout.spot_count
    values = (
        states.spot * marks.price[:, :count],
        states.size * marks.unit[:, count:],
        states.equity * marks.wallet,
    )
    profit = states.profit * marks.coin
    return expose(values, marks, layout=layout, cash=states.cash, profit=profit)


def take_parts(venue: Venue, states: States, *, parts: Parts) -> States:
    """Return each state after the part at its place, to the bit as `take_step` does one by one."""
    after = states.take(np.arange(len(states.cash)))
    is_spot = ~parts.sent & (parts.column < venue.layout.spot_count)
    _send(venue, after, np.flatnonzero(parts.sent), parts=parts)
    _trade_spot(venue, after, np.flatnonzero(is_spot), parts=parts)
    _trade_futures(venue, after, np.flatnonzero(~parts.sent & ~is_spot), parts=parts)
    return after


def _send(venue: Venue, states: States, rows: Rows, *, parts: Parts) -> None:
    """Send transfers, in place."""
    if not rows.size:
        return
    wallet = parts.column[rows]
    amount = parts.count[rows] * venue.layout.transfer_step[wallet]
    states.equity[rows, wallet] += amount
    _pay(states, rows, coin=np.array(venue.layout.wallet_coin)[wallet], amount=-amount)


def _pay(states: States, rows: Rows, *, coin: Rows, amount: Floats) -> None:
    """Add an amount to each state's spot column, or to its cash where that is -1, in place."""
    of_coin = coin >= 0
    states.spot[rows[of_coin], coin[of_coin]] += amount[of_coin]
    states.cash[rows[~of_coin]] += amount[~of_coin]


def _trade_spot(venue: Venue, states: States, rows: Rows, *, parts: Parts) -> None:
    """Fill spot orders, in place."""
    if not rows.size:
        return
    column, count = parts.column[rows], parts.count[rows]
    amount = count * venue.layout.lot[column]
    states.spot[rows, column] += amount
    states.cash[rows] -= amount * venue.marks.price[0, column]
    states.cash[rows] -= _fees(venue, column, count=count)


def _trade_futures(venue: Venue, states: States, rows: Rows, *, parts: Parts) -> None:
    """Fill futures orders, in place: a closing part realises its share of the profit."""
    if not rows.size:
        return
    layout, column, count = venue.layout, parts.column[rows], parts.count[rows]
    amount, future = count * layout.lot[column], column - layout.spot_count
    held, profit = states.size[rows, future], states.profit[rows, future]
    size = held + amount
    share = np.divide(-amount, held, out=np.zeros_like(held), where=held * amount < 0)
    flat = np.abs(size) <= SNAP * np.abs(held)
    realised = profit * np.where(flat, 1.0, np.minimum(share, 1.0))
    states.size[rows, future] = np.where(flat, 0.0, size)
    states.profit[rows, future] = profit - realised
    fee = _fees(venue, column, count=count)
    if not layout.unified:
        states.equity[rows, np.array(layout.wallet_of)[future]] -= fee
        return
    coin = np.array(layout.coin_of)[future]
    of_coin = coin >= 0
    states.spot[rows[of_coin], coin[of_coin]] += realised[of_coin] - fee[of_coin]
    states.cash[rows[~of_coin]] += realised[~of_coin]
    states.cash[rows[~of_coin]] -= fee[~of_coin]


def _fees(venue: Venue, column: Rows, *, count: Floats) -> Floats:
    """Return each order's fee in the coin that pays it, rounded up to the printed digits."""
    layout, marks = venue.layout, venue.marks
    notional = np.abs(count) * layout.lot[column] * marks.unit[0, column]
    inverse = np.array([*([-1] * layout.spot_count), *layout.coin_of])[column] >= 0
    notional = np.where(inverse, notional / marks.price[0, column], notional)
    units = notional * layout.fee[column] / layout.fee_step[column]
    nearest = np.rint(units)
    near = np.abs(units - nearest) <= FEE_ERROR * np.maximum(1.0, nearest)
    return np.asarray(np.where(near, nearest, np.ceil(units)) * layout.fee_step[column])
