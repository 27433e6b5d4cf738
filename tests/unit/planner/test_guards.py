from decimal import Decimal

import pytest

from rebalancer.model.book import Account, Book
from rebalancer.model.plan import Plan, PlanStatus
from rebalancer.planner.guards import guard_books
from tests.small_plans import book_of, case_of, market_of, perpetual, plan_of, policy_of

POLICY = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 50%, cash: 50%")
SHORT = ("BTC/USDT:USDT", "-10", "100")


def refusal_of(book: Book) -> tuple[str, str]:
    plan = plan_of(POLICY, book)
    assert plan.status is PlanStatus.REFUSED
    (refusal,) = plan.refusals
    return refusal.guard, refusal.message


@pytest.mark.parametrize("account", list(Account))
def test_a_book_without_value_is_refused(account: Account) -> None:
    assert refusal_of(book_of(account=account)) == (
        "no-value",
        "net asset value must be positive, was 0.00",
    )


def test_a_loss_larger_than_the_book_is_refused() -> None:
    # 10 short from 50, at 100: -500 on 300 in all; its wallet is under maintenance as well
    plan = plan_of(POLICY, book_of(("BTC/USDT:USDT", "-10", "50"), USDT="200", wallet="100"))

    assert [refusal.guard for refusal in plan.refusals] == ["no-value", "maintenance-margin"]
    assert plan.refusals[0].message == "net asset value must be positive, was -200.00"
    assert plan.nav == Decimal(-200)


@pytest.mark.parametrize("wallet", ["5", "4.99", "0"])
def test_a_wallet_at_or_under_maintenance_margin_is_refused(wallet: str) -> None:
    # 0.5 % of 1,000
    assert refusal_of(book_of(SHORT, USDT="900", wallet=wallet)) == (
        "maintenance-margin",
        "the USDT wallet is at or under its maintenance margin",
    )


def test_a_wallet_just_above_maintenance_margin_is_planned_for() -> None:
    assert plan_of(POLICY, book_of(SHORT, USDT="900", wallet="5.01")).refusals == ()


def test_a_wallet_without_positions_needs_no_margin() -> None:
    assert plan_of(POLICY, book_of(USDT="900", wallet="0")).refusals == ()


def test_the_pool_of_a_unified_account_is_its_wallet() -> None:
    book = book_of(SHORT, USDT="5", account=Account.UNIFIED)

    assert refusal_of(book) == (
        "maintenance-margin",
        "the unified wallet is at or under its maintenance margin",
    )


def test_a_maintenance_tier_counts_on_the_whole_notional() -> None:
    market = market_of(perpetual("BTC", tiers=[("0", "0.5%", "100"), ("500", "10%", "5")]))
    # cum 500 · 9.5 % = 47.5: 100 - 47.5 = 52.5 on 1,000
    books = [book_of(SHORT, USDT="900", wallet=wallet) for wallet in ("52.4", "52.6")]

    assert list(guard_books(case_of(POLICY, *books, market=market))) == [0]


def refused_plan() -> Plan:
    return plan_of(POLICY, book_of(XYZ="1", USDT="900", BTC="1"))


def test_a_refused_plan_trades_nothing_and_names_every_reason() -> None:
    plan = refused_plan()

    assert (plan.status, plan.trades) == (PlanStatus.REFUSED, ())
    assert [refusal.guard for refusal in plan.refusals] == ["unknown-coin"]
    assert plan.nav == plan.nav_after == 1000


def test_a_refused_plan_still_shows_regime_prices_and_targets() -> None:
    plan = refused_plan()

    assert plan.regime.name == "only"
    assert dict(plan.prices) == {"BTC/USDT": Decimal(100), "BTC/USDT:USDT": Decimal(100)}
    assert dict(plan.targets) == {"tilt": Decimal("0.5"), "cash": Decimal("0.5")}
    assert plan.plan_id.startswith("sha256:")


def test_a_book_that_cannot_be_valued_has_no_nav() -> None:
    market = market_of(prices={"BTC/USDT": "100"})
    plan = plan_of(POLICY, book_of(SHORT, USDT="900", wallet="100"), market=market)

    assert (plan.status, plan.nav) == (PlanStatus.REFUSED, Decimal(0))
