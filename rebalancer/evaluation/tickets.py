"""What plans have sent and is not done yet: orders waiting for their bar, transfers for orders."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.openings import Openings
from rebalancer.model.decimals import ZERO
from rebalancer.model.market import Floats, Times
from rebalancer.model.observations import Booleans
from rebalancer.model.plan import Order, Plan, Side, Transfer
from rebalancer.planner.layout import Layout

NEVER_US = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Tickets:
    """The undone part of each account's latest plan, whole lots (batch, instrument), signed.

    `closing` reduces futures positions, `opening` is everything else; `round_trips`, above 0, are
    lots of futures closed and opened again besides. `transfers` (batch, wallet) is in coins of the
    wallet, above 0 into it. `due_us`, `row_us` and `quoted` (batch, instrument) say when each order
    fills, the stamp of the row that tells its price, and that price: the open of its bar, also of
    an instrument without an order. `decided_us` is (batch,).
    """

    closing: Floats
    opening: Floats
    round_trips: Floats
    transfers: Floats
    due_us: Times
    row_us: Times
    quoted: Floats
    decided_us: Times

    @property
    def pending(self) -> Booleans:
        """Which orders wait, (batch, instrument)."""
        return np.asarray((self.closing != 0) | (self.opening != 0))

    @property
    def next_us(self) -> int:
        """Return when the next order fills, `NEVER_US` where none waits or none ever fills."""
        return int(np.where(self.pending, self.due_us, NEVER_US).min(initial=NEVER_US))

    def put(self, others: Iterable[tuple[NDArray[np.intp], "Tickets"]]) -> "Tickets":
        """Return the tickets with those of some accounts, (row,), replaced by others'."""
        parts = {name: np.array(getattr(self, name)) for name in self.__slots__}
        for rows, other in others:
            for name, part in parts.items():
                part[rows] = getattr(other, name)
        return Tickets(**parts)

    def take(self, rows: NDArray[np.intp] | slice) -> "Tickets":
        """Return the tickets of some accounts, (row,)."""
        return Tickets(*(getattr(self, name)[rows] for name in self.__slots__))

    def without(self, orders: Booleans) -> "Tickets":
        """Return the tickets without these orders (batch, instrument)."""
        return replace(
            self,
            closing=np.where(orders, 0.0, self.closing),
            opening=np.where(orders, 0.0, self.opening),
            round_trips=np.where(orders, 0.0, self.round_trips),
        )


def no_tickets(layout: Layout, batch: int) -> Tickets:
    """Return the tickets of accounts that have sent nothing."""
    orders = (batch, len(layout.instruments))
    return Tickets(
        closing=np.zeros(orders),
        opening=np.zeros(orders),
        round_trips=np.zeros(orders),
        transfers=np.zeros((batch, len(layout.wallets))),
        due_us=np.full(orders, NEVER_US),
        row_us=np.full(orders, NEVER_US),
        quoted=np.ones(orders),
        decided_us=np.zeros(batch, dtype=np.int64),
    )


def plan_tickets(plan: Plan, layout: Layout, *, openings: Openings, fill: FillRule) -> Tickets:
    """Return what a plan sends, as a batch of one: its parts of one instrument fill as one order.

    A close and an opening of the same contract stay two orders, for the profit between them. What a
    plan closes in clips besides all that is held, it opens in between: those are round trips.
    """
    tickets = no_tickets(layout, 1)
    tickets.decided_us[0] = plan.as_of_us
    for trade in plan.trades:
        if isinstance(trade, Transfer):
            sign = 1 if trade.target == "futures" else -1
            tickets.transfers[0, layout.wallets.index(trade.coin)] += sign * float(trade.amount)
        else:
            column = layout.symbols.index(trade.symbol)
            lots = _lots(trade, layout, column)
            (tickets.closing if trade.reduce_only else tickets.opening)[0, column] += lots
    _set_round_trips(tickets, plan, layout)
    _set_due(tickets, layout, openings=openings, fill=fill)
    for column, symbol in enumerate(layout.symbols):
        if fill is FillRule.SAME_CLOSE and tickets.pending[0, column]:
            tickets.quoted[0, column] = float(dict(plan.prices)[symbol])
    return tickets


def _set_round_trips(tickets: Tickets, plan: Plan, layout: Layout) -> None:
    """Turn closes of more than what is held into round trips, in place."""
    after = {symbol: contracts for symbol, contracts, _ in plan.book_after.positions}
    for column in np.flatnonzero(tickets.closing[0]).tolist():
        instrument, closing = layout.instruments[column], float(tickets.closing[0, column])
        left = round(after.get(instrument.symbol, ZERO) / instrument.amount_step)
        held = left - closing - float(tickets.opening[0, column])
        more = max(abs(closing) - abs(held), 0.0)
        tickets.closing[0, column] -= math.copysign(more, closing)
        tickets.opening[0, column] += math.copysign(more, closing)
        tickets.round_trips[0, column] = more


def _lots(order: Order, layout: Layout, column: int) -> int:
    lots = round(order.amount / layout.instruments[column].amount_step)
    return lots if order.side is Side.BUY else -lots


def _set_due(tickets: Tickets, layout: Layout, *, openings: Openings, fill: FillRule) -> None:
    """Write when the orders of a batch of one fill, and at which open, in place."""
    decided_us = int(tickets.decided_us[0])
    for column, symbol in enumerate(layout.symbols):
        if fill is FillRule.SAME_CLOSE:
            if tickets.pending[0, column]:
                tickets.due_us[0, column] = tickets.row_us[0, column] = decided_us
            continue
        at_us, row_us, price = openings.next_openings(symbol, tickets.decided_us)
        if not np.isnan(price[0]):
            tickets.due_us[0, column] = at_us[0]
            tickets.row_us[0, column] = row_us[0]
            tickets.quoted[0, column] = price[0]
