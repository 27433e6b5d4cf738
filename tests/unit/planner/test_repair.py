"""Mending what rounding broke: NAV 1,000 and BTC at 100, a hundredth of it a lot."""

import numpy as np
import pytest

from rebalancer.planner.lots import Orders
from rebalancer.planner.repair import take_lots_off
from rebalancer.planner.settlement import settled_worst
from tests.small_plans import book_of, case_of, market_of, perpetual, policy_of, spot_pair

TILT = ("tilt: {kind: long, leverage: 1}, core: {kind: spot}", "tilt: 10%, core: 50%, cash: 40%")


def test_a_wallet_that_gives_out_a_cent_too_much_keeps_a_cent_or_two() -> None:
    # 300 in the wallet less 10 of initial margin: 290 can leave it, and 200 in cash wait unused
    case = case_of(
        policy_of(*TILT), book_of(("BTC/USDT:USDT", "1", "100"), USDT="700", wallet="300")
    )
    orders = Orders(np.array([[5000.0, 0.0]]), np.array([[-290.01]]))

    mended = take_lots_off(case, orders)

    assert settled_worst(case, mended)[0] <= 0
    assert mended.lots.tolist() == orders.lots.tolist()
    assert mended.transfers[0, 0] == pytest.approx(-290, abs=0.02)


def test_a_lot_comes_off_where_rounding_passed_a_limit() -> None:
    # 5.00 coins are half of NAV, within the limit; a lot more is over it
    policy = policy_of(
        "core: {kind: spot}", "core: 40%, cash: 60%", limits="{gross_leverage: 0.5005}"
    )
    market = market_of(spot_pair("BTC", step="0.01"), perpetual("BTC", step="0.01"))
    case = case_of(policy, book_of(USDT="1000"), market=market)

    mended = take_lots_off(case, Orders(np.array([[501.0]]), np.array([[0.0]])))

    assert mended.lots.tolist() == [[500.0]]
