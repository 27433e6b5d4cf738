"""The numbers of many runs, without keeping more of any of them than they need."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rebalancer.evaluation.bars_seen import BarsSeen, bar_points, see_bars
from rebalancer.evaluation.course import Course, perpetual_columns, perpetual_notional
from rebalancer.evaluation.data_gaps import Unknown, find_data_gaps, find_unknown
from rebalancer.evaluation.evaluate_many import know_accounts
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.events import Breach, CutOrder, DataGap, Event
from rebalancer.evaluation.filling import FillRows
from rebalancer.evaluation.limits_watched import find_breaches
from rebalancer.evaluation.pass_together import Passed, pass_together
from rebalancer.evaluation.record import Starts
from rebalancer.evaluation.sent import Rows
from rebalancer.evaluation.span import Span
from rebalancer.evaluation.summary import Summary, summarize_courses
from rebalancer.model.book import Book
from rebalancer.model.market import Floats, Market, Times
from rebalancer.policy.compiled import Policy

_AT_ONCE = 14_000
"""So many bars of accounts are looked at together: more would not fit into a processor's cache."""

_READ_TOGETHER = 8
"""So many of such parts are read from the record together."""


@dataclass(frozen=True, slots=True, eq=False)
class RunSummary:
    """The numbers of one run, how many plans were made and how many events of each kind there were.

    The summary counts no plans: a batch does not know their statuses.
    """

    summary: Summary
    plans: int
    events: Mapping[type[Event], int]
    end_nav: float


def summarize_many(
    policies: Sequence[Policy],
    markets: Sequence[Market],
    *,
    book: Book,
    start_us: int | None = None,
    end_us: int | None = None,
    fill: FillRule = FillRule.NEXT_OPEN,
) -> tuple[RunSummary, ...]:
    """Return the numbers of one run for each policy, in order: those of `evaluate_many`'s.

    Raises what `evaluate_many` does.
    """
    found: dict[int, RunSummary] = {}
    traded = _Traded()
    span = Span(book, start_us, end_us, fill)
    known = know_accounts(policies, markets, span=span)
    runs = pass_together(policies, known, span=span, note_fills=traded.note, keeps_money=False)
    for passed in runs:
        by_account = traded.take(len(passed.numbers))
        for rows, summaries in _summarize(passed, by_account):
            numbers = (passed.numbers[row] for row in rows.tolist())
            found.update(zip(numbers, summaries, strict=True))
    return tuple(found[row] for row in range(len(policies)))


@dataclass(slots=True)
class _Traded:
    """The decisions and notionals of fills, chunk by chunk; all else of a fill is forgotten."""

    chunks: list[tuple[Rows, Times, Floats]] = field(default_factory=list)

    def note(self, fills: FillRows) -> None:
        """Write what a summary needs of fills."""
        decided_us = fills.decided_us
        if (decided_us == decided_us[0]).all():
            decided_us = decided_us[:1].copy()
        rows = fills.rows
        if self.chunks and np.array_equal(rows, self.chunks[-1][0]):
            rows = self.chunks[-1][0]
        self.chunks.append((rows, decided_us, np.abs(fills.notional)))

    def take(self, batch: int) -> list[tuple[Times, Floats]]:
        """Return the decisions and notionals of each account, (fill,), and forget them all."""
        counts = np.zeros(batch, dtype=np.intp)
        for rows, _, _ in self.chunks:
            counts[rows] += 1
        ends = np.cumsum(counts)
        place = ends - counts
        decided = np.zeros(int(counts.sum()), dtype=np.int64)
        notional = np.zeros(len(decided))
        for rows, decided_us, amount in self.chunks:
            decided[place[rows]], notional[place[rows]] = decided_us, amount
            place[rows] += 1
        self.chunks.clear()
        return list(zip(np.split(decided, ends[:-1]), np.split(notional, ends[:-1]), strict=True))


def _summarize(
    passed: Passed, traded: Sequence[tuple[Times, Floats]]
) -> Iterator[tuple[Rows, list[RunSummary]]]:
    """Yield the numbers of a run's accounts, as many at a time as fit."""
    counts, unknown = _count_events(passed), _UnknownByMarket(passed)
    for starts in _parts_at_once(passed):
        rows = starts.rows
        variants = [passed.variants[row] for row in rows.tolist()]
        seen = see_bars(passed.run, variants, starts=starts)
        courses = _courses(passed, seen, rows=rows, traded=traded)
        regimes = [[regime.name for regime in each.policy.regimes] for each in variants]
        yield (
            rows,
            [
                RunSummary(
                    summary,
                    int(passed.run.plans[row]),
                    counts[row] + _seen_events(seen, place, unknown=unknown.of(row)),
                    float(seen.nav[place, -1]),
                )
                for place, (row, summary) in enumerate(
                    zip(rows.tolist(), summarize_courses(courses, regimes), strict=True)
                )
            ],
        )


def _parts_at_once(passed: Passed) -> Iterator[Starts]:
    """Yield what a run says of its accounts, of as many alike at a time as fit into a cache."""
    size = max(_AT_ONCE // len(bar_points(passed.run)), 1)
    for alike in _alike(passed):
        for first in range(0, len(alike), size * _READ_TOGETHER):
            starts = passed.run.record.starts(alike[first : first + size * _READ_TOGETHER])
            for place in range(0, len(starts.rows), size):
                yield starts.take(slice(place, place + size))


def _alike(passed: Passed) -> list[Rows]:
    """Return the accounts in groups that watch the same rows of limits under the same stress."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for row, variant in enumerate(passed.variants):
        watched = variant.watched
        stress = watched.layout.stress_low.tobytes() + watched.layout.stress_high.tobytes()
        groups.setdefault((watched.table.rows, stress), []).append(row)
    return [np.array(rows) for rows in groups.values()]


def _courses(
    passed: Passed, seen: BarsSeen, *, rows: Rows, traded: Sequence[tuple[Times, Floats]]
) -> list[Course]:
    """Return the courses of accounts."""
    parts, funding = passed.run.desk.parts.total, passed.run.funding.total
    instruments = passed.variants[0].market.instruments
    columns = perpetual_columns(seen.layout.symbols, instruments)
    perpetual = perpetual_notional(seen.over_nav(seen.values[..., columns]), seen.nav)
    return [
        Course(
            time_us=seen.time_us,
            nav=seen.nav[place],
            perpetual=perpetual[place],
            gross_leverage=seen.shown[place, :, 0],
            margin_utilization=seen.shown[place, :, 1],
            liquidation_distance=-seen.shown[place, :, 2],
            decided_us=traded[row][0],
            traded=traded[row][1],
            fees=float(parts[row, 3]),
            slippage=float(parts[row, 4]),
            funding=float(funding[row].sum()),
            path=passed.variants[row].history.path,
        )
        for place, row in enumerate(rows.tolist())
    ]


def _count_events(passed: Passed) -> list[Counter[type[Event]]]:
    """Return how often each account's orders were cut, and it was liquidated or settled."""
    counts: list[Counter[type[Event]]] = [Counter() for _ in passed.variants]
    for row, event in passed.run.events:
        counts[row][type(event)] += 1
    for cut in passed.run.desk.cuts:
        counts[cut.row][CutOrder] += 1
    return counts


class _UnknownByMarket:
    """What the markets of a run do not say, looked up once for each market."""

    def __init__(self, passed: Passed) -> None:
        self._passed = passed
        self._known: dict[int, tuple[Unknown, ...]] = {}

    def of(self, row: int) -> tuple[Unknown, ...]:
        """Return by instrument what one account's market does not say."""
        variant, timeline = self._passed.variants[row], self._passed.run.timeline
        key = id(variant.market)
        if key not in self._known:
            end_us = int(timeline.time_us[timeline.is_bar][-1])
            self._known[key] = find_unknown(
                variant.market, self._passed.run.desk.layout, openings=variant.openings,
                until_us=end_us,
            )  # fmt: skip
        return self._known[key]


def _seen_events(seen: BarsSeen, place: int, *, unknown: Sequence[Unknown]) -> Counter[type[Event]]:
    """Return how many breaches and data gaps one account had."""
    breaches = find_breaches(
        seen.table,
        seen.numbers[place],
        ceilings=seen.ceilings[place],
        time_us=seen.time_us,
        filled_us=(),
    )
    held = seen.account(place)
    gaps = find_data_gaps(unknown, seen.layout, time_us=seen.time_us, held=held)
    return Counter({Breach: len(breaches), DataGap: len(gaps)})
