"""Lots by hand: BTC at 100 in lots of 0.1 unless a test says otherwise."""

from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.book import Book
from rebalancer.model.market import Market
from rebalancer.model.plan import Order
from rebalancer.planner.case import Weights
from rebalancer.planner.lots import Orders, count_lots, most_lots, order_fees, round_orders
from rebalancer.policy.compiled import Policy
from tests.small_plans import (
    BTC_COIN,
    PRICES,
    WHOLE_LEGS,
    book_of,
    case_of,
    inverse,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    sent,
    spot_pair,
)

COARSE = market_of(spot_pair("BTC", step="0.1"), perpetual("BTC", step="0.1"))
BOTH = policy_of(
    "core: {kind: spot}, tilt: {kind: short, leverage: 1}", "core: 40%, tilt: 40%, cash: 20%"
)
SYMBOL = "BTC/USDT:USDT"


def orders_of(
    book: Book,
    *,
    spot: float,
    future: float,
    policy: Policy = BOTH,
    market: Market = COARSE,
    free: bool = True,
) -> Orders:
    """The orders that bring a book of NAV 1,000 to these weights, its wallet left alone."""
    case = case_of(policy, book, market=market)
    weights = Weights(np.array([[spot]]), np.array([[future]]), case.present.wallet)
    return round_orders(case, weights, free=np.array([free]))


def lots(book: Book, **weights: float) -> list[float]:
    found: list[float] = orders_of(book, **weights).lots[0].tolist()  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("amount", "lot", "count"),
    [(0.85, 0.001, 850), (0.3, 0.1, 3), (0.29, 0.1, 2.9), (1e8 + 0.1, 0.1, 1e9 + 1), (0, 0.1, 0)],
)
def test_float_noise_never_loses_a_lot(amount: float, lot: float, count: float) -> None:
    assert count_lots(np.array([amount]), lot)[0] == pytest.approx(count, abs=1e-12)


def test_a_buy_rounds_towards_zero_and_a_sell_away_from_it() -> None:
    idle = book_of(USDT="600", wallet="400")
    holding = book_of(BTC="5", USDT="100", wallet="400")

    assert lots(idle, spot=0.456, future=0) == [45, 0]
    assert lots(holding, spot=0.456, future=0) == [-5, 0]


def test_an_opening_rounds_towards_zero_and_a_closing_away_from_it() -> None:
    idle = book_of(USDT="600", wallet="400")
    short = book_of((SYMBOL, "-5", "100"), USDT="600", wallet="400")

    assert lots(idle, spot=0, future=-0.456) == [0, -45]
    assert lots(idle, spot=0, future=0.456) == [0, 45]
    assert lots(short, spot=0, future=-0.456) == [0, 5]


def test_a_position_that_crosses_zero_closes_whole_and_opens_rounded_down() -> None:
    short = book_of((SYMBOL, "-5", "100"), USDT="600", wallet="400")

    assert lots(short, spot=0, future=0.456) == [0, 50 + 45]


def test_a_sale_never_exceeds_what_is_held() -> None:
    dust = book_of(BTC="5.07", USDT="93", wallet="400")

    assert lots(dust, spot=0, future=0) == [-50, 0]


def test_dust_stays() -> None:
    dust = book_of((SYMBOL, "-0.07", "100"), BTC="0.03", USDT="597", wallet="400")

    assert lots(dust, spot=0, future=0) == [0, 0]


@pytest.mark.parametrize(("free", "expected"), [(False, [0, 0]), (True, [2, -2])])
def test_min_trade_holds_back_what_no_limit_asks_for(expected: list[float], *, free: bool) -> None:
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
        "core: 40%, tilt: 40%, cash: 20%",
        rebalance="band: 0%, min_trade: 25",
    )
    book = book_of((SYMBOL, "-3.8", "100"), BTC="3.8", USDT="220", wallet="400")

    found = orders_of(book, spot=0.4, future=-0.4, policy=policy, free=free)

    assert found.lots[0].tolist() == expected


def test_a_zero_target_has_no_min_trade() -> None:
    policy = policy_of("core: {kind: spot}", "cash: 100%", rebalance="band: 0%, min_trade: 25")

    assert sent(plan_of(policy, book_of(BTC="0.2", USDT="980"))) == ["sell 0.2 BTC/USDT"]


def test_a_min_trade_is_not_under_itself() -> None:
    policy = policy_of(
        "core: {kind: spot}", "core: 50%, cash: 50%", rebalance="band: 0%, min_trade: 25"
    )

    assert sent(plan_of(policy, book_of(BTC="5.25", USDT="475"))) == ["sell 0.25 BTC/USDT"]
    assert sent(plan_of(policy, book_of(BTC="5.2", USDT="480"))) == []


def test_the_minimum_cost_is_checked_on_what_is_sent() -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")
    market = market_of(spot_pair("BTC", step="0.1", min_cost="30"))

    # 0.39 asked, 0.3 sent: exactly the 30; 0.29 asked, 0.2 sent: under it
    assert sent(plan_of(policy, book_of(BTC="4.61", USDT="539"), market=market)) == [
        "buy 0.3 BTC/USDT"
    ]
    plan = plan_of(policy, book_of(BTC="4.71", USDT="529"), market=market)
    assert sent(plan) == []
    assert [(left.name, left.amount) for left in plan.residuals] == [("BTC/USDT", Decimal("0.29"))]


def test_a_minimum_cost_that_floats_miss_is_still_met() -> None:
    # 29 · 0.01 · 100 is 28.999999999999996 in floats
    market = market_of(spot_pair("BTC", step="0.01", min_cost="29"))
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")

    assert sent(plan_of(policy, book_of(BTC="4.71", USDT="529"), market=market)) == [
        "buy 0.29 BTC/USDT"
    ]


def test_a_reduce_only_close_is_exempt_from_the_minimum_cost() -> None:
    market = market_of(perpetual("BTC", step="0.1", min_cost="100"))
    policy = policy_of("core: {kind: spot}", "cash: 100%")
    book = book_of((SYMBOL, "-0.3", "100"), USDT="900", wallet="100")

    closing = plan_of(policy, book, market=market).trades[0]

    assert isinstance(closing, Order)
    assert (closing.amount, closing.reduce_only) == (Decimal("0.3"), True)


CARRY = policy_of("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%", more=WHOLE_LEGS)


def test_the_spot_leg_of_a_basis_pair_takes_the_base_quantity_of_the_future() -> None:
    # 40 % of 1,234: 4.936 coins; the future trades tenths, so both legs are 4.9
    market = market_of(perpetual("BTC", step="0.1"))

    assert sent(plan_of(CARRY, book_of(USDT="1234"), market=market)) == [
        "send 493.60 USDT to futures",
        "buy 4.9 BTC/USDT",
        "sell 4.9 BTC/USDT:USDT",
    ]


def test_a_basis_pair_is_closed_in_equal_legs() -> None:
    market = market_of(perpetual("BTC", step="0.1"))
    book = book_of((SYMBOL, "-6", "100"), BTC="6", USDT="34", wallet="600")

    # 40 % of 1,234 is 4.936: closing rounds away from zero, 1.1 of each leg
    assert sent(plan_of(CARRY, book, market=market)) == [
        "buy 1.1 BTC/USDT:USDT",
        "sell 1.1 BTC/USDT",
        "send 106.40 USDT to spot",
    ]


def test_no_leg_of_a_pair_is_opened_when_its_future_is_too_small() -> None:
    market = market_of(perpetual("BTC", step="0.1", min_cost="1000"))

    plan = plan_of(CARRY, book_of(USDT="1234"), market=market)

    assert sent(plan) == ["send 493.60 USDT to futures"]
    assert {left.name for left in plan.residuals} == {"BTC/USDT", "BTC/USDT:USDT"}


def test_no_leg_of_a_pair_is_opened_when_its_spot_is_too_small() -> None:
    market = market_of(spot_pair("BTC", min_cost="1000"), perpetual("BTC", fee="1%"))

    plan = plan_of(CARRY, book_of(USDT="1234"), market=market)

    # and the fee of the leg that is not opened stays where it is
    assert sent(plan) == ["send 493.60 USDT to futures"]
    assert {left.name for left in plan.residuals} == {"BTC/USDT", "BTC/USDT:USDT"}


def test_fees_are_rounded_up_and_exact_ones_are_not() -> None:
    # 0.4 % of 0.1 · 42,137.3 is 16.85492; of 0.1 · 0.0000123 it is under a millionth
    market = market_of(
        spot_pair("BTC", step="0.1", fee="0.4%"), prices={**PRICES, "BTC/USDT": "42137.3"}
    )
    case = case_of(BOTH, book_of(USDT="1000"), market=market)
    cheap = market_of(
        spot_pair("BTC", step="0.1", fee="0.4%"), prices={**PRICES, "BTC/USDT": "0.0000123"}
    )

    assert order_fees(case, np.array([[1.0, 0.0]]))[0, 0] == pytest.approx(16.85492, abs=1e-9)
    small = case_of(BOTH, book_of(USDT="1000"), market=cheap)
    assert order_fees(small, np.array([[-1.0, 0.0]]))[0, 0] == pytest.approx(1e-6)


def test_transfers_are_cents_rounded_up_into_a_wallet_and_down_out_of_it() -> None:
    policy = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 33.3%, cash: 66.7%")
    market = market_of(perpetual("BTC", step="1"))

    # 33.3 % of 100.01 is 33.30333, of the same money in the wallet 66.70667 too much
    assert sent(plan_of(policy, book_of(USDT="100.01"), market=market)) == [
        "send 33.31 USDT to futures"
    ]
    assert sent(plan_of(policy, book_of(wallet="100.01"), market=market)) == [
        "send 66.70 USDT to spot"
    ]


def test_a_transfer_includes_the_fees_of_its_wallet() -> None:
    policy = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 50%, cash: 50%")
    market = market_of(perpetual("BTC", fee="0.1%"))

    # 50 % of 1,000 in margin, 500 short at 0.1 %
    assert sent(plan_of(policy, book_of(USDT="1000"), market=market)) == [
        "send 500.50 USDT to futures",
        "sell 5 BTC/USDT:USDT",
    ]


def test_coins_that_are_too_few_to_send_are_not_bought_either() -> None:
    # 80 of coins are missing behind the short, and only 100 or more are moved
    policy = policy_of(
        "dollars: {kind: basis, collateral: coin}",
        "dollars: 10%, cash: 90%",
        assets=BTC_COIN,
        rebalance="band: 0%, min_trade: 100",
    )
    book = book_of(("BTC/USD:BTC", "-920", "100"), USDT="9080", coin_wallet="9.2")

    plan = plan_of(policy, book, market=market_of(inverse("BTC")))

    assert sent(plan) == []
    assert {each.name for each in plan.residuals} == {"BTC", "BTC/USD:BTC"}


@pytest.mark.parametrize(
    ("step", "trades", "wallet"),
    [
        # 50 coins, and the 0.05 that the venue takes for selling 5,000 of dollars
        (
            "0.001",
            ["buy 50.05 BTC/USDT", "send 50.05000000 BTC to futures", "sell 5000 BTC/USD:BTC"],
            "50",
        ),
        # coins in lots of 0.2 do not buy that: the short follows the coins that there are
        (
            "0.2",
            ["buy 50 BTC/USDT", "send 50.00000000 BTC to futures", "sell 4995 BTC/USD:BTC"],
            "49.95005",
        ),
    ],
)
def test_coins_for_the_fee_of_a_short_are_bought_with_its_collateral(
    step: str, trades: list[str], wallet: str
) -> None:
    policy = policy_of(
        "dollars: {kind: basis, collateral: coin}",
        "dollars: 50%, cash: 50%",
        assets=BTC_COIN,
        rebalance="band: 0%",
        more=WHOLE_LEGS,
    )
    market = market_of(spot_pair("BTC", step=step), inverse("BTC", fee="0.1%"))

    plan = plan_of(policy, book_of(USDT="10000"), market=market)

    assert sent(plan) == trades
    assert dict(plan.book_after.wallets)["BTC"] == Decimal(wallet)


@pytest.mark.parametrize(
    ("limit", "worth", "lots"),
    [
        (250, 0.5, 500),
        (250, 0.5000000001, 499),  # 500 of them are worth a hair more than the limit
        (0.3, 0.1, 3),  # which floats divide to a hair under three
        (0.09, 0.1, 0),
    ],
)
def test_an_order_has_as_many_lots_as_its_limit_is_worth(
    limit: float, worth: float, lots: int
) -> None:
    assert most_lots(limit, np.array([worth])).tolist() == [lots]
