from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

import rebalancer
from rebalancer.errors import InvalidInput, UsageError
from rebalancer.model.book import Book
from rebalancer.model.instant import DAY_US, parse_instant
from rebalancer.model.market import Market
from rebalancer.model.plan import PlanStatus
from rebalancer.policy.compiled import Policy

AS_OF_US = parse_instant("2025-07-21")


@pytest.fixture(scope="module")
def book(folder: Path) -> Book:
    return rebalancer.load_portfolio(folder / "portfolio.yaml")


def test_paths_and_values_give_the_same_plan(
    folder: Path, policy: Policy, market: Market, book: Book
) -> None:
    from_values = rebalancer.plan(policy, market, book)
    from_paths = rebalancer.plan(
        str(folder / "policy.yaml"), folder / "market", folder / "portfolio.yaml"
    )
    assert from_values == from_paths
    assert from_values.status is PlanStatus.TRADE
    assert from_values.as_of_us == AS_OF_US


@pytest.mark.parametrize(
    "as_of",
    [
        "2025-07-20",
        "2025-07-20T00:00Z",
        date(2025, 7, 20),
        datetime(2025, 7, 20, tzinfo=UTC),
        datetime(2025, 7, 20, 2, tzinfo=timezone(timedelta(hours=2))),
    ],
    ids=["day", "instant", "date", "in UTC", "in another zone"],
)
def test_a_time_may_be_a_text_a_date_or_a_datetime(
    policy: Policy, market: Market, book: Book, as_of: str | date
) -> None:
    assert rebalancer.plan(policy, market, book, as_of=as_of).as_of_us == AS_OF_US - DAY_US


def test_a_time_without_a_zone_is_refused(policy: Policy, market: Market, book: Book) -> None:
    naive = datetime(2025, 7, 20)  # noqa: DTZ001  -- the mistake under test
    with pytest.raises(UsageError, match="2025-07-20T00:00:00 has no zone"):
        rebalancer.plan(policy, market, book, as_of=naive)


def test_a_portfolio_of_another_time_is_refused(policy: Policy, market: Market, book: Book) -> None:
    old = replace(book, as_of_us=AS_OF_US - 2 * DAY_US)
    assert rebalancer.plan(policy, market, old, as_of="2025-07-21").as_of_us == AS_OF_US
    older = replace(book, as_of_us=AS_OF_US - 2 * DAY_US - 1)
    with pytest.raises(UsageError, match=r"more than the policy's `data\.max_age` of 2d"):
        rebalancer.plan(policy, market, older, as_of="2025-07-21")


def test_many_portfolios_get_the_plans_they_would_get_alone(
    policy: Policy, market: Market, book: Book
) -> None:
    richer = replace(book, spot={**book.spot, "USDT": Decimal(50_000)})
    earlier = replace(book, as_of_us=AS_OF_US - 7 * DAY_US)
    books = [book, earlier, richer, book]
    assert rebalancer.plan_many(policy, market, books) == [
        rebalancer.plan(policy, market, each) for each in books
    ]


def test_no_portfolios_are_no_plans(policy: Policy, market: Market) -> None:
    assert rebalancer.plan_many(policy, market, []) == []


@pytest.mark.parametrize(
    "price", [Decimal("70000.5"), "70000.5", 70000.5], ids=["decimal", "text", "number"]
)
def test_a_price_may_be_any_kind_of_number(
    policy: Policy, market: Market, book: Book, price: Decimal | str | float
) -> None:
    plan = rebalancer.plan(policy, market, book, prices={"BTC/USDT": price})
    assert dict(plan.prices)["BTC/USDT"] == Decimal("70000.5")


@pytest.mark.parametrize(
    ("symbol", "price", "message"),
    [
        ("BTC/USDTT", 1, "the market has no such symbol; did you mean `BTC/USDT`"),
        ("BTC/USDT", 0, "must be above 0, was `0`"),
        ("BTC/USDT", float("nan"), "must be a number, was `nan`"),
    ],
)
def test_a_price_that_nothing_can_use_is_refused(
    policy: Policy, market: Market, book: Book, symbol: str, price: float, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        rebalancer.plan(policy, market, book, prices={symbol: price})


def test_a_regime_that_the_policy_does_not_have_is_refused(
    policy: Policy, market: Market, book: Book
) -> None:
    with pytest.raises(UsageError, match="no regime `calm`"):
        rebalancer.plan(policy, market, book, regime="calm")


def test_a_file_that_cannot_be_used_raises_its_findings(folder: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        rebalancer.plan(folder / "absent.yaml", folder / "market", folder / "portfolio.yaml")
    assert [finding.code for finding in caught.value.findings] == ["missing-file"]


def test_a_status_is_of_the_last_row_unless_a_time_is_given(policy: Policy, market: Market) -> None:
    assert rebalancer.status(policy, market).as_of_us == AS_OF_US
    earlier = rebalancer.status(policy, market, as_of=date(2025, 2, 1))
    assert (earlier.as_of_us, earlier.regime.name) == (parse_instant("2025-02-01"), "accumulation")
