"""What books send by the planner's quantities alone, without the order of the trades.

History needs what is traded, not in which order. A book whose plan is more than its quantities (a
limit that the whole plan leaves broken, a wallet that may not give what is asked, a debt) is left
out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.affording import amount_given
from rebalancer.evaluation.orders import Ordered, fill_order
from rebalancer.model.market import Floats
from rebalancer.model.observations import Booleans
from rebalancer.planner.case import Case
from rebalancer.planner.guards import guard_books
from rebalancer.planner.layout import Layout
from rebalancer.planner.lots import Orders, count_lots
from rebalancer.planner.plain_order import plays_plainly
from rebalancer.planner.quantities import Quantities, plan_quantities
from rebalancer.planner.shrinking import NOT_SHRUNK, shrunk_shares

Rows = NDArray[np.intp]
Amount = TypeVar("Amount", float, Floats)


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """Whole lots of accounts, (row, instrument), and transfers (row, wallet), in a run's columns.

    `rows` are the accounts; `closing` reduces futures positions, `opening` is the rest. `shrunk`
    (row, 4) is what is left of what they would have sent, as their plans say it.
    """

    rows: Rows
    closing: Floats
    opening: Floats
    transfers: Floats
    shrunk: Floats

    def take(self, chosen: Booleans | Rows) -> "Sent":
        """Return what the chosen accounts (row,) send."""
        return Sent(*(getattr(self, name)[chosen] for name in self.__slots__))

    def put(self, places: Rows, other: "Sent") -> None:
        """Write what others send over some places, in place."""
        for name in self.__slots__:
            getattr(self, name)[places] = getattr(other, name)

    def copy(self) -> "Sent":
        """Return a copy that may be written to."""
        return Sent(*(getattr(self, name).copy() for name in self.__slots__))


def send_nothing(rows: Rows, layout: Layout) -> Sent:
    """Return what accounts send that send nothing, in a run's columns."""
    nothing = np.zeros((len(rows), len(layout.instruments)))
    transfers = np.zeros((len(rows), len(layout.wallets)))
    return Sent(rows, nothing, nothing, transfers, np.tile(NOT_SHRUNK, (len(rows), 1)))


def send_orders(
    case: Case, layout: Layout, *, places: Sequence[int], with_refused: bool = True
) -> Sent:
    """Return what the books of a case send, in a run's `layout`; its `rows` are the case's.

    `places` gives the run's column of each of the case's. A book that is refused a plan sends
    nothing, or is missing where `with_refused` is false; one that must be planned whole is missing.
    """
    refused = guard_books(case)
    sound = np.array([row for row in range(len(case.nav)) if row not in refused], dtype=np.intp)
    quiet = send_nothing(np.array(sorted(refused) if with_refused else [], dtype=np.intp), layout)
    if not sound.size:
        return quiet
    known = case.take(sound) if refused else case
    planned = plan_quantities(known)
    sent = _in_run_columns(known, planned, layout, places=places)
    whole = planned.holds & _gives_what_is_asked(known, sent, places=places) & ~_owes(known)
    sent = replace(sent, rows=sound)
    if not whole.all():
        sent = sent.take(whole)
    return _joined(sent, quiet)


def sends_in_order(case: Case, sent: Sent, *, layout: Layout, places: Sequence[int]) -> Booleans:
    """Return whose plans are nothing but these orders, sent whole in the preferred order, (row,).

    `sent` has a row for each book of the case. No where in doubt: such a plan might stop part-way.
    """
    lots = (sent.closing + sent.opening)[:, list(places)]
    wallets = [layout.wallets.index(coin) for coin in case.layout.wallets]
    return plays_plainly(case, Orders(lots, sent.transfers[:, wallets]))


def _in_run_columns(
    case: Case, planned: Quantities, layout: Layout, *, places: Sequence[int]
) -> Sent:
    """Return orders in the run's columns, closes apart from openings; `rows` are the case's."""
    orders = planned.orders
    batch, count = len(orders.lots), case.layout.spot_count
    closing, opening = (np.zeros((batch, len(layout.instruments))) for _ in range(2))
    transfers = np.zeros((batch, len(layout.wallets)))
    for column, place in enumerate(places):
        lots = orders.lots[:, column]
        if column >= count:
            size = case.holdings.size[:, column - count]
            held = np.trunc(count_lots(size, float(case.layout.lot[column])))
            closes = np.where(held * lots < 0, np.minimum(np.abs(held), np.abs(lots)), 0.0)
            closing[:, place] = np.sign(lots) * closes
        opening[:, place] = lots - closing[:, place]
    for wallet, coin in enumerate(case.layout.wallets):
        step = float(case.layout.transfer_step[wallet])
        sent = np.asarray(amount_of_steps(np.rint(orders.transfers[:, wallet] / step), step))
        transfers[:, layout.wallets.index(coin)] = sent
    return Sent(np.arange(batch), closing, opening, transfers, shrunk_shares(planned))


def amount_of_steps(steps: Amount, step: float) -> Amount:
    """Return whole transfer steps in coin: the floats nearest to their exact decimals.

    A step under one is divided by as many as make one: 35 cents are 35 / 100, not 35 · 0.01.
    """
    return steps / round(1 / step) if step < 1 else steps * step


def _gives_what_is_asked(case: Case, sent: Sent, *, places: Sequence[int]) -> Booleans:
    """Return whose wallets give out all that is asked before any order and after all, (batch,).

    Elsewhere the order of the plan decides what becomes of the transfer, and which positions are
    closed and opened again for their profit.
    """
    layout = case.layout
    if not (sent.transfers < 0).any():
        return np.ones(len(sent.rows), dtype=bool)
    mark = np.broadcast_to(case.marks.price, (len(sent.rows), len(places)))
    accounts = Accounts(case.holdings, mark)
    gives = _gives(accounts, sent, layout)
    for future in range(layout.future_count):
        column = layout.spot_count + future
        lots, price = sent.closing + sent.opening, mark[:, column]
        order = Ordered(column, lots[:, places[column]], price, price)
        accounts = Accounts(fill_order(order, accounts, layout=layout).holdings, mark)
    return gives & _gives(accounts, sent, layout)


def _owes(case: Case) -> Booleans:
    """Return which books owe money or coins, (batch,): their order decides what can be paid."""
    held = case.holdings
    return np.asarray((held.cash < 0) | (held.spot < 0).any(axis=1))


def _gives(accounts: Accounts, sent: Sent, layout: Layout) -> Booleans:
    """Return whose wallets give out, as they stand, all that is asked of them."""
    gives = np.ones(accounts.batch, dtype=bool)
    for wallet in range(len(layout.wallets)):
        asked = np.minimum(sent.transfers[:, wallet], 0.0)
        given = amount_given(accounts, layout, wallet=wallet, asked=asked)
        gives &= np.abs(given - asked) < layout.transfer_step[wallet] / 2
    return gives


def _joined(sent: Sent, other: Sent) -> Sent:
    """Return what two groups of accounts send."""
    if not len(other.rows):
        return sent
    parts = ((getattr(sent, name), getattr(other, name)) for name in Sent.__slots__)
    return Sent(*(np.concatenate(pair) for pair in parts))
