"""What a run keeps: the accounts at the start of every stretch without a trade.

Between two trades only funding moves balances, so the books of any point follow from the start of
its stretch. A thousand accounts over years are kept in a few megabytes, and made into books for as
many of them at a time as there is room for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

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


@dataclass(slots=True, eq=False)
class Record:
    """The stretches of a run in order, the start among them; `keeps_money` for an attribution."""

    layout: Layout
    keeps_money: bool = True
    stretches: list[Stretch] = field(default_factory=list)

    def add(
        self, first: int, accounts: Accounts, *, parts: Floats, ends: Holdings | None = None
    ) -> None:
        """Write a stretch that begins at a point."""
        money = (accounts.mark, parts) if self.keeps_money else None
        held = accounts.holdings
        self.stretches.append(Stretch(first, held, ends, money, is_funded=bool(held.size.any())))

    def stretch_of(self, points: Points) -> Points:
        """Return which stretch each point lies in."""
        firsts = np.array([stretch.first for stretch in self.stretches])
        return np.searchsorted(firsts, points, side="right") - 1

    def start_books(self, rows: Rows, chosen: Points) -> Holdings:
        """Return the books of some accounts before chosen stretches, (row, chosen, column)."""
        held = [stretch.holdings for stretch in self.stretches]
        return Holdings(*(_spread(held, name, rows)[:, chosen] for name in Holdings.__slots__))

    def books(self, rows: Rows, points: Points, *, timeline: Timeline) -> Holdings:
        """Return the books of some accounts at points, (row, point, column)."""
        held = [stretch.ends or stretch.holdings for stretch in self.stretches]
        chosen = self.stretch_of(points)
        spot, size, entry, cash, wallet = (
            _spread(held, name, rows)[:, chosen] for name in Holdings.__slots__
        )
        edges = np.searchsorted(chosen, np.arange(len(held) + 1))
        for number, stretch in enumerate(self.stretches):
            bars = slice(edges[number], edges[number + 1])
            if bars.start == bars.stop or stretch.ends is not None or number == 0:
                continue
            if stretch.is_funded:
                start = stretch.holdings.take(rows)
                last = int(points[bars.stop - 1]) + 1
                funding = paths_of(timeline.funding, rows)[:, stretch.first : last]
                paid = fund_balances(start, funding, layout=self.layout)
                places = points[bars] - stretch.first
                spot[:, bars], cash[:, bars] = paid[0][:, places], paid[1][:, places]
                wallet[:, bars] = paid[2][:, places]
        return Holdings(spot, size, entry, cash, wallet)


def _spread(held: Sequence[Holdings], name: str, rows: Rows) -> Floats:
    """Return one field of holdings by stretch, (row, stretch, …); `rows` rise."""
    listed = [getattr(each, name) for each in held]
    if all(each is listed[0] for each in listed):
        first = listed[0][rows][:, None]
        return np.broadcast_to(first, (len(rows), len(listed), *first.shape[2:]))
    first, last = int(rows[0]), int(rows[-1]) + 1
    if len(rows) == last - first:
        return np.stack([each[first:last] for each in listed], axis=1)
    return np.stack([each[rows] for each in listed], axis=1)


def paths_of(values: Floats, rows: Rows) -> Floats:
    """Return the paths, (path or 1, …), that some accounts run on."""
    return values if len(values) == 1 else values[rows]
