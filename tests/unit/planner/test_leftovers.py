"""What is left undone is said, and what is done is not."""

from decimal import Decimal

import pytest

from rebalancer.model.plan import Plan
from tests.small_plans import book_of, market_of, perpetual, plan_of, policy_of, sent, spot_pair

CORE = ("core: {kind: spot}", "core: 50%, cash: 50%")
TILT = ("tilt: {kind: short, leverage: 1}", "tilt: 50%, cash: 50%")
SYMBOL = "BTC/USDT:USDT"


def left(plan: Plan) -> list[tuple[str, Decimal, str]]:
    return [(each.name, each.amount, each.reason) for each in plan.residuals]


def test_what_whole_lots_leave_over_is_a_residual_where_it_matters() -> None:
    market = market_of(spot_pair("BTC", step="0.1"))

    plan = plan_of(policy_of(*CORE), book_of(BTC="2.03", USDT="797"), market=market)

    assert sent(plan) == ["buy 2.9 BTC/USDT"]
    assert left(plan) == [("BTC/USDT", Decimal("0.07"), "less than one lot of 0.1 BTC")]


def test_less_than_a_thousandth_of_nav_is_rounding() -> None:
    market = market_of(spot_pair("BTC", step="0.01"))

    plan = plan_of(policy_of(*CORE), book_of(BTC="2.003", USDT="799.7"), market=market)

    assert sent(plan) == ["buy 2.99 BTC/USDT"]
    assert left(plan) == []


def test_what_a_minimum_leaves_over_is_a_residual_with_the_minimum() -> None:
    market = market_of(spot_pair("BTC", step="0.1", min_cost="50"))

    plan = plan_of(policy_of(*CORE), book_of(BTC="4.6", USDT="540"), market=market)

    assert sent(plan) == []
    (residual,) = plan.residuals
    assert (residual.name, residual.amount, residual.notional) == (
        "BTC/USDT",
        Decimal("0.4"),
        Decimal("40.00"),
    )
    assert residual.reason == (
        "under the smallest order, 0.1 BTC and 50.00 USDT, or taken off to keep a limit"
    )


def test_the_smallest_trade_counts_where_it_is_more_than_the_venue_asks() -> None:
    policy = policy_of(*TILT, rebalance="band: 0%, min_trade: 75")

    plan = plan_of(policy, book_of((SYMBOL, "-4.5", "100"), USDT="500", wallet="500"))

    ((name, amount, reason),) = left(plan)
    assert (name, amount) == (SYMBOL, Decimal("-0.5"))
    assert reason.startswith("under the smallest order, 0.001 contracts and 75.00 USDT")


@pytest.mark.parametrize(
    ("wallet", "amount"), [("480", Decimal("20.00")), ("520", Decimal("-20.00"))]
)
def test_a_transfer_under_the_smallest_trade_is_a_residual_of_its_wallet(
    wallet: str, amount: Decimal
) -> None:
    policy = policy_of(*TILT, rebalance="band: 0%, min_trade: 25")
    cash = str(1000 - int(wallet))

    plan = plan_of(policy, book_of((SYMBOL, "-5", "100"), USDT=cash, wallet=wallet))

    assert sent(plan) == []
    assert left(plan) == [("USDT", amount, "under the smallest trade, 25.00 USDT")]


def test_a_wallet_inside_its_band_has_no_residual() -> None:
    policy = policy_of(*TILT, rebalance="band: 5%, min_trade: 25")

    plan = plan_of(policy, book_of((SYMBOL, "-5", "100"), USDT="520", wallet="480"))

    assert (sent(plan), left(plan)) == ([], [])


def test_a_wallet_that_pays_its_own_fees_has_no_residual() -> None:
    # the band leaves the wallet at its lower edge, and 1 % of 500 goes out of it
    policy = policy_of(*TILT, rebalance="band: 5%")
    market = market_of(perpetual("BTC", fee="1%"))

    plan = plan_of(policy, book_of(USDT="550", wallet="450"), market=market)

    assert sent(plan) == ["sell 4.5 BTC/USDT:USDT"]
    assert dict(plan.book_after.wallets)["USDT"] == Decimal("445.5")
    assert left(plan) == []


def test_unrealised_profit_that_stays_in_a_wallet_is_its_residual() -> None:
    # equity 800 of which 500 is profit, 50 locked: 250 of the 300 too much can go; a turnover
    # limit leaves no room to realise the rest
    policy = policy_of(*TILT, limits="{turnover: 100%}")
    plan = plan_of(policy, book_of((SYMBOL, "-5", "200"), USDT="200", wallet="300"))

    ((name, amount, reason),) = left(plan)
    assert sent(plan) == ["send 249.99 USDT to spot"]
    assert (name, amount) == ("USDT", Decimal("-50.01"))
    assert reason == "a wallet gives out neither unrealised profit nor locked margin"


def test_unrealised_profit_that_is_realised_leaves_nothing_behind() -> None:
    plan = plan_of(policy_of(*TILT), book_of((SYMBOL, "-5", "200"), USDT="200", wallet="300"))

    assert dict(plan.book_after.spot)["USDT"] == 500
    assert left(plan) == []


def test_margin_comes_out_only_after_the_position_that_needs_it_is_smaller() -> None:
    # giving 300 first would put the short's leverage over 1.5 on the way
    policy = policy_of(*TILT, limits="{futures_leverage: 1.5}")
    book = book_of((SYMBOL, "-9", "100"), USDT="200", wallet="800")

    plan = plan_of(policy, book)

    assert [line.holds for line in plan.limits] == [True]
    assert sent(plan) == ["buy 4 BTC/USDT:USDT", "send 300.00 USDT to spot"]
