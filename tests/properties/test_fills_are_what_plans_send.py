"""Filled at the close it was decided on, and without slippage, a plan trades what it prints."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.events import CutOrder
from rebalancer.model.plan import Order, Plan, Side
from tests.properties.random_histories import DrawnHistory, drawn_histories
from tests.unit.evaluation.small_histories import run_of

Amounts = dict[str, Decimal]


def ordered(plan: Plan) -> tuple[Amounts, Amounts]:
    """What a plan orders of each instrument, net and in all."""
    net: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for trade in plan.trades:
        if isinstance(trade, Order):
            sign = 1 if trade.side is Side.BUY else -1
            net[trade.symbol] += sign * trade.amount  # type: ignore[assignment]  # exact amounts
            whole[trade.symbol] += trade.amount  # type: ignore[assignment]  # exact amounts
    return _of(net), _of(whole)


def filled(found: Evaluation, decided_us: int) -> tuple[Amounts, Amounts]:
    """What was filled of each instrument, net and in all."""
    net: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for fill in found.fills:
        if fill.decided_us == decided_us:
            net[fill.symbol] += fill.amount  # type: ignore[assignment]  # exact amounts
            whole[fill.symbol] += abs(fill.amount)  # type: ignore[assignment]  # exact amounts
    return _of(net), _of(whole)


def _of(counted: Counter[str]) -> Amounts:
    return {symbol: Decimal(amount) for symbol, amount in counted.items() if amount}


@pytest.mark.property
@given(drawn=drawn_histories())
def test_what_is_filled_is_what_was_ordered(drawn: DrawnHistory) -> None:
    policy = replace(drawn.policy, slippage=Decimal(0))

    found = run_of(policy, drawn.market(), book=drawn.book, fill=FillRule.SAME_CLOSE)

    cut = {event.decided_us for event in found.events if isinstance(event, CutOrder)}
    for plan in found.plans[:-1]:
        if plan.as_of_us not in cut:
            assert filled(found, plan.as_of_us) == ordered(plan)


@pytest.mark.property
@given(drawn=drawn_histories())
def test_no_close_finds_less_than_the_plan_saw(drawn: DrawnHistory) -> None:
    found = run_of(drawn.policy, drawn.market(), book=drawn.book, fill=FillRule.SAME_CLOSE)

    cuts = (event for event in found.events if isinstance(event, CutOrder))
    assert [cut for cut in cuts if cut.reason == "less of the position was left"] == []
