"""One plan as a reader sees it: lines, money, groups of legs, and what forced it."""

from decimal import Decimal

import pytest

from rebalancer.model.plan import Order, Plan, Transfer
from rebalancer.planner import choosing
from tests.small_plans import (
    BTC_AND_ETH,
    PRICES,
    WHOLE_LEGS,
    book_of,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    spot_pair,
)

CARRY = "core: {kind: spot}, carry: {kind: basis, leverage: 1}"
MIXED = policy_of(CARRY, "core: 40%, carry: 40%, cash: 20%", assets=BTC_AND_ETH)
FEES = market_of(
    *(spot_pair(coin, fee="0.1%") for coin in ("BTC", "ETH")),
    *(perpetual(coin, fee="0.05%") for coin in ("BTC", "ETH")),
)


def orders(plan: Plan) -> list[Order]:
    return [trade for trade in plan.trades if isinstance(trade, Order)]


def test_steps_count_from_one() -> None:
    plan = plan_of(MIXED, book_of(USDT="1000"), market=FEES)

    assert [trade.step for trade in plan.trades] == [1, 2, 3, 4, 5, 6, 7]
    assert isinstance(plan.trades[0], Transfer)


def test_nav_after_is_nav_less_every_fee() -> None:
    plan = plan_of(MIXED, book_of(USDT="1000"), market=FEES)

    fees = sum((order.fee for order in orders(plan)), Decimal(0))
    assert plan.fees == fees > 0
    assert plan.nav_after == 1000 - fees


def test_both_legs_of_a_pair_carry_its_name() -> None:
    groups = {
        order.symbol: order.leg_group for order in orders(plan_of(MIXED, book_of(USDT="1000")))
    }

    assert groups == {
        "BTC/USDT": "carry/BTC",
        "BTC/USDT:USDT": "carry/BTC",
        "ETH/USDT": "carry/ETH",
        "ETH/USDT:USDT": "carry/ETH",
    }


def test_spot_that_is_sold_while_its_short_grows_is_no_leg_of_it() -> None:
    plan = plan_of(MIXED, book_of(BTC="9", ETH="10"))

    groups = {order.symbol: order.leg_group for order in orders(plan)}
    assert (groups["BTC/USDT"], groups["BTC/USDT:USDT"]) == (None, "carry/BTC")


def test_a_hedge_is_no_pair() -> None:
    hedged = policy_of(
        "core: {kind: spot}", "core: 50%, cash: 50%", hedges="[{of: core, ratio: 50%, with: own}]"
    )

    assert {order.leg_group for order in orders(plan_of(hedged, book_of(USDT="1000")))} == {None}


def test_a_closing_order_is_reduce_only_and_weighs_less_after() -> None:
    policy = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 20%, cash: 80%")

    (close, *_) = orders(
        plan_of(policy, book_of(("BTC/USDT:USDT", "-5", "100"), USDT="500", wallet="500"))
    )

    assert (close.reduce_only, close.unit, close.fee_coin) == (True, "contracts", "USDT")
    assert close.weight_before == pytest.approx(-0.5)
    assert close.weight_after == pytest.approx(-0.2)


def test_slippage_is_a_reserve_and_not_deducted() -> None:
    policy = policy_of(
        "core: {kind: spot}", "core: 50%, cash: 50%", more="execution: {slippage: 10bp}"
    )

    plan = plan_of(policy, book_of(USDT="1000"))

    assert plan.slippage == Decimal("0.5")
    assert [order.slippage for order in orders(plan)] == [Decimal("0.5")]
    assert plan.nav_after == 1000
    assert dict(plan.book_after.spot)["USDT"] == 500


def test_only_what_is_held_or_wanted_has_a_line() -> None:
    policy = policy_of(
        "core: {kind: spot, shares: {BTC: 100%}}", "core: 50%, cash: 50%", assets=BTC_AND_ETH
    )

    plan = plan_of(policy, book_of(BTC="2", USDT="800"))

    (line,) = plan.instruments
    assert (line.symbol, line.wallet) == ("BTC/USDT", None)
    assert (line.before, line.target, line.after) == pytest.approx((0.2, 0.5, 0.5))
    assert (line.low, line.high) == (0.5, 0.5)


def test_a_policy_without_limits_has_no_limit_lines() -> None:
    assert plan_of(MIXED, book_of(USDT="1000")).limits == ()


def test_prices_are_those_of_policy_and_book() -> None:
    plan = plan_of(policy_of("core: {kind: spot}", "core: 50%, cash: 50%"), book_of(USDT="1000"))

    assert dict(plan.prices) == {
        symbol: Decimal(PRICES[symbol]) for symbol in ("BTC/USDT", "BTC/USDT:USDT")
    }


def test_a_basis_on_different_marks_has_equal_base_quantities() -> None:
    market = market_of(prices={**PRICES, "BTC/USDT:USDT": "103"})
    carry = ("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%")

    plan = plan_of(policy_of(*carry, more=WHOLE_LEGS), book_of(USDT="1000"), market=market)

    assert [(order.symbol, order.quantity_base) for order in orders(plan)] == [
        ("BTC/USDT", Decimal(4)),
        ("BTC/USDT:USDT", Decimal(4)),
    ]


SPLIT = policy_of(
    "carry: {kind: basis, leverage: 3}",
    "carry: 100%",
    limits="{order_notional: 2500, net_exposure: ['-1%', '1%']}",
)


def test_orders_that_a_limit_splits_into_many_are_all_sent() -> None:
    plan = plan_of(SPLIT, book_of(USDT="1000000"))

    assert len(orders(plan)) > 500
    assert not any("not sent" in warning for warning in plan.warnings)


@pytest.mark.parametrize(("most", "sent"), [(100, 40), (700, 600)])
def test_a_plan_stops_once_the_rest_would_take_too_many_steps(
    most: int, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "_MOST_STEPS", most)
    monkeypatch.setattr(choosing, "_A_WHILE", 40)

    plan = plan_of(SPLIT, book_of(USDT="1000000"))

    # a few go in the plain order before steps are chosen one by one
    assert len(plan.trades) == pytest.approx(sent, abs=5)
    stops = [warning for warning in plan.warnings if "more and ever smaller parts" in warning]
    assert bool(stops) == (most == 100)
