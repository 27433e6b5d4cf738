"""Passes many foreseen decisions of one account side by side, each from its own foreseen book.

What becomes of a decision depends on its book, its orders and the marks up to the next decision.
So foreseen decisions are the accounts of a batch, each on the path of its own marks, run as every
batch is. They are the account's way as far as each ends, to the bit, with the book that the next
one was foreseen with.
"""

from dataclasses import dataclass, replace

import numpy as np

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.earned import nothing_earned
from rebalancer.evaluation.filling import Desk, FillRows
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.record import Chain, Record
from rebalancer.evaluation.sent import Rows
from rebalancer.evaluation.stops import REPLACED
from rebalancer.evaluation.tickets import NEVER_US, Tickets, no_tickets
from rebalancer.evaluation.timeline import Timeline
from rebalancer.model.market import Floats, Times
from rebalancer.planner.exposure import Holdings


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """Consecutive decisions of one account, (decision, …): its books then, and what they send."""

    decided_us: Times
    books: Holdings
    tickets: Tickets

    def take(self, count: int) -> "Foreseen":
        """Return the first decisions."""
        some = slice(count)
        return Foreseen(self.decided_us[some], self.books.take(some), self.tickets.take(some))


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Decisions that pass as one batch: a finished run, its times counted from each decision."""

    rows: Rows
    run: HistoryRun
    fills: list[FillRows]


def leap(run: HistoryRun, foreseen: Foreseen) -> int:
    """Pass as many decisions as come true, and return how many: the run then stands at the next.

    The last of the decisions is never passed, nor any from one on that a venue liquidates.
    """
    places = run.timeline.last_points(foreseen.decided_us)
    begun = Accounts(foreseen.books, _marks(run, foreseen, places))
    groups = [
        _pass_group(run, foreseen, rows, begun=begun, places=places)
        for rows in _alike(run.timeline, foreseen, places)
    ]
    upset = _first_upset(groups)
    if upset is not None:
        return leap(run, foreseen.take(upset + 1)) if upset else 0
    passed = _count_true(groups, begun)
    if passed:
        _write(run, foreseen, groups, passed=passed, places=places)
        desk, ends = run.desk, np.array([passed])
        desk.accounts = Accounts(begun.holdings.take(ends), begun.mark[ends])
    return passed


def _marks(run: HistoryRun, foreseen: Foreseen, places: Rows) -> Floats:
    """Return the marks that accounts stand at at each decision: the last closes, or opens since."""
    timeline, tickets = run.timeline, foreseen.tickets.take(slice(-1))
    marks: Floats = timeline.close[0, places]
    fills = tickets.pending & (tickets.due_us < foreseen.decided_us[1:, None])
    is_last = fills & (tickets.due_us >= timeline.time_us[places[1:]][:, None])
    marks[1:] = np.where(is_last, tickets.quoted, marks[1:])
    marks[0] = run.desk.accounts.mark[0]
    return marks


def _alike(timeline: Timeline, foreseen: Foreseen, places: Rows) -> list[Rows]:
    """Return the decisions but the last in groups whose times are the same, counted from each."""
    decided_us, counts = foreseen.decided_us[:-1], np.diff(places)
    waits_us = np.concatenate(
        [np.diff(foreseen.decided_us)[:, None], _fill_waits(foreseen)], axis=1
    )
    groups: dict[tuple[int, bytes, bytes], list[int]] = {}
    for count in np.unique(counts).tolist():
        rows = np.flatnonzero(counts == count)
        points = places[rows][:, None] + np.arange(1, count + 1)
        times_us = timeline.time_us[points] - decided_us[rows][:, None]
        times = np.concatenate([times_us, waits_us[rows]], axis=1)
        for row, its_times, has_row in zip(
            rows.tolist(), times, timeline.has_row[points], strict=True
        ):
            groups.setdefault((count, its_times.tobytes(), has_row.tobytes()), []).append(row)
    return [np.array(rows) for rows in groups.values()]


def _fill_waits(foreseen: Foreseen) -> Times:
    """Return how long the decisions but the last wait for fills: each wait once, rising."""
    tickets, decided_us = foreseen.tickets.take(slice(-1)), foreseen.decided_us
    fills = tickets.pending & (tickets.due_us < decided_us[1:, None])
    waits_us = np.sort(np.where(fills, tickets.due_us - decided_us[:-1, None], NEVER_US), axis=1)
    again = waits_us[:, 1:] == waits_us[:, :-1]
    waits_us[:, 1:][again] = NEVER_US
    return np.sort(waits_us, axis=1)


def _pass_group(
    run: HistoryRun, foreseen: Foreseen, rows: Rows, *, begun: Accounts, places: Rows
) -> _Group:
    """Return a run of decisions from where they begin up to where the next ones do."""
    layout, batch, decided_us = run.desk.layout, len(rows), foreseen.decided_us
    fills: list[FillRows] = []
    timeline = _stack(run.timeline, decided_us[rows], places[rows], places[rows[0] + 1])
    desk = Desk(
        layout=layout,
        accounts=Accounts(begun.holdings.take(rows), begun.mark[rows]),
        tickets=_counted_from_decision(foreseen.tickets.take(rows)),
        slippage=np.repeat(run.desk.slippage, batch),
        parts=nothing_earned(batch, run.desk.parts.since.shape[1]),
        note_fills=fills.append,
    )
    funding, plans = nothing_earned(batch, layout.future_count), np.zeros(batch, dtype=np.intp)
    passed = HistoryRun(timeline, desk, Record(layout), funding, plans)
    now_us, end_us = 0, int(decided_us[rows[0] + 1] - decided_us[rows[0]])
    while now_us < end_us:
        passed.carry_out(now_us)
        now_us = min(end_us, desk.tickets.next_us)
        passed.advance(now_us)
    desk.cancel(np.ones(batch, dtype=bool), at_us=end_us, reason=REPLACED)
    return _Group(rows, passed, fills)


def _stack(timeline: Timeline, decided_us: Times, places: Rows, end: int) -> Timeline:
    """Return the points from each decision to the next as paths of one timeline.

    The first point is the last one before the decision, and stands at its time.
    """
    first = slice(int(places[0]), int(end) + 1)
    points = places[:, None] + np.arange(first.stop - first.start)
    time_us = timeline.time_us[first] - decided_us[0]
    time_us[0] = 0
    close, high, low, funding = (
        getattr(timeline, name)[0, points] for name in ("close", "high", "low", "funding")
    )
    return Timeline(
        time_us, timeline.is_bar[first], timeline.has_row[first], close, high, low, funding
    )


def _counted_from_decision(tickets: Tickets) -> Tickets:
    """Return tickets whose orders are due at times counted from their decisions."""
    waits_us = tickets.due_us - tickets.decided_us[:, None]
    return replace(tickets, due_us=np.where(tickets.due_us == NEVER_US, NEVER_US, waits_us))


def _first_upset(groups: list[_Group]) -> int | None:
    """Return the first decision after which a venue liquidates, None where there is none.

    An event ends a stretch of its whole batch, where the others alone would go on: their sums of
    funding would no longer be the same to the bit.
    """
    upset = [int(group.rows[row]) for group in groups for row, _ in group.run.events]
    return min(upset, default=None)


def _count_true(groups: list[_Group], begun: Accounts) -> int:
    """Return how many decisions end with the book and the marks that the next one begins with."""
    is_true = np.zeros(begun.batch, dtype=bool)
    for group in groups:
        same = _table(group.run.desk.accounts) == _table(begun)[group.rows + 1]
        is_true[group.rows] = same.all(axis=1)
    return int(np.argmin(is_true))


def _table(accounts: Accounts) -> Floats:
    """Return all numbers of accounts, one row for each."""
    held = accounts.holdings
    return np.column_stack([*(getattr(held, name) for name in Holdings.__slots__), accounts.mark])


def _write(
    run: HistoryRun, foreseen: Foreseen, groups: list[_Group], *, passed: int, places: Rows
) -> None:
    """Make the first decisions of the groups the account's way."""
    desk, everyone = run.desk, np.ones(1, dtype=bool)
    desk.cancel(everyone, at_us=int(foreseen.decided_us[0]), reason=REPLACED)
    by_part = _joined(groups, [group.run.desk.parts.since for group in groups])[:passed]
    by_future = _joined(groups, [group.run.funding.since for group in groups])[:passed]
    before = desk.parts.add_decisions(by_part)
    run.funding.add_decisions(by_future)
    run.record.links += _chain_of(groups, before=before, passed=passed, places=places)
    _write_orders(desk, groups, foreseen, passed=passed)
    desk.tickets = no_tickets(desk.layout, 1)
    run.plans += passed
    run.place = int(places[passed])


def _joined(groups: list[_Group], values: list[Floats]) -> Floats:
    """Return values of all groups, (decision, …), in the order of the decisions."""
    rows = np.concatenate([group.rows for group in groups])
    return np.concatenate(values)[np.argsort(rows)]


def _chain_of(groups: list[_Group], *, before: Floats, passed: int, places: Rows) -> list[Chain]:
    """Return the stretches of the first decisions one after the other, none where none has a point.

    Decisions may follow each other faster than the market's rows.
    """
    firsts: list[Rows] = []
    held: list[Holdings] = []
    marks: list[Floats] = []
    parts: list[Floats] = []
    for group in groups:
        count = int(np.searchsorted(group.rows, passed))
        rows, some = group.rows[:count], slice(count)
        for each in group.run.record.links:
            if isinstance(each, Chain) or each.money is None:
                raise TypeError("the runs of a leap are plain and keep their money")
            firsts.append(places[rows] + each.first)
            held.append(each.holdings.take(some))
            marks.append(each.money[0][some])
            parts.append(before[rows] + each.money[1][some])
    if not firsts:
        return []
    all_firsts = np.concatenate(firsts)
    order = np.argsort(all_firsts)
    books = (
        np.concatenate([getattr(each, name) for each in held])[order] for name in Holdings.__slots__
    )
    money = (np.concatenate(marks)[order], np.concatenate(parts)[order])
    return [Chain(all_firsts[order], Holdings(*books), money)]


def _write_orders(desk: Desk, groups: list[_Group], foreseen: Foreseen, *, passed: int) -> None:
    """Write what the first decisions filled, and what of them was cut."""
    decided_us = foreseen.decided_us
    cuts = []
    for group in groups:
        for fills in group.fills:
            count = int(np.searchsorted(fills.rows, np.searchsorted(group.rows, passed)))
            if count:
                desk.note_fills(_of_one_account(fills.take(slice(count))))
        for cut in group.run.desk.cuts:
            row = int(group.rows[cut.row])
            if row < passed:
                at_us = int(decided_us[row]) + cut.at_us
                cuts.append((row, replace(cut, row=0, at_us=at_us)))
    desk.cuts += [cut for _, cut in sorted(cuts, key=lambda each: each[0])]


def _of_one_account(fills: FillRows) -> FillRows:
    """Return decisions' fills as one account's, their times counted from no decision."""
    rows, at_us = np.zeros_like(fills.rows), fills.decided_us + fills.at_us
    return replace(fills, rows=rows, at_us=at_us)
