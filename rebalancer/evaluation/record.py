"""What a run keeps of every bar: the books at its close, and where their money came from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.drifting import Drift
from rebalancer.evaluation.evaluation import PARTS
from rebalancer.evaluation.timeline import Timeline
from rebalancer.model.market import Floats
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Books and parts at every bar of a timeline, (batch, bar, column), written as a run goes.

    `points` (bar,) are the bars' places among the points of the timeline. `parts` are summed from
    the start, by `PARTS`.
    """

    points: NDArray[np.intp]
    spot: Floats
    size: Floats
    entry: Floats
    cash: Floats
    wallet: Floats
    parts: Floats

    def write(self, accounts: Accounts, drifted: Drift, *, points: slice, parts: Floats) -> None:
        """Write the bars among the points of a drift; `parts` (batch, 6) are those before it."""
        first, last = np.searchsorted(self.points, [points.start, points.stop])
        if first == last:
            return
        bars, places = slice(first, last), self.points[first:last] - points.start
        held = accounts.holdings
        self.spot[:, bars] = drifted.spot[:, places]
        self.cash[:, bars] = drifted.cash[:, places]
        self.wallet[:, bars] = drifted.wallet[:, places]
        self.size[:, bars] = held.size[:, None]
        self.entry[:, bars] = held.entry[:, None]
        self.parts[:, bars] = parts[:, None]
        self.parts[:, bars, :3] += np.cumsum(drifted.gained, axis=1)[:, places]

    def write_one(self, accounts: Accounts, *, point: int, parts: Floats) -> None:
        """Write the accounts as they are, where the point is a bar."""
        bar = int(np.searchsorted(self.points, point))
        if bar == len(self.points) or self.points[bar] != point:
            return
        for name in Holdings.__slots__:
            getattr(self, name)[:, bar] = getattr(accounts.holdings, name)
        self.parts[:, bar] = parts

    def holdings(self, row: int) -> Holdings:
        """Return one account's books as a batch of bars."""
        return Holdings(*(np.asfortranarray(getattr(self, name)[row]) for name in _BALANCES))


_BALANCES = Holdings.__slots__


def open_record(timeline: Timeline, layout: Layout, *, batch: int) -> Record:
    """Return an empty record of a timeline's bars."""
    points = np.flatnonzero(timeline.is_bar)
    shape = (batch, len(points))
    return Record(
        points=points,
        spot=np.zeros((*shape, layout.spot_count)),
        size=np.zeros((*shape, layout.future_count)),
        entry=np.zeros((*shape, layout.future_count)),
        cash=np.zeros(shape),
        wallet=np.zeros((*shape, len(layout.wallets))),
        parts=np.zeros((*shape, len(PARTS))),
    )
