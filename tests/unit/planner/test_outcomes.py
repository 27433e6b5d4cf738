"""What stale data and limits that nothing mends leave of a plan."""

from decimal import Decimal

import pytest

from rebalancer.model.instant import DAY_US
from rebalancer.model.plan import PlanStatus
from tests.small_plans import AS_OF_US, book_of, market_of, plan_of, policy_of, sent, spot_pair

LATE_US = AS_OF_US + 3 * DAY_US
STALE = (
    "price of `BTC/USDT` is 3d old, over `data.max_age` of 2d",
    "price of `BTC/USDT:USDT` is 3d old, over `data.max_age` of 2d",
)
CORE = ("core: {kind: spot}", "core: 50%, cash: 50%")
SYMBOL = "BTC/USDT:USDT"


def test_stale_data_sends_only_reductions() -> None:
    policy = policy_of(*CORE)

    sells = plan_of(policy, book_of(BTC="8", USDT="200"), as_of_us=LATE_US)
    buys = plan_of(policy, book_of(BTC="2", USDT="800"), as_of_us=LATE_US)

    assert (sells.status, sent(sells)) == (PlanStatus.REDUCE_ONLY, ["sell 3 BTC/USDT"])
    assert (buys.status, sent(buys)) == (PlanStatus.REDUCE_ONLY, [])
    assert sells.warnings == buys.warnings == STALE


def test_what_stale_data_keeps_back_is_a_residual_with_its_reason() -> None:
    plan = plan_of(policy_of(*CORE), book_of(BTC="2", USDT="800"), as_of_us=LATE_US)

    assert [(left.name, left.amount, left.reason) for left in plan.residuals] == [
        ("BTC/USDT", Decimal(3), "only reductions are sent")
    ]


def test_stale_data_may_hold_everything() -> None:
    policy = policy_of(*CORE, more="data: {when_stale: hold}")

    plan = plan_of(policy, book_of(BTC="8", USDT="200"), as_of_us=LATE_US)

    assert (plan.status, sent(plan), plan.warnings) == (PlanStatus.HOLD, [], STALE)
    assert [left.reason for left in plan.residuals] == ["nothing is sent on stale data"]


def test_stale_data_may_refuse_the_plan() -> None:
    policy = policy_of(*CORE, more="data: {when_stale: error}")

    plan = plan_of(policy, book_of(BTC="8", USDT="200"), as_of_us=LATE_US)

    assert plan.status is PlanStatus.REFUSED
    assert [refusal.message for refusal in plan.refusals] == list(STALE)


@pytest.mark.parametrize("age_us", [0, 2 * DAY_US])
def test_data_that_is_young_enough_is_traded_on(age_us: int) -> None:
    plan = plan_of(policy_of(*CORE), book_of(BTC="2", USDT="800"), as_of_us=AS_OF_US + age_us)

    assert (plan.status, sent(plan)) == (PlanStatus.TRADE, ["buy 3 BTC/USDT"])


def test_a_reduction_that_makes_a_number_worse_is_not_sent_on_stale_data() -> None:
    # selling the spot of a hedged book moves exposure from -10 % to further below zero
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
        "core: 30%, tilt: 50%, cash: 20%",
        limits="{net_exposure: [-100%, 100%]}",
    )
    book = book_of((SYMBOL, "-5", "100"), BTC="4", USDT="100", wallet="500")

    assert sent(plan_of(policy, book)) == ["sell 1 BTC/USDT"]
    assert sent(plan_of(policy, book, as_of_us=LATE_US)) == []


def test_a_limit_that_nothing_mends_is_refused_when_nothing_helps() -> None:
    # the whole book is one lot, and exposure must be under 50 %
    policy = policy_of(*CORE, limits="{net_exposure: [0%, 50%]}")
    market = market_of(spot_pair("BTC", step="10"))

    plan = plan_of(policy, book_of(BTC="9.9", USDT="10"), market=market)

    assert plan.status is PlanStatus.REFUSED
    assert [refusal.guard for refusal in plan.refusals] == ["broken-limit"]
    assert "limit net_exposure is broken" in plan.refusals[0].message


def test_a_limit_that_is_only_improved_is_a_reduce_only_plan_that_says_so() -> None:
    # 9.9 coins in lots of 4 against exposure of at most 15 %: 1.9 coins stay, 19 %
    policy = policy_of(
        "core: {kind: spot}", "core: 10%, cash: 90%", limits="{net_exposure: [0%, 15%]}"
    )
    market = market_of(spot_pair("BTC", step="4"))

    plan = plan_of(policy, book_of(BTC="9.9", USDT="10"), market=market)

    assert (plan.status, sent(plan)) == (PlanStatus.REDUCE_ONLY, ["sell 8 BTC/USDT"])
    assert plan.warnings[-1] == (
        "limit net_exposure is broken, and no plan is found that mends it; it is possible with "
        "net_exposure at most 19% instead of 15%"
    )
    assert not plan.limits[0].holds
