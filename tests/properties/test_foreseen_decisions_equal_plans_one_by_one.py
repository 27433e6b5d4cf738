"""A run that foresees its decisions is, byte for byte, the run that plans one after another."""

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.columns import run_layout
from rebalancer.evaluation.evaluate import open_run, open_start, period_of, plan_row
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.filling import FillRows
from rebalancer.evaluation.made_plans import notices_of
from rebalancer.evaluation.results import evaluation_of
from rebalancer.evaluation.sent import Rows
from rebalancer.evaluation.stops import pass_history
from rebalancer.evaluation.tickets import Tickets, plan_tickets
from rebalancer.evaluation.timeline import build_timeline, calendar_symbols
from rebalancer.evaluation.variant import prepare_variants
from rebalancer.model.book import Book
from rebalancer.model.instant import HOUR_US
from rebalancer.model.market import Market
from rebalancer.model.plan import Plan
from rebalancer.policy.compiled import OnBreach, Policy, TradeTo
from tests.properties.random_histories import DrawnHistory, drawn_histories
from tests.unit.evaluation.small_histories import run_of


def plan_one_by_one(policy: Policy, market: Market, *, book: Book, fill: FillRule) -> Evaluation:
    """The evaluation in which every decision is a whole plan, made when it is reached."""
    layout = run_layout(policy, market.instruments, book=book)
    symbols = calendar_symbols(policy, layout)
    span = period_of(market, symbols, start_us=None, end_us=None)
    timeline = build_timeline([market], layout, symbols=symbols, span=span)
    holdings, carried = open_start(market, layout, book=book, start_us=span[0])
    (variant,) = prepare_variants([policy], [market], span=span, opened=(book, carried))
    fills: list[FillRows] = []
    plans: list[Plan] = []
    slippage = [float(policy.slippage)]
    run = open_run(timeline, layout, holdings=holdings, slippage=slippage, note_fills=fills.append)

    def decide(rows: Rows, at_us: int) -> Iterator[tuple[Rows, Tickets]]:
        held = run.desk.accounts.holdings
        plan = plan_row(held, layout, variant=variant, row=0, at_us=at_us)
        plans.append(plan)
        yield rows, plan_tickets(plan, layout, openings=variant.openings, fill=fill)

    pass_history(run, [variant], decide=decide)
    return evaluation_of(run, variant, row=0, fills=fills, made=(fill, plans))


def assert_same(one: Evaluation, other: Evaluation) -> None:
    """Every array to the bit, everything else by its value; plans are made to be compared."""
    for field in fields(Evaluation):
        mine, yours = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.tobytes() == yours.tobytes(), field.name
        elif field.name == "plans":
            # what is known of plans that are not made yet, and then the plans themselves
            assert notices_of(mine) == notices_of(yours)
            assert mine == yours
        else:
            assert mine == yours, field.name


@pytest.mark.property
@given(
    drawn=drawn_histories(),
    fill=st.sampled_from(list(FillRule)),
    band=st.sampled_from(["0", "0.02", "0.1"]),
    to=st.sampled_from(list(TradeTo)),
    turnover=st.sampled_from([None, Decimal("0.04"), Decimal("0.3")]),
    when=st.tuples(st.sampled_from([12, 24, 48, 7 * 24]), st.sampled_from(list(OnBreach))),
)
def test_a_foreseen_run_is_the_run_of_its_plans(
    drawn: DrawnHistory,
    fill: FillRule,
    band: str,
    to: TradeTo,
    turnover: Decimal | None,
    when: tuple[int, OnBreach],
) -> None:
    market, (every, on_breach) = drawn.market(), when
    chosen = replace(
        drawn.policy.rebalance,
        every_us=every * HOUR_US,
        offset_us=drawn.policy.rebalance.offset_us % (every * HOUR_US),
        band=Decimal(band),
        to=to,
        on_breach=on_breach,
    )
    (regime,) = drawn.policy.regimes
    regime = replace(regime, limits=replace(regime.limits, turnover=turnover))
    policy = replace(drawn.policy, rebalance=chosen, regimes=(regime,))

    foreseen = run_of(policy, market, book=drawn.book, fill=fill)

    assert_same(foreseen, plan_one_by_one(policy, market, book=drawn.book, fill=fill))
