"""Evaluates a policy over a history: the decisions of `plan`, carried out one after the other."""

import numpy as np

from rebalancer.engine import Moment, decide
from rebalancer.errors import UsageError
from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.columns import close_book, open_holdings, require_prices, run_layout
from rebalancer.evaluation.drifting import Drift
from rebalancer.evaluation.evaluation import PARTS, Evaluation, FillRule
from rebalancer.evaluation.filling import Desk
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.record import open_record
from rebalancer.evaluation.results import evaluation_of
from rebalancer.evaluation.tickets import no_tickets, plan_tickets
from rebalancer.evaluation.timeline import Timeline, build_timeline, first_bar_us, last_bar_us
from rebalancer.evaluation.variant import Variant, prepare_variant
from rebalancer.model.book import Book
from rebalancer.model.instant import format_instant
from rebalancer.model.market import Market
from rebalancer.model.observations import Booleans
from rebalancer.model.plan import Plan
from rebalancer.planner.layout import Layout
from rebalancer.policy.compiled import Policy

REPLACED = "a later plan took its place"
ENDED = "the evaluation ended first"


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
    what the policy trades) and ends with the last bar at or before `end_us`.

    Raises UsageError where no bar lies between start and end, and where the book holds something
    that has no price at the start.
    """
    layout = run_layout(policy, market.instruments, book=book)
    start_us, end_us = _period(market, layout, start_us=start_us, end_us=end_us)
    timeline = build_timeline([market], layout, start_us=start_us, end_us=end_us)
    holdings, carried = open_holdings(layout, book)
    known = {
        symbol: symbol in market.bars and int(market.bars[symbol].time_us[0]) <= start_us
        for symbol in layout.symbols
    }
    require_prices(layout, holdings, known=known)
    variant = prepare_variant(
        policy, market, start_us=start_us, end_us=end_us, opened=(book, carried)
    )
    desk = Desk(
        layout=layout,
        accounts=Accounts(holdings, timeline.close[:, 0]),
        tickets=no_tickets(layout, 1),
        slippage=np.array([float(policy.slippage)]),
        parts=np.zeros((1, len(PARTS))),
    )
    run = HistoryRun(
        timeline, desk, open_record(timeline, layout, batch=1), np.zeros((1, layout.future_count))
    )
    plans = _run(run, variant, fill=fill)
    return evaluation_of(run, variant, row=0, fill=fill, plans=plans)


def _period(
    market: Market, layout: Layout, *, start_us: int | None, end_us: int | None
) -> tuple[int, int]:
    """Return the first and last time of a run."""
    first_us = first_bar_us(market, layout.symbols)
    last_us = last_bar_us(market, layout.symbols, until_us=end_us)
    if first_us is None or last_us is None:
        raise UsageError("the market has no bar of what the policy trades before the end")
    start_us = first_us if start_us is None else start_us
    if last_us <= start_us:
        raise UsageError(
            f"there is no bar after the start, {format_instant(start_us)}: "
            f"the last one is of {format_instant(last_us)}"
        )
    return start_us, last_us


def _run(run: HistoryRun, variant: Variant, *, fill: FillRule) -> list[Plan]:
    """Pass the whole timeline; return every plan that was made."""
    timeline, desk, plans = run.timeline, run.desk, list[Plan]()
    end_us, decisions = int(timeline.time_us[-1]), variant.decides_us.tolist()
    run.begin()
    watch = _watch(variant, timeline) if variant.plans_on_breach else None
    asked = watch is not None and run.asks_at_start(watch)
    next_decision = 0
    now_us = int(timeline.time_us[0])
    while True:
        if next_decision < len(decisions) and decisions[next_decision] == now_us:
            next_decision += 1
            asked = True
        if asked:
            plan = _decide(run, variant, at_us=now_us)
            desk.cancel(np.ones(1, dtype=bool), at_us=now_us, reason=REPLACED)
            desk.tickets = plan_tickets(plan, desk.layout, openings=variant.openings, fill=fill)
            plans.append(plan)
        if now_us == end_us:
            break
        desk.carry_out(now_us)
        stops = [end_us, max(desk.tickets.next_us, now_us)]
        if next_decision < len(decisions):
            stops.append(decisions[next_decision])
        asked = run.advance(min(stops), watch=watch) is not None
        now_us = run.now_us if asked else min(stops)
    desk.cancel(np.ones(1, dtype=bool), at_us=now_us, reason=ENDED)
    return plans


def _decide(run: HistoryRun, variant: Variant, *, at_us: int) -> Plan:
    """Return the plan of the account as it stands."""
    held = run.desk.accounts.holdings
    book = close_book(run.desk.layout, held, row=0, carried=variant.carried, as_of_us=at_us)
    (plan,) = decide(
        variant.policy,
        variant.market,
        history=variant.history,
        books=[book],
        moment=Moment(at_us),
    )
    return plan


class _Watcher:
    """Asks for a plan at the first bar of a drift at which a limit is broken."""

    def __init__(self, variant: Variant, timeline: Timeline) -> None:
        self._variant, self._timeline = variant, timeline

    def __call__(
        self, accounts: Accounts, drifted: Drift, points: slice
    ) -> tuple[int, Booleans] | None:
        place = self._variant.first_breach(
            accounts, drifted, points, row=0, timeline=self._timeline
        )
        return None if place is None else (place, np.ones(1, dtype=bool))


def _watch(variant: Variant, timeline: Timeline) -> _Watcher:
    return _Watcher(variant, timeline)
