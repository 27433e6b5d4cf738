"""Evaluates a policy over a history: the decisions of `plan`, carried out one after the other."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from rebalancer.engine import Moment, decide
from rebalancer.errors import UsageError
from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.columns import (
    Carried,
    close_book,
    open_holdings,
    require_prices,
    require_worth,
    run_layout,
)
from rebalancer.evaluation.earned import nothing_earned
from rebalancer.evaluation.evaluation import PARTS, Evaluation, FillRule
from rebalancer.evaluation.filling import Desk, FillRows
from rebalancer.evaluation.foresight import Foresight
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.leaping import Foreseen, leap
from rebalancer.evaluation.made_plans import MadePlans, PlanNotice
from rebalancer.evaluation.own_numbers import learn_own_numbers
from rebalancer.evaluation.record import Record
from rebalancer.evaluation.results import evaluation_of
from rebalancer.evaluation.span import Span
from rebalancer.evaluation.stops import Rows, pass_history
from rebalancer.evaluation.tickets import Tickets, no_tickets, plan_tickets
from rebalancer.evaluation.timeline import (
    Timeline,
    build_timeline,
    calendar_symbols,
    first_bar_us,
    last_bar_us,
)
from rebalancer.evaluation.variant import Variant, prepare_variants
from rebalancer.model.book import Book
from rebalancer.model.instant import format_instant
from rebalancer.model.market import Market, rows_until
from rebalancer.model.plan import Plan, PlanStatus
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout
from rebalancer.policy.compiled import Policy


def evaluate(
    policy: Policy,
    market: Market,
    *,
    book: Book,
    start_us: int | None = None,
    end_us: int | None = None,
    fill: FillRule = FillRule.NEXT_OPEN,
) -> Evaluation:
    """Return what a policy would have done with a book over a market's history.

    Decisions are those of `plan`, at calendar times, at urgent steps between them and, where the
    policy says so, at the bar of a limit breach. The run begins at `start_us` (the first bar of
    what the policy names) and ends with the last bar at or before `end_us`.

    Raises UsageError where no bar lies between start and end, and where the book holds something
    that has no price at the start, or is worth nothing then.
    """
    span = Span(book, start_us, end_us, fill)
    (known,) = learn_own_numbers(
        [policy], [market], run=lambda _, markets: [_run(policy, markets[0], span=span)]
    )
    return _run(policy, known, span=span)


def _run(policy: Policy, market: Market, *, span: Span) -> Evaluation:
    """Return one run of a policy, its signals read from the market as it stands."""
    book, fill = span.book, span.fill
    layout = run_layout(policy, market.instruments, book=book)
    symbols = calendar_symbols(policy, layout)
    start_us, end_us = period_of(market, symbols, start_us=span.start_us, end_us=span.end_us)
    timeline = build_timeline([market], layout, symbols=symbols, span=(start_us, end_us))
    holdings, carried = open_start(market, layout, book=book, start_us=start_us)
    (variant,) = prepare_variants(
        [policy], [market], span=(start_us, end_us), opened=(book, carried)
    )
    fills: list[FillRows] = []
    slippage = [float(policy.slippage)]
    run = open_run(timeline, layout, holdings=holdings, slippage=slippage, note_fills=fills.append)
    desk = SoloDesk(run, variant, fill)
    pass_history(run, [variant], decide=desk.decide, leap=desk.leap)
    return evaluation_of(run, variant, row=0, fills=fills, made=(fill, desk.plans))


class SoloDesk:
    """What the one account of a run sends, and its plans."""

    def __init__(self, run: HistoryRun, variant: Variant, fill: FillRule) -> None:
        self._run, self._variant, self._fill = run, variant, fill
        self._foresight = Foresight(run, variant, fill)
        self.plans = MadePlans()

    def decide(self, rows: Rows, at_us: int) -> Iterator[tuple[Rows, Tickets]]:
        """Yield what the account sends: as foreseen, or else as its whole plan says."""
        foreseen, held = self._foresight.foresee(at_us), self._run.desk.accounts.holdings
        if foreseen is None:
            plan, variant = self._plan(held, 0, at_us), self._variant
            self.plans.add(plan)
            layout = self._run.desk.layout
            foreseen = plan_tickets(plan, layout, openings=variant.openings, fill=self._fill)
        else:
            self._note_plans(Foreseen(np.array([at_us]), held, foreseen), 1)
        yield rows, foreseen

    def leap(self, at_us: int) -> int:
        """Pass the decisions that are foreseen from a time on; return when the next one is."""
        foreseen = self._foresight.look_ahead(at_us)
        passed = 0 if foreseen is None else leap(self._run, foreseen)
        if foreseen is None or not passed:
            return at_us
        self._note_plans(foreseen, passed)
        next_us = int(foreseen.decided_us[passed])
        self._foresight.expect_more(next_us)
        return next_us

    def _note_plans(self, foreseen: Foreseen, count: int) -> None:
        """Note the plans of the first decisions: they are made when they are read."""
        sent = foreseen.tickets
        trades = np.any(sent.pending, axis=1) | np.any(sent.transfers, axis=1)
        at_us = foreseen.decided_us[:count]
        warned = zip(at_us.tolist(), self._foresight.warn(at_us), strict=True)
        for row, (time_us, warnings) in enumerate(warned):
            status = PlanStatus.TRADE if trades[row] else PlanStatus.HOLD
            make = partial(self._plan, foreseen.books, row, time_us)
            self.plans.add_later(make, PlanNotice(time_us, status, warnings))

    def _plan(self, held: Holdings, row: int, at_us: int) -> Plan:
        layout = self._run.desk.layout
        return plan_row(held, layout, variant=self._variant, row=row, at_us=at_us)


def open_start(
    market: Market, layout: Layout, *, book: Book, start_us: int
) -> tuple[Holdings, Carried]:
    """Return a book as arrays of a batch of one, and what of it has no column.

    Raises UsageError where it holds something that has no price at the start.
    """
    holdings, carried = open_holdings(layout, book)
    known = {
        symbol: symbol in market.bars and rows_until(market.bars[symbol].time_us, start_us) > 0
        for symbol in layout.symbols
    }
    require_prices(layout, holdings, known=known)
    return holdings, carried


def open_run(
    timeline: Timeline,
    layout: Layout,
    *,
    holdings: Holdings,
    slippage: Sequence[float],
    note_fills: Callable[[FillRows], None],
) -> HistoryRun:
    """Return a run at its start: one account for each slippage, all with the same holdings.

    Raises UsageError where they are worth nothing.
    """
    batch = len(slippage)
    start = Holdings(
        *(np.repeat(getattr(holdings, name), batch, axis=0) for name in Holdings.__slots__)
    )
    require_worth(layout, start, close=timeline.close[:, 0])
    shape = (batch, len(layout.instruments))
    desk = Desk(
        layout=layout,
        accounts=Accounts(start, np.broadcast_to(timeline.close[:, 0], shape)),
        tickets=no_tickets(layout, batch),
        slippage=np.array(slippage),
        parts=nothing_earned(batch, len(PARTS)),
        note_fills=note_fills,
    )
    funding, plans = nothing_earned(batch, layout.future_count), np.zeros(batch, dtype=np.intp)
    return HistoryRun(timeline, desk, Record(layout), funding, plans)


def period_of(
    market: Market, symbols: Sequence[str], *, start_us: int | None, end_us: int | None
) -> tuple[int, int]:
    """Return the first and last time of a run over the bars of some symbols."""
    first_us = first_bar_us(market, symbols)
    last_us = last_bar_us(market, symbols, until_us=end_us)
    if first_us is None or last_us is None:
        raise UsageError("the market has no bar of what the policy names before the end")
    start_us = first_us if start_us is None else start_us
    if last_us <= start_us:
        raise UsageError(
            f"there is no bar after the start, {format_instant(start_us)}: "
            f"the last one is of {format_instant(last_us)}"
        )
    return start_us, last_us


def plan_row(held: Holdings, layout: Layout, *, variant: Variant, row: int, at_us: int) -> Plan:
    """Return the plan of one account of a batch: the one that `plan` would print."""
    book = close_book(layout, held, row=row, carried=variant.carried, as_of_us=at_us)
    (plan,) = decide(
        variant.policy,
        variant.market,
        history=variant.history,
        books=[book],
        moment=Moment(at_us),
    )
    return plan
