"""Carries out what plans have sent: orders at their bar's open, transfers in between.

Orders of one time are carried out in the planner's phases: futures are reduced, spot is sold, money
moves, spot is bought, futures are opened. A transfer waits until the orders of earlier phases are
filled; an order waits for its own bar alone. What is not there when its turn comes is cut.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.accounts import Accounts, move_marks, receive
from rebalancer.evaluation.affording import affordable_lots, amount_given
from rebalancer.evaluation.earned import Earned
from rebalancer.evaluation.orders import Ordered, fill_order
from rebalancer.evaluation.tickets import Tickets
from rebalancer.model.market import Floats, Times
from rebalancer.model.observations import Booleans
from rebalancer.planner.layout import Layout
from rebalancer.planner.steps import Phase

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class FillRows:
    """Fills of one instrument, arrays (row,) of the accounts in `rows`, which never fall."""

    at_us: Times
    column: int
    is_closing: bool
    rows: Rows
    decided_us: Times
    row_us: Times
    lots: Floats
    quoted: Floats
    price: Floats
    notional: Floats
    fee: Floats
    slippage: Floats

    def take(self, places: slice) -> "FillRows":
        """Return some of the fills."""
        names = [name for name in self.__slots__ if name not in {"column", "is_closing"}]
        return replace(self, **{name: getattr(self, name)[places] for name in names})


@dataclass(frozen=True, slots=True)
class Shortfall:
    """An order (lots of a column) or a transfer (of a wallet's coin) that was cut."""

    row: int
    at_us: int
    decided_us: int
    column: int
    is_transfer: bool
    planned: float
    filled: float
    reason: str


@dataclass(slots=True, eq=False)
class Desk:
    """Accounts with their tickets, and a record of what was carried out.

    `parts` are those of the attribution so far, by `PARTS`; `slippage` (batch,) is a fraction.
    `note_fills` is told of all fills.
    """

    layout: Layout
    accounts: Accounts
    tickets: Tickets
    slippage: Floats
    parts: Earned
    note_fills: Callable[[FillRows], None]
    cuts: list[Shortfall] = field(default_factory=list)

    def due(self, at_us: int) -> Booleans:
        """Return which orders are due at a time, (batch, instrument)."""
        return np.asarray(self.tickets.pending & (self.tickets.due_us <= at_us))

    def move(self, mark: Floats) -> None:
        """Move the accounts to new marks."""
        self.accounts, gained = move_marks(self.accounts, mark, layout=self.layout)
        self.parts.since[:, :2] += gained

    def carry_out(self, at_us: int) -> None:
        """Carry out every order that is due, and every transfer that waits for none."""
        tickets = self.tickets
        pending, sends = tickets.pending, bool(tickets.transfers.any())
        due = self.due(at_us)
        fills = bool(due.any())
        if not (fills or sends):
            return
        if fills:
            self.move(np.where(due, tickets.quoted, self.accounts.mark))
        waiting = pending & ~due
        for phase in Phase:
            if phase not in _MOVES and fills:
                self._trade(phase, due=due, at_us=at_us)
            elif phase in _MOVES and sends:
                self._transfer(phase, waiting=waiting, at_us=at_us)
        if fills:
            self._turn_around(due, at_us=at_us)
            self.tickets = self.tickets.without(due)

    def _turn_around(self, due: Booleans, *, at_us: int) -> None:
        """Close and open again what is due as round trips, as often as positions are smaller."""
        left = np.where(due, self.tickets.round_trips, 0.0)
        while left.any():
            count, before = self.layout.spot_count, left
            size = self.accounts.holdings.size / self.layout.lot[count:]
            most = np.minimum(left[:, count:], np.rint(np.abs(size)))
            for column in (np.flatnonzero(most.any(axis=0)) + count).tolist():
                lots = np.sign(size[:, column - count]) * most[:, column - count]
                self._fill(Phase.REDUCE_FUTURES, column, lots=-lots, at_us=at_us)
                self._fill(Phase.OPEN_FUTURES, column, lots=lots, at_us=at_us)
            left = np.concatenate([left[:, :count], left[:, count:] - most], axis=1)
            if np.array_equal(left, before):
                break
        for column in np.flatnonzero(left.any(axis=0)).tolist():
            nothing = np.zeros_like(left[:, column])
            reason = _REASONS[Phase.REDUCE_FUTURES]
            self._note_cut(left[:, column], nothing, at=(at_us, column, False), reason=reason)

    def _trade(self, phase: Phase, *, due: Booleans, at_us: int) -> None:
        """Fill the due orders of one phase, column by column."""
        count = self.layout.spot_count
        closing = phase is Phase.REDUCE_FUTURES
        asked = self.tickets.closing if closing else self.tickets.opening
        if not asked.any():
            return
        lots = np.where(due, asked, 0.0)
        if phase is Phase.SELL_SPOT:
            lots = np.minimum(lots, 0.0)
        elif phase is Phase.BUY_SPOT:
            lots = np.maximum(lots, 0.0)
        is_spot = phase in {Phase.SELL_SPOT, Phase.BUY_SPOT}
        for column in range(count) if is_spot else range(count, len(self.layout.instruments)):
            if lots[:, column].any():
                self._fill(phase, column, lots=lots[:, column], at_us=at_us)

    def _fill(self, phase: Phase, column: int, *, lots: Floats, at_us: int) -> None:
        """Fill the orders (batch,) of one column, cut to what each account can carry."""
        layout, tickets = self.layout, self.tickets
        order = Ordered(column, lots, tickets.quoted[:, column], self._paid(column, lots))
        sent = affordable_lots(phase, order, accounts=self.accounts, layout=layout)
        self._note_cut(lots, sent, at=(at_us, column, False), reason=_REASONS[phase])
        if not sent.any():
            return
        made = fill_order(replace(order, lots=sent), self.accounts, layout=layout)
        self.accounts = replace(self.accounts, holdings=made.holdings)
        self.parts.since[:, 3] += made.fee
        self.parts.since[:, 4] += made.slippage
        rows = np.flatnonzero(sent)
        self.note_fills(
            FillRows(
                at_us=np.full(len(rows), at_us),
                column=column,
                is_closing=phase is Phase.REDUCE_FUTURES,
                rows=rows,
                decided_us=tickets.decided_us[rows],
                row_us=tickets.row_us[rows, column],
                lots=sent[rows],
                quoted=order.quoted[rows],
                price=order.price[rows],
                notional=made.notional[rows],
                fee=made.fee[rows],
                slippage=made.slippage[rows],
            )
        )

    def _paid(self, column: int, lots: Floats) -> Floats:
        """Return the price paid, (batch,): the quoted one moved against the order."""
        paid: Floats = self.tickets.quoted[:, column] * (1 + np.sign(lots) * self.slippage)
        return paid

    def _transfer(self, phase: Phase, *, waiting: Booleans, at_us: int) -> None:
        """Carry out the transfers of one phase where every order of earlier phases is filled."""
        layout, amounts = self.layout, self.tickets.transfers
        blocked = _waits_before(phase, waiting, tickets=self.tickets, layout=layout)
        for wallet, column in enumerate(layout.wallet_coin):
            is_coin = phase in {Phase.COINS_OUT, Phase.COINS_IN}
            if is_coin != (column >= 0):
                continue
            inward = phase in {Phase.COINS_IN, Phase.TRANSFER_IN}
            asked = np.where(blocked, 0.0, amounts[:, wallet])
            asked = np.maximum(asked, 0.0) if inward else np.minimum(asked, 0.0)
            if asked.any():
                self._send(wallet, asked, at_us=at_us)

    def _send(self, wallet: int, asked: Floats, *, at_us: int) -> None:
        """Send `asked` (batch,) into a wallet, or out of it, cut to what is there."""
        layout, column = self.layout, self.layout.wallet_coin[wallet]
        given = amount_given(self.accounts, layout, wallet=wallet, asked=asked)
        self._note_cut(asked, given, at=(at_us, wallet, True), reason="less was free to send")
        held = receive(self.accounts.holdings, column=column, amount=-given)
        wallets = held.wallet.copy()
        wallets[:, wallet] += given
        self.accounts = replace(self.accounts, holdings=replace(held, wallet=wallets))
        amounts = self.tickets.transfers.copy()
        amounts[:, wallet] = np.where(asked != 0, 0.0, amounts[:, wallet])
        self.tickets = replace(self.tickets, transfers=amounts)

    def _note_cut(
        self, planned: Floats, filled: Floats, *, at: tuple[int, int, bool], reason: str
    ) -> None:
        """Note where less was carried out; `at` is the time, the column, and if it is a wallet."""
        at_us, column, is_transfer = at
        for row in np.flatnonzero(np.abs(filled) < np.abs(planned)).tolist():
            self.cuts.append(
                Shortfall(
                    row=row,
                    at_us=at_us,
                    decided_us=int(self.tickets.decided_us[row]),
                    column=column,
                    is_transfer=is_transfer,
                    planned=float(planned[row]),
                    filled=float(filled[row]),
                    reason=reason,
                )
            )

    def cancel(self, rows: Booleans, *, at_us: int, reason: str) -> None:
        """Cancel all that these accounts (batch,) still wait for, and note it."""
        if not (self.tickets.pending.any() or self.tickets.transfers.any()):
            return
        for column in range(len(self.layout.instruments)):
            self._drop_order(column, rows, at_us=at_us, reason=reason)
        amounts = self.tickets.transfers
        for wallet in range(len(self.layout.wallets)):
            planned = np.where(rows, amounts[:, wallet], 0.0)
            nothing = np.zeros_like(planned)
            self._note_cut(planned, nothing, at=(at_us, wallet, True), reason=reason)
        self.tickets = replace(self.tickets, transfers=np.where(rows[:, None], 0.0, amounts))

    def drop(self, column: int, *, at_us: int, reason: str) -> None:
        """Cancel every order that waits in one instrument, and note it."""
        everyone = np.ones(self.accounts.batch, dtype=bool)
        self._drop_order(column, everyone, at_us=at_us, reason=reason)

    def _drop_order(self, column: int, rows: Booleans, *, at_us: int, reason: str) -> None:
        tickets = self.tickets
        for lots in (tickets.closing, tickets.opening, tickets.round_trips):
            planned = np.where(rows, lots[:, column], 0.0)
            nothing = np.zeros_like(planned)
            self._note_cut(planned, nothing, at=(at_us, column, False), reason=reason)
        dropped = np.zeros(tickets.closing.shape, dtype=bool)
        dropped[:, column] = rows
        self.tickets = tickets.without(dropped)


_MOVES = {Phase.COINS_OUT, Phase.TRANSFER_OUT, Phase.TRANSFER_IN, Phase.COINS_IN}
_REASONS = {
    Phase.REDUCE_FUTURES: "less of the position was left",
    Phase.SELL_SPOT: "fewer coins were there",
    Phase.BUY_SPOT: "cash did not pay for more at the price of the fill",
    Phase.OPEN_FUTURES: "equity did not cover more initial margin at the price of the fill",
}


def _waits_before(phase: Phase, waiting: Booleans, *, tickets: Tickets, layout: Layout) -> Booleans:
    """Return which accounts (batch,) still wait for orders of earlier phases."""
    count = layout.spot_count
    blocked = (waiting & (tickets.closing != 0)).any(axis=1)
    if phase is Phase.COINS_OUT:
        return np.asarray(blocked)
    spot = np.where(waiting[:, :count], tickets.opening[:, :count], 0.0)
    blocked |= (spot < 0).any(axis=1)
    if phase is Phase.COINS_IN:
        blocked |= (spot > 0).any(axis=1)
    return np.asarray(blocked)
