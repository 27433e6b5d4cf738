"""Guesses of an account's books at decisions to come, to plan for before they are reached.

A guess follows what was planned for an earlier guess: where that traded a column, the column ends
where it then ended; where it did not, it stays as it is. Nothing that a guess leaves out (orders
cut short, liquidations) does harm: a plan counts only for the very book it was made for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.sent import Rows
from rebalancer.model.contracts import profit
from rebalancer.model.market import Floats
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout

_NO_LOT = 1e-6
_SNAP = 1e-9
_FIELDS = ("spot", "size", "entry", "cash", "wallet")


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """What decisions to come trade at, (decision, …).

    `mark` (decision, instrument) is what they decide on and `quoted` what their orders fill at,
    NaN where they never do. `waiting` and `funding` (decision, future) are what a position of
    size 1 receives from a decision to its fills, and from there to the next decision.
    """

    layout: Layout
    mark: Floats
    quoted: Floats
    waiting: Floats
    funding: Floats
    slippage: float

    def take(self, decisions: slice) -> "Prospect":
        """Return what some of the decisions trade at."""
        return Prospect(
            self.layout,
            self.mark[decisions],
            self.quoted[decisions],
            self.waiting[decisions],
            self.funding[decisions],
            self.slippage,
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

    def put(self, rows: Rows, other: "Aims") -> None:
        """Write what other aims are over the decisions in `rows`, in place."""
        for name in self.__slots__:
            getattr(self, name)[rows] = getattr(other, name)


def guess_books(start: Holdings, aims: Aims, *, prospect: Prospect) -> Holdings:
    """Return the books of decisions, (decision, column), from that of the first, a batch of one."""
    account = _Account(start, prospect)
    rows: list[tuple[float, ...]] = []
    waiting, funded = prospect.waiting.tolist(), prospect.funding.tolist()
    aimed = zip(*(getattr(aims, name).tolist() for name in Aims.__slots__), strict=True)
    for decision, (nav, *columns, wallet, wallet_share) in enumerate(aimed):
        rows.append(account.row)
        more = account.nav(decision) - nav
        account.move(wallet, wallet_share, more=more)
        account.receive(waiting[decision])
        account.trade(decision, columns, more=more)
        account.receive(funded[decision])
    table = np.array(rows)
    widths = np.cumsum([getattr(start, name).reshape(1, -1).shape[1] for name in _FIELDS])
    parts = dict(zip(_FIELDS, np.split(table, widths[:-1], axis=1), strict=True))
    return Holdings(**{**parts, "cash": parts["cash"][:, 0]})


class _Account:
    """One account in plain numbers: a batch of one is faster without arrays."""

    def __init__(self, start: Holdings, prospect: Prospect) -> None:
        layout = prospect.layout
        self._layout = layout
        self._count, self._lot, self._fee = (
            layout.spot_count,
            layout.lot.tolist(),
            layout.fee.tolist(),
        )
        self._step: list[float] = layout.transfer_step.tolist()
        self._mark, self._quoted = prospect.mark.tolist(), prospect.quoted.tolist()
        self._slippage = prospect.slippage
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
        worth += sum(
            held * price for held, price in zip(self.held[: self._count], mark, strict=False)
        )
        for wallet, column in enumerate(layout.wallet_coin):
            worth += self.wallet[wallet] * (mark[column] if column >= 0 else 1.0)
        for future, column in enumerate(layout.coin_of):
            size = self.held[self._count + future]
            if size:
                price = mark[self._count + future]
                gained = profit(size, entry=self.entry[future], mark=price, inverse=column >= 0)
                worth += gained * (mark[column] if column >= 0 else 1.0)
        return float(worth)

    def trade(self, decision: int, aims: Sequence[Sequence[float]], *, more: float) -> None:
        """Fill whole lots, as many as bring each column to its aim and none past it."""
        for column, (held, spare, share) in enumerate(zip(*aims, strict=True)):
            quoted, lot = self._quoted[decision][column], self._lot[column]
            if math.isnan(held) or math.isnan(quoted):
                continue
            aim = (spare + share * more) / lot
            whole = round((held - self.held[column]) / lot)
            toward_zero = held + spare + share * more < 0
            lots = whole + (math.ceil(aim - _SNAP) if toward_zero else math.floor(aim + _SNAP))
            if lots:
                price = quoted * (1 + (self._slippage if lots > 0 else -self._slippage))
                self._fill(column, lots * lot, price)

    def _fill(self, column: int, size: float, price: float) -> None:
        future = column - self._count
        inverse = future >= 0 and self._layout.is_inverse(future)
        fee = (abs(size) / price if inverse else abs(size) * price) * self._fee[column]
        held = self.held[column]
        after = held + size
        self.held[column] = after
        if future < 0:
            self.cash = self.cash + (-size * price - fee)
            return
        entry = self.entry[future]
        closed = 0.0 if held * size >= 0 else min(abs(held), abs(size)) * (1 if held > 0 else -1)
        if closed:
            self._pay(future, profit(closed, entry=entry, mark=price, inverse=inverse))
        if abs(after) < _NO_LOT * self._lot[column]:
            self.held[column], self.entry[future] = 0.0, 0.0
        elif held * size >= 0 and inverse:
            self.entry[future] = after / (held / (entry or price) + size / price)
        elif held * size >= 0:
            self.entry[future] = (held * entry + size * price) / after
        elif abs(size) > abs(held):
            self.entry[future] = price
        self._pay(future, -fee)

    def _pay(self, future: int, amount: float) -> None:
        """Receive an amount of a future's settle coin."""
        layout = self._layout
        column = layout.coin_of[future]
        if not layout.unified:
            self.wallet[layout.wallet_of[future]] += amount
        elif column >= 0:
            self.held[column] += amount
        else:
            self.cash += amount

    def move(self, aims: Sequence[float], shares: Sequence[float], *, more: float) -> None:
        """Send what brings each wallet nearest to its aim."""
        for wallet, (aim, share) in enumerate(zip(aims, shares, strict=True)):
            if math.isnan(aim):
                continue
            column, step = self._layout.wallet_coin[wallet], self._step[wallet]
            steps = round((aim + share * more - self.wallet[wallet]) / step)
            amount = steps / round(1 / step) if step < 1 else steps * step
            self.wallet[wallet] += amount
            if column >= 0:
                self.held[column] -= amount
            else:
                self.cash -= amount

    def receive(self, funding: Sequence[float]) -> None:
        """Receive the funding of positions, given what one of size 1 receives."""
        for future, received in enumerate(funding):
            size = self.held[self._count + future]
            if size and received:
                self._pay(future, size * received)
