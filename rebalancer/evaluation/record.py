"""What a run keeps: the accounts at the start of every stretch without a trade.

Between two trades only funding moves balances, so the books of any point follow from the start of
its stretch. A thousand accounts over years are kept in a few megabytes, and made into books for as
many of them at a time as there is room for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.drifting import fund_balances
from rebalancer.evaluation.timeline import Timeline
from rebalancer.model.market import Floats
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout

Points = NDArray[np.intp]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Accounts that trade nothing over the points from `first` to the next stretch.

    `holdings` are those before its first point. `ends` is given where a venue liquidates within a
    stretch of one point: what is then held. `money` is what an attribution needs besides, None
    where nobody asks for it: the marks before the first point, (batch, instrument), and what all
    orders and liquidations brought by then, (batch, 6), by `PARTS`. `is_funded` says that somebody
    holds a position.
    """

    first: int
    holdings: Holdings
    ends: Holdings | None
    money: tuple[Floats, Floats] | None
    is_funded: bool

    @property
    def left(self) -> Holdings:
        """The books at its points but for funding: what a liquidation left, if there was one."""
        return self.ends or self.holdings


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Consecutive stretches of a run's only account, arrays (stretch, …): see `Stretch`."""

    firsts: Points
    holdings: Holdings
    money: tuple[Floats, Floats]

    @property
    def left(self) -> Holdings:
        """The books at its points but for funding: nothing is liquidated in a chain."""
        return self.holdings


@dataclass(slots=True, eq=False)
class Record:
    """The stretches of a run in order, the start among them; `keeps_money` for an attribution."""

    layout: Layout
    keeps_money: bool = True
    links: list[Stretch | Chain] = field(default_factory=list)

    def add(
        self, first: int, accounts: Accounts, *, parts: Floats, ends: Holdings | None = None
    ) -> None:
        """Write a stretch that begins at a point."""
        money = (accounts.mark, parts) if self.keeps_money else None
        held = accounts.holdings
        self.links.append(Stretch(first, held, ends, money, is_funded=bool(held.size.any())))

    @property
    def firsts(self) -> Points:
        """The first point of each stretch, rising."""
        return np.concatenate(
            [each.firsts if isinstance(each, Chain) else [each.first] for each in self.links]
        )

    def money(self, row: int) -> tuple[Floats, Floats]:
        """Return one account's marks and parts before each stretch, (stretch, …)."""
        listed = [
            each.money if isinstance(each, Chain) else [part[[row]] for part in each.money]
            for each in self.links
            if each.money is not None
        ]
        mark, parts = (np.concatenate(part) for part in zip(*listed, strict=True))
        return mark, parts

    def stretch_of(self, points: Points) -> Points:
        """Return which stretch each point lies in."""
        return np.searchsorted(self.firsts, points, side="right") - 1

    def start_books(self, rows: Rows) -> Holdings:
        """Return the books of some accounts before every stretch, (row, stretch, column)."""
        return self._spread(rows, with_ends=False)

    def starts(self, rows: Rows) -> "Starts":
        """Return what the books of some accounts follow from; `rows` rise."""
        return Starts(
            layout=self.layout,
            rows=rows,
            firsts=self.firsts,
            left=self._spread(rows, with_ends=True),
            funded=tuple(self._funded()),
        )

    def _funded(self) -> Iterator[int]:
        """Yield the stretches in which funding moves balances."""
        number = 0
        for each in self.links:
            if isinstance(each, Chain):
                yield from (number + np.flatnonzero(each.holdings.size.any(axis=1))).tolist()
                number += len(each.firsts)
                continue
            # before the first point of the start nothing is received
            if each.is_funded and each.ends is None and number:
                yield number
            number += 1

    def _spread(self, rows: Rows, *, with_ends: bool) -> Holdings:
        """Return the books of stretches, (row, stretch, column), of a liquidation those it left."""
        return Holdings(
            *(self._field(name, rows, with_ends=with_ends) for name in Holdings.__slots__)
        )

    def _field(self, name: str, rows: Rows, *, with_ends: bool) -> Floats:
        """Return one field of holdings by stretch, (row, stretch, …)."""
        parts: list[Floats] = []
        for is_chain, links in groupby(self.links, key=lambda each: isinstance(each, Chain)):
            held = [getattr(each.left if with_ends else each.holdings, name) for each in links]
            parts += [each[None] for each in held] if is_chain else [_stacked(held, rows)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Some accounts at the start of every stretch, `left` (row, stretch, …): see `Stretch`.

    `firsts` (stretch,) are the first points, `funded` the stretches in which funding moves
    balances.
    """

    layout: Layout
    rows: Rows
    firsts: Points
    left: Holdings
    funded: tuple[int, ...]

    def take(self, places: slice) -> "Starts":
        """Return those of some of the accounts."""
        return replace(self, rows=self.rows[places], left=self.left.take(places))

    def books(self, points: Points, *, timeline: Timeline) -> Holdings:
        """Return the books at points, (row, point, column)."""
        chosen = np.searchsorted(self.firsts, points, side="right") - 1
        books = Holdings(*(getattr(self.left, name)[:, chosen] for name in Holdings.__slots__))
        if not self.funded:
            return books
        edges = np.searchsorted(chosen, np.arange(len(self.firsts) + 1)).tolist()
        received = paths_of(timeline.funding, self.rows)
        for number in self.funded:
            bars = slice(edges[number], edges[number + 1])
            if bars.start < bars.stop:
                first, last = int(self.firsts[number]), int(points[bars.stop - 1]) + 1
                start = Holdings(
                    *(getattr(self.left, name)[:, number] for name in Holdings.__slots__)
                )
                spot, cash, wallet = fund_balances(
                    start, received[:, first:last], layout=self.layout
                )
                places = points[bars] - first
                books.spot[:, bars], books.cash[:, bars] = spot[:, places], cash[:, places]
                books.wallet[:, bars] = wallet[:, places]
        return books


def _stacked(listed: Sequence[Floats], rows: Rows) -> Floats:
    """Return one field of holdings by stretch, (row, stretch, …); `rows` rise."""
    if all(each is listed[0] for each in listed):
        only = listed[0][rows][:, None]
        return np.broadcast_to(only, (len(rows), len(listed), *only.shape[2:]))
    first, last = int(rows[0]), int(rows[-1]) + 1
    if len(rows) == last - first:
        return np.stack([each[first:last] for each in listed], axis=1)
    return np.stack([each[rows] for each in listed], axis=1)


def paths_of(values: Floats, rows: Rows) -> Floats:
    """Return the paths, (path or 1, …), that some accounts run on."""
    return values if len(values) == 1 else values[rows]
