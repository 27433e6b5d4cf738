"""Guesses of an account's books at decisions to come, to plan for before they are reached.

A guess follows what was planned for an earlier guess: where that traded a column, the column ends
where it then ended; where it did not, it stays as it is. Nothing that a guess leaves out (orders
cut short, liquidations) does harm: a plan counts only for the very book it was made for. Money is
added up in the order of `filling`, so that a guess which leaves nothing out is right to the bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.accounts import NO_LOT
from rebalancer.evaluation.sent import amount_of_steps
from rebalancer.model.contracts import profit
from rebalancer.model.market import Floats
from rebalancer.model.observations import Booleans
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout
from rebalancer.planner.steps import PHASES, Phase

_SNAP = 1e-9
Places = NDArray[np.intp]
Orders = Sequence[tuple[int, int]]
"""Columns with their signed whole lots."""

Moves = Sequence[tuple[int, float]]
"""Wallets with what is sent into them."""
_FIELDS = ("spot", "size", "entry", "cash", "wallet")


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """What decisions to come trade at, (decision, …).

    `mark` (decision, instrument) is what they decide on and `quoted` what their orders fill at,
    NaN where they never do. `funding` lists for each future what a position of size 1 receives,
    payment by payment; `payments` (decision, future, 3) are the places in that list of a decision,
    of its fills and of the next decision. An order worth less than `min_trade` is not sent.
    """

    layout: Layout
    mark: Floats
    quoted: Floats
    funding: Sequence[Sequence[float]]
    payments: Places
    slippage: float
    min_trade: float = 0.0

    def take(self, decisions: slice) -> "Prospect":
        """Return what some of the decisions trade at."""
        return Prospect(
            self.layout,
            self.mark[decisions],
            self.quoted[decisions],
            self.funding,
            self.payments[decisions],
            self.slippage,
            self.min_trade,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Aims:
    """Where decisions take each column, (decision, column): NaN where it stays as it is.

    With the NAV of `nav` (decision,) it ends at `held` coins or contracts and `wallet` coins; with
    another, by `share` (`wallet_share`) for each of NAV more. `spare` is what rounding to whole
    lots left over. A decision that was never planned for aims at its targets, from a NAV of zero.
    """

    nav: Floats
    held: Floats
    spare: Floats
    share: Floats
    wallet: Floats
    wallet_share: Floats

    def take(self, decisions: slice) -> "Aims":
        """Return what some of the decisions aim at."""
        return Aims(*(getattr(self, name)[decisions] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """The books of decisions, and the lots (decision, instrument) and transfers they then send."""

    books: Holdings
    lots: Floats
    sends: Floats

    def put(self, first: int, other: "Guess") -> None:
        """Write another guess over the decisions from one on, in place."""
        self.lots[first:], self.sends[first:] = other.lots, other.sends
        for name in Holdings.__slots__:
            getattr(self.books, name)[first:] = getattr(other.books, name)

    def until(self, length: int) -> "Guess":
        """Return the guess for the first decisions."""
        return Guess(self.books.take(slice(length)), self.lots[:length], self.sends[:length])


def guess_books(start: Holdings, aims: Aims, *, prospect: Prospect) -> Guess:
    """Return a guess of decisions to come, from the book of the first, a batch of one."""
    account = _Account(start, prospect)
    rows: list[tuple[float, ...]] = []
    lots, sends = np.zeros(prospect.mark.shape), np.zeros(aims.wallet.shape)
    navs, trades, sent = aims.nav.tolist(), _trades(aims, prospect), _moves(aims)
    for decision, nav in enumerate(navs):
        rows.append(account.row)
        more = account.nav(decision) - nav
        orders = account.orders(decision, trades[decision], more=more)
        moves = account.moves(sent[decision], more=more)
        account.carry_out(decision, orders, moves)
        for column, each in orders:
            lots[decision, column] = each
        for place, amount in moves:
            sends[decision, place] = amount
    table = np.array(rows)
    widths = np.cumsum([getattr(start, name).reshape(1, -1).shape[1] for name in _FIELDS])
    parts = dict(zip(_FIELDS, np.split(table, widths[:-1], axis=1), strict=True))
    return Guess(Holdings(**{**parts, "cash": parts["cash"][:, 0]}), lots, sends)


def _trades(aims: Aims, prospect: Prospect) -> list[list[tuple[int, float, float, float]]]:
    """Return what each decision trades: columns with where they end, spare and share."""
    trades = ~(np.isnan(aims.held) | np.isnan(prospect.quoted))
    return _listed(trades, aims.held, aims.spare, aims.share)


def _moves(aims: Aims) -> list[list[tuple[int, float, float]]]:
    """Return into which wallets each decision sends: wallets with where they end, and share."""
    return _listed(~np.isnan(aims.wallet), aims.wallet, aims.wallet_share)


def _listed(chosen: Booleans, *values: Floats) -> list[list[tuple[Any, ...]]]:
    """Return by row the chosen columns with their values."""
    columns = np.nonzero(chosen)[1].tolist()
    listed = list(zip(columns, *(each[chosen].tolist() for each in values), strict=True))
    ends = np.cumsum(chosen.sum(axis=1)).tolist()
    return [listed[start:end] for start, end in zip([0, *ends], ends, strict=False)]


class _Account:
    """One account in plain numbers: a batch of one is faster without arrays."""

    def __init__(self, start: Holdings, prospect: Prospect) -> None:
        layout = prospect.layout
        self._layout, self._prospect, self._count = layout, prospect, layout.spot_count
        self._lot: list[float] = layout.lot.tolist()
        self._fee: list[float] = layout.fee.tolist()
        self._step: list[float] = layout.transfer_step.tolist()
        self._mark, self._quoted = prospect.mark.tolist(), prospect.quoted.tolist()
        self._payments = prospect.payments.tolist()
        self._slippage = prospect.slippage
        self._least_amount: list[float] = layout.min_amount.tolist()
        self._least_value: list[float] = np.maximum(layout.min_cost, prospect.min_trade).tolist()
        self.held: list[float] = [*start.spot[0].tolist(), *start.size[0].tolist()]
        self.entry: list[float] = start.entry[0].tolist()
        self.cash = float(start.cash[0])
        self.wallet: list[float] = start.wallet[0].tolist()

    @property
    def row(self) -> tuple[float, ...]:
        """Return the book's numbers in one row, by `_FIELDS`."""
        return (*self.held, *self.entry, self.cash, *self.wallet)

    def nav(self, decision: int) -> float:
        """Return what the account is worth at a decision."""
        mark, layout = self._mark[decision], self._layout
        worth = self.cash
        for column in range(self._count):
            worth += self.held[column] * mark[column]
        for wallet, column in enumerate(layout.wallet_coin):
            worth += self.wallet[wallet] * (mark[column] if column >= 0 else 1.0)
        for future, column in enumerate(layout.coin_of):
            size = self.held[self._count + future]
            if size:
                price = mark[self._count + future]
                gained = profit(size, entry=self.entry[future], mark=price, inverse=column >= 0)
                worth += gained * (mark[column] if column >= 0 else 1.0)
        return float(worth)

    def orders(
        self, decision: int, aims: Sequence[tuple[int, float, float, float]], *, more: float
    ) -> Orders:
        """Return whole lots, as many as bring each column to its aim and none past it.

        An aim that lots went past when it was planned is gone past again. Too little is not sent.
        """
        found, mark = [], self._mark[decision]
        for column, held, spare, share in aims:
            lot, rest = self._lot[column], spare + share * more
            from_above = spare < 0 or (spare == 0 and held + rest < 0)
            added = ceil(rest / lot - _SNAP) if from_above else floor(rest / lot + _SNAP)
            lots = round((held - self.held[column]) / lot) + added
            amount = abs(lots) * lot
            inverse = column >= self._count and self._layout.is_inverse(column - self._count)
            value = amount if inverse else amount * mark[column]
            if lots and amount >= self._least_amount[column] and value >= self._least_value[column]:
                found.append((column, lots))
        return found

    def moves(self, aims: Sequence[tuple[int, float, float]], *, more: float) -> Moves:
        """Return what brings each wallet nearest to its aim, in whole steps."""
        found = []
        for wallet, aim, share in aims:
            step = self._step[wallet]
            steps = round((aim + share * more - self.wallet[wallet]) / step)
            if steps:
                found.append((wallet, amount_of_steps(float(steps), step)))
        return found

    def carry_out(self, decision: int, lots: Orders, moves: Moves) -> None:
        """Fill a decision's orders in the planner's phases; money that waits for none goes first.

        Funding is received up to the fills, and from there to the next decision.
        """
        count, quoted = self._count, self._quoted[decision]
        spots = [each for each in lots if each[0] < count]
        futures = lots[len(spots) :]
        closes = [(column, self._closed(column, each)) for column, each in futures]
        orders = {
            Phase.REDUCE_FUTURES: closes,
            Phase.SELL_SPOT: [each for each in spots if each[1] < 0],
            Phase.BUY_SPOT: [each for each in spots if each[1] > 0],
            Phase.OPEN_FUTURES: [
                (column, each - closed)
                for (column, each), (_, closed) in zip(futures, closes, strict=True)
            ],
        }
        late = self._move_early(orders, moves) if moves else []
        self._receive(decision, until_fills=True)
        for phase in PHASES if late else orders:
            if phase in late:
                self._move(phase, moves)
            for column, each in orders.get(phase, ()):
                self._fill(column, each, quoted[column])
        self._receive(decision, until_fills=False)

    def _move_early(self, orders: Mapping[Phase, Orders], moves: Moves) -> list[Phase]:
        """Move what waits for no order of an earlier phase; return the phases that do wait."""
        waits, late = False, []
        for phase in PHASES:
            if phase in orders:
                waits = waits or any(each for _, each in orders[phase])
            elif waits:
                late.append(phase)
            else:
                self._move(phase, moves)
        return late

    def _closed(self, column: int, lots: int) -> int:
        """Return how many of a future's lots close what is held."""
        held = self.held[column]
        if held * lots >= 0:
            return 0
        most = min(round(abs(held) / self._lot[column]), abs(lots))
        return most if lots > 0 else -most

    def _fill(self, column: int, lots: int, quoted: float) -> None:
        if not lots:
            return
        price = quoted * (1 + (self._slippage if lots > 0 else -self._slippage))
        size, held, future = lots * self._lot[column], self.held[column], column - self._count
        inverse = future >= 0 and self._layout.is_inverse(future)
        fee = (abs(size) / price if inverse else abs(size) * price) * self._fee[column]
        after = held + size
        self.held[column] = after
        if future < 0:
            self.cash = self.cash + (-size * price - fee)
            return
        entry = self.entry[future]
        closed = 0.0 if held * size >= 0 else min(abs(held), abs(size)) * (1 if held > 0 else -1)
        if closed:
            self._pay(future, profit(closed, entry=entry, mark=price, inverse=inverse))
        if abs(after) < NO_LOT * self._lot[column]:
            self.held[column], self.entry[future] = 0.0, 0.0
        elif held * size >= 0 and inverse:
            self.entry[future] = after / (held / (entry or price) + size / price)
        elif held * size >= 0:
            self.entry[future] = (held * (entry or price) + size * price) / after
        elif abs(size) > abs(held):
            self.entry[future] = price
        self._pay(future, -fee)

    def _pay(self, future: int, amount: float) -> None:
        """Receive an amount of a future's settle coin."""
        if not self._layout.unified:
            self.wallet[self._layout.wallet_of[future]] += amount
        else:
            self._take(self._layout.coin_of[future], amount)

    def _take(self, column: int, amount: float) -> None:
        """Receive coins of a spot column, cash for -1."""
        if column >= 0:
            self.held[column] += amount
        else:
            self.cash += amount

    def _move(self, phase: Phase, moves: Moves) -> None:
        """Send into or out of the wallets what goes in this phase."""
        is_coin = phase in {Phase.COINS_OUT, Phase.COINS_IN}
        inward = phase in {Phase.COINS_IN, Phase.TRANSFER_IN}
        for wallet, amount in moves:
            column = self._layout.wallet_coin[wallet]
            if (column >= 0) == is_coin and (amount > 0) == inward:
                self._take(column, -amount)
                self.wallet[wallet] += amount

    def _receive(self, decision: int, *, until_fills: bool) -> None:
        """Receive the funding of positions between a decision and its fills, or from there on."""
        if not any(self.held[self._count :]):
            return
        for future, (decided, filled, ended) in enumerate(self._payments[decision]):
            size = self.held[self._count + future]
            payments = slice(decided, filled) if until_fills else slice(filled, ended)
            received = self._prospect.funding[future][payments] if size else ()
            if received:
                paid = 0.0
                for each in received:
                    paid += size * each
                self._pay(future, paid)
