from decimal import Decimal, localcontext

import pytest

from rebalancer.engine import Moment, decide, prepare
from rebalancer.errors import UsageError
from rebalancer.model.book import Book
from rebalancer.model.plan import Plan, PlanStatus
from rebalancer.reports.plan_document import plan_document
from tests.small_plans import AS_OF_US, book_of, market_of, policy_of

POLICY = policy_of("core: {kind: spot}", "core: 60%, cash: 40%")
MARKET = market_of()


def decided(*books: Book, prices: dict[str, Decimal] | None = None) -> tuple[Plan, ...]:
    history = prepare(POLICY, MARKET, as_of_us=AS_OF_US)
    moment = Moment(AS_OF_US, prices=prices or {})
    return decide(POLICY, MARKET, history=history, books=books, moment=moment)


def test_a_plan_does_not_depend_on_the_callers_decimal_context() -> None:
    (plan,) = decided(book_of(BTC="1", USDT="1000"))

    with localcontext(prec=3):
        (rounded,) = decided(book_of(BTC="1", USDT="1000"))

    assert plan_document(rounded) == plan_document(plan)


def test_a_book_too_large_to_count_its_lots_is_refused() -> None:
    (plan,) = decided(Book(AS_OF_US, spot={"BTC": Decimal("1e23"), "USDT": Decimal(1)}))

    assert plan.status is PlanStatus.REFUSED
    assert "too-large" in [refusal.guard for refusal in plan.refusals]


def test_a_price_for_a_symbol_that_nobody_names_is_refused() -> None:
    with pytest.raises(UsageError, match="price for `SOL/USDT`: neither policy"):
        decided(book_of(BTC="1"), prices={"SOL/USDT": Decimal(100)})


def test_another_books_symbols_leave_a_plans_id_alone() -> None:
    mine, other = (
        book_of(BTC="1", USDT="1000"),
        Book(AS_OF_US, spot={"SOL": Decimal(1), "USDT": Decimal(1000)}),
    )
    price = {"SOL/USDT": Decimal(100)}

    alone = decided(mine)[0]
    together = decided(mine, other, prices=price)[0]

    assert together.plan_id == alone.plan_id


def test_a_signal_that_was_never_observed_is_said() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 60%, cash: 40%",
        more="signals: {mood: {series: fear_greed}}",
    )
    history = prepare(policy, MARKET, as_of_us=AS_OF_US)
    book = book_of(BTC="1", USDT="1000")

    (plan,) = decide(policy, MARKET, history=history, books=[book], moment=Moment(AS_OF_US))

    assert plan.status is PlanStatus.TRADE
    assert plan.warnings == ("signal `mood` has no observation yet: what depends on it is unknown",)
