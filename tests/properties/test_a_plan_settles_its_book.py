"""A plan applied to its own book leaves nothing but the hair that its fees moved the edges by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Book, Position
from rebalancer.model.plan import Order, Plan, PlanStatus
from rebalancer.policy import read_policy
from tests.properties.held_to_the_oracle import Planned, plan_randomly
from tests.properties.random_cases import AS_OF_US

LOTS_OF_LEEWAY = 3
"""Lots that a second plan may move of one instrument: the first one's rounding, both ways."""


def book_after(book: Book, plan: Plan) -> Book:
    positions = tuple(Position(*each) for each in plan.book_after.positions)
    spot, wallets = dict(plan.book_after.spot), dict(plan.book_after.wallets)
    return Book(AS_OF_US, book.account, spot, wallets, positions)


def settled(planned: Planned) -> list[tuple[Plan, Plan]]:
    """Each plan that reached its band freely, with the plan made of the book it leaves."""
    policy, _ = read_policy(planned.case.policy.encode(), "random.yaml")
    assert policy is not None
    free = [
        (book_after(book, plan), plan)
        for book, plan in zip(planned.books, planned.plans, strict=True)
        if plan.status is PlanStatus.TRADE
        and not plan.residuals
        and not any("shrunk" in note or "taken off" in note for note in plan.warnings)
        and not any("forces" in trade.reason for trade in plan.trades)
    ]
    history = prepare(policy, planned.case.market, as_of_us=AS_OF_US)
    again = decide(
        policy,
        planned.case.market,
        history=history,
        books=[book for book, _ in free],
        moment=Moment(AS_OF_US),
    )
    return [(first, second) for (_, first), second in zip(free, again, strict=True)]


def lot_worth(planned: Planned, order: Order) -> float:
    """What one lot of an order is worth in the quote coin."""
    instrument = planned.case.market.instruments[order.symbol]
    return float(instrument.lot_size) * (1 if instrument.is_inverse else float(order.price))


def is_a_hair_over(plan: Plan, order: Order, *, worth: float) -> bool:
    """Whether something of an order's coin is over its edge by no more than this, before a plan.

    Fees that a first plan paid push what lies on its edge a hair over it; `to: target` then trades
    the whole band, and shorts that are sized on it follow.
    """
    coin = order.symbol.partition("/")[0]
    over = [
        max(line.low - line.before, line.before - line.high) * float(plan.nav)
        for line in plan.instruments
        if str(line.symbol or line.wallet).partition("/")[0] == coin
    ]
    return any(0 < each <= worth for each in over)


@pytest.mark.property
@pytest.mark.parametrize(("cases", "books", "mixed"), [(2, 20, False), (1, 3, True)])
@given(seed=st.integers(min_value=0, max_value=2**48))
def test_planning_again_trades_no_more_than_fees_and_lots(
    cases: int, books: int, *, mixed: bool, seed: int
) -> None:
    for planned in plan_randomly(seed, cases=cases, books=books, mixed=mixed):
        for first, second in settled(planned):
            fees = float(first.fees + first.slippage)
            for order in (trade for trade in second.trades if isinstance(trade, Order)):
                moved = float(order.notional)
                leeway = 3 * fees + LOTS_OF_LEEWAY * lot_worth(planned, order)
                to_target = "to: target" in planned.case.policy
                excused = to_target and is_a_hair_over(second, order, worth=leeway)
                assert moved <= leeway or excused, (first, second)
