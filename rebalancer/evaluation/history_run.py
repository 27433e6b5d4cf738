"""A batch of accounts on its way through a timeline: from one stop to the next."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from rebalancer.evaluation.accounts import Accounts, fill_future
from rebalancer.evaluation.columns import contracts_held
from rebalancer.evaluation.drifting import (
    Drift,
    drift,
    first_liquidation,
    stand_still,
    under_maintenance,
)
from rebalancer.evaluation.earned import Earned
from rebalancer.evaluation.events import Expiry, Liquidation
from rebalancer.evaluation.filling import Desk
from rebalancer.evaluation.liquidating import Ends, liquidate_rows
from rebalancer.evaluation.record import Record
from rebalancer.evaluation.sent import Rows
from rebalancer.evaluation.timeline import Timeline
from rebalancer.model.observations import Booleans

Watch = Callable[[Accounts, Drift, slice], tuple[int, Booleans] | None]
"""Finds the first place of a drift at which a plan is asked for at once, and by which accounts."""

EXPIRED = "the contract expired"
LIQUIDATED = "the venue closed the wallet's positions"


@dataclass(slots=True, eq=False)
class HistoryRun:
    """Accounts that have passed every point up to and including `place` of their timeline.

    `funding` is what each contract brought, in the quote coin; `plans` (batch,) counts the
    decisions; `events` are (account, event).
    """

    timeline: Timeline
    desk: Desk
    record: Record
    funding: Earned
    plans: Rows
    place: int = 0
    events: list[tuple[int, Liquidation | Expiry]] = field(default_factory=list)

    def begin(self) -> None:
        """Write the start."""
        self.record.add(0, self.desk.accounts, parts=self.desk.parts.total)

    def advance(self, until_us: int, *, watch: Watch | None = None) -> Booleans | None:
        """Pass every point up to a time, or stop where accounts ask for a plan: which ones do.

        Without such accounts the answer is None, and all points are passed.
        """
        last = self.timeline.until(until_us)
        while self.place + 1 < last:
            points = slice(self.place + 1, min(last, self._next_expiry() + 1))
            asking = self._pass(points, watch)
            self._settle_expired()
            if asking is not None:
                return asking
        return None

    @property
    def now_us(self) -> int:
        """The time of the last point passed."""
        return int(self.timeline.time_us[self.place])

    def _pass(self, points: slice, watch: Watch | None) -> Booleans | None:
        """Pass the points up to the first liquidation or the first account that asks for a plan."""
        desk = self.desk
        drifted = drift(desk.accounts, self.timeline, points=points, layout=desk.layout)
        found = first_liquidation(
            desk.accounts, drifted, timeline=self.timeline, points=points, layout=desk.layout
        )
        if found is not None and found[0] > 0:
            drifted = drifted.until(found[0])
            points, found = slice(points.start, points.start + found[0]), None
        if found is not None:
            self._liquidate(points.start, hit=found[1])
            return None if watch is None else self.asks_now(watch)
        asking = None if watch is None else watch(desk.accounts, drifted, points)
        if asking is not None:
            points = slice(points.start, points.start + asking[0] + 1)
            drifted = drifted.until(asking[0] + 1)
        self._take(drifted, points)
        return None if asking is None else asking[1]

    def _take(self, drifted: Drift, points: slice) -> None:
        """Make a drift's end the present, and write its stretch."""
        self.record.add(points.start, self.desk.accounts, parts=self.desk.parts.total)
        self._move(drifted, points)

    def _move(self, drifted: Drift, points: slice) -> None:
        """Make a drift's end the present."""
        desk, length = self.desk, points.stop - points.start
        close = self.timeline.close[:, points.stop - 1]
        mark = np.broadcast_to(close, desk.accounts.mark.shape)
        if desk.accounts.holdings.size.any():
            self.funding.since += np.cumsum(drifted.funding, axis=1)[:, -1]
        desk.accounts = Accounts(drifted.holdings_at(desk.accounts, length - 1), mark)
        self.place = points.stop - 1

    def _liquidate(self, point: int, *, hit: Booleans) -> None:
        """Pass one point at which wallets are liquidated."""
        desk, points = self.desk, slice(point, point + 1)
        before = desk.accounts
        self._move(drift(before, self.timeline, points=points, layout=desk.layout), points)
        ends = Ends(self.now_us, self.timeline.low[:, point], self.timeline.high[:, point])
        self._close_hit(before, hit=hit, ends=ends)
        self.record.add(point, before, parts=desk.parts.total, ends=desk.accounts.holdings)

    def carry_out(self, at_us: int) -> None:
        """Carry out what is due, after what venues liquidate on the way to its openings."""
        desk, before = self.desk, self.desk.accounts
        waits = desk.due(at_us).any(axis=1, keepdims=True)
        if waits.any() and before.holdings.size.any():
            opened = waits & (desk.tickets.due_us == at_us)
            mark = np.where(opened, desk.tickets.quoted, before.mark)
            there = Accounts(before.holdings, mark)
            hit = under_maintenance(there, opened=opened, layout=desk.layout)
            if hit.any():
                desk.move(np.where(hit.any(axis=1, keepdims=True), mark, before.mark))
                self._close_hit(before, hit=hit, ends=Ends(at_us, mark, mark))
        desk.carry_out(at_us)

    def _close_hit(self, before: Accounts, *, hit: Booleans, ends: Ends) -> None:
        """Liquidate wallets, (batch, margin account), on the way from the accounts before."""
        desk = self.desk
        desk.accounts, changed, events = liquidate_rows(
            before, desk.accounts, hit=hit, ends=ends, layout=desk.layout
        )
        desk.parts.since[:, 1] += changed[:, 0]
        desk.parts.since[:, 5] += changed[:, 1]
        self.events += events
        desk.cancel(np.asarray(hit.any(axis=1)), at_us=ends.at_us, reason=LIQUIDATED)

    def asks_now(self, watch: Watch) -> Booleans | None:
        """Return which accounts ask for a plan as they stand now."""
        points = slice(self.place, self.place + 1)
        still = stand_still(self.desk.accounts.holdings)
        asking = watch(self.desk.accounts, still, points)
        return None if asking is None else asking[1]

    def _next_expiry(self) -> int:
        """Return the place of the next point at which a held contract expires, else the last."""
        layout, size = self.desk.layout, self.desk.accounts.holdings.size
        places = [len(self.timeline.time_us) - 1]
        for future in range(layout.future_count):
            expiry_us = layout.instruments[layout.spot_count + future].expiry_us
            if expiry_us is not None and size[:, future].any():
                places.append(max(self.timeline.until(expiry_us) - 1, self.place + 1))
        return min(places)

    def _settle_expired(self) -> None:
        """Settle the contracts that expired by now on their last mark, without a fee."""
        desk = self.desk
        for future in range(desk.layout.future_count):
            column = desk.layout.spot_count + future
            instrument = desk.layout.instruments[column]
            size = desk.accounts.holdings.size[:, future]
            if instrument.expiry_us is None or instrument.expiry_us > self.now_us:
                continue
            desk.drop(column, at_us=self.now_us, reason=EXPIRED)
            price = desk.accounts.mark[:, column]
            for row in np.flatnonzero(size).tolist():
                contracts = contracts_held(desk.layout, future, size=float(size[row]))
                settled = Expiry(self.now_us, instrument.symbol, contracts, float(price[row]))
                self.events.append((row, settled))
            if size.any():
                held = fill_future(
                    desk.accounts.holdings,
                    desk.layout,
                    future=future,
                    change=-size,
                    price=price,
                )
                desk.accounts = replace(desk.accounts, holdings=held)
