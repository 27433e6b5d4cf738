"""W17 and W18 with the coin itself as collateral, through the planner."""

from decimal import Decimal

import pytest

from rebalancer.model.plan import PlanStatus
from tests.small_plans import book_of, inverse, market_of, plan_of, policy_of, sent

ASSETS = "{BTC: {spot: BTC/USDT, future: 'BTC/USD:BTC'}}"
SLEEVES = "core: {kind: spot}, dollars: {kind: basis, collateral: coin}"


def test_w17_with_coin_collateral_no_spot_is_traded() -> None:
    policy = policy_of(SLEEVES, "core: 70%, dollars: 30%", assets=ASSETS)

    plan = plan_of(policy, book_of(BTC="10"), market=market_of(inverse("BTC")))

    assert sent(plan) == ["send 3.00000000 BTC to futures", "sell 300 BTC/USD:BTC"]
    assert plan.nav_after == 1_000


@pytest.mark.parametrize("price", ["20000", "40000", "60000", "400000"])
def test_w18_a_coin_and_a_short_of_forty_thousand_are_worth_that_at_any_price(price: str) -> None:
    policy = policy_of(
        SLEEVES,
        "dollars: 100%",
        assets=ASSETS,
        limits="{net_exposure: [-1%, 1%], liquidation_distance: 90%}",
    )
    marks = {"BTC/USDT": price, "BTC/USD:BTC": price}
    book = book_of(("BTC/USD:BTC", "-40000", "40000"), coin_wallet="1")

    plan = plan_of(policy, book, market=market_of(inverse("BTC"), prices=marks))

    limits = {line.name: line.after for line in plan.limits}
    assert (plan.status, plan.nav) == (PlanStatus.HOLD, Decimal(40_000))
    assert limits["net_exposure"] == pytest.approx(0, abs=1e-12)
    assert limits["liquidation_distance"] is None


def test_w18_a_linear_short_of_one_times_goes_near_double() -> None:
    policy = policy_of("bear: {kind: short}", "bear: 100%", limits="{liquidation_distance: 90%}")
    book = book_of(("BTC/USDT:USDT", "-10", "100"), wallet="1000", USDT="0")

    plan = plan_of(policy, book)

    (limit,) = plan.limits
    # 1,000 of margin, 10 coins at 100, maintenance 0.5 %: 2,000 / (10 · 1.005) = 199.005
    assert limit.after == pytest.approx(0.99005, abs=1e-5)
