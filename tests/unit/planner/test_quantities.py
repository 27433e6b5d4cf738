"""Limits are checked again on whole lots: by single lots, then by a smaller common factor."""

from decimal import Decimal

import numpy as np
import pytest

from rebalancer.planner.lots import Orders
from rebalancer.planner.quantities import plan_quantities
from rebalancer.planner.residuals import foresee, residuals
from rebalancer.planner.settlement import settle_orders, settled_residuals, settled_worst
from tests.small_plans import (
    PRICES,
    book_of,
    case_of,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    sent,
    spot_pair,
)

SYMBOL = "BTC/USDT:USDT"
BOTH = policy_of(
    "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
    "core: 40%, tilt: 20%, cash: 40%",
    limits="{gross_leverage: 1}",
)
MARKET = market_of(spot_pair("BTC", step="0.1", fee="1%"), perpetual("BTC", step="0.1", fee="2%"))


def test_lots_that_hold_are_left_as_they_are() -> None:
    case = case_of(BOTH, book_of(USDT="1000"), book_of(BTC="4", USDT="600"), market=MARKET)

    found = plan_quantities(case)

    # 200 of margin and 2 % of 200 of fee
    assert found.orders.lots.tolist() == [[40, -20], [0, -20]]
    assert found.orders.transfers[:, 0] == pytest.approx([204, 204])


@pytest.mark.parametrize(("least", "bought"), [("58.5%", "2.849"), ("60%", "2.999")])
def test_what_is_bought_for_a_limit_is_rounded_to_where_it_holds(least: str, bought: str) -> None:
    # 58 % is the edge of the band; fees leave a hair less of everything, and lots less still
    policy = policy_of(
        "core: {kind: spot}",
        "core: 60%, cash: 40%",
        limits=f"{{net_exposure: [{least}, 100%]}}",
        rebalance="band: 2%",
    )
    market = market_of(spot_pair("BTC", fee="0.1%"))

    plan = plan_of(policy, book_of(BTC="3", USDT="700"), market=market)

    assert sent(plan) == [f"buy {bought} BTC/USDT"]
    assert plan.limits[0].holds


def test_a_lot_is_moved_where_rounding_breaks_a_limit() -> None:
    # 25 % of spot in lots of 0.7 is 2.1 coins; with 2.5 short, exposure would be under zero
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
        "core: 25%, tilt: 25%, cash: 50%",
        limits="{net_exposure: [0%, 100%]}",
    )
    market = market_of(spot_pair("BTC", step="0.7"), perpetual("BTC", step="0.1"))

    plan = plan_of(policy, book_of(USDT="1000"), market=market)

    (line,) = plan.limits
    assert line.holds
    assert 0 <= (line.after or 0) <= 0.07
    assert abs(dict(plan.book_after.spot)["BTC"] - Decimal("2.5")) <= Decimal("0.7")
    assert plan.book_after.positions[0][1] <= Decimal("-1.8")


def test_min_trade_never_blocks_what_a_limit_asks_for() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        limits="{gross_leverage: 0.51}",
        rebalance="band: 5%, min_trade: 100",
    )

    # 52 % held: 10 over the limit, far under the smallest trade
    assert sent(plan_of(policy, book_of(BTC="5.2", USDT="480"))) == ["sell 0.101 BTC/USDT"]


def test_exposures_after_orders_have_paid_their_fees() -> None:
    case = case_of(
        BOTH, book_of((SYMBOL, "-1", "120"), BTC="2", USDT="700", wallet="80"), market=MARKET
    )
    orders = Orders(np.array([[10.0, -10.0]]), np.array([[50.0]]))

    settled = settle_orders(case, orders)

    # one coin for 100 and 1 of fee, 50 sent; the wallet pays 2 on its 80 + 20
    exposure = settled.exposure
    assert settled.coins.tolist() == [[3]]
    assert exposure.coin.tolist() == [[300]]
    assert exposure.future.tolist() == [[-200]]
    assert exposure.margin[0, 0] == pytest.approx(80 + 20 + 50 - 2)
    assert exposure.nav[0] == pytest.approx(1000 - 3)
    assert settled.cash[0] == pytest.approx(700 - 100 - 1 - 50)


@pytest.mark.parametrize(
    ("lots", "transfer", "broken"),
    [
        ([0, 0], 0, False),
        ([70, 0], 0, True),  # 9 coins of spot and 1 short, and cash below zero
        ([60, 0], 0, False),
        ([0, 0], -88, False),  # 80 of balance less 10 locked is all that goes out
        ([0, 0], 701, True),  # cash that is not there
    ],
)
def test_a_settled_book_holds_or_says_by_how_much_not(
    lots: list[float], transfer: float, *, broken: bool
) -> None:
    case = case_of(
        BOTH, book_of((SYMBOL, "-1", "120"), BTC="2", USDT="700", wallet="80"), market=MARKET
    )
    orders = Orders(np.array([lots], dtype=float), np.array([[float(transfer)]]))

    overdrawn = transfer == -88
    assert (settled_worst(case, orders)[0] > 0) == (broken or overdrawn)
    # after the limits: what a wallet gives too much, coins that are missing, and cash
    assert settled_residuals(case, orders).shape == (1, len(case.table.rows) + 3)


def test_a_move_is_foreseen_with_its_costs() -> None:
    case = case_of(BOTH, book_of(USDT="1000"), market=MARKET)
    weights = case.present.copy()
    weights.spot[0, 0], weights.future[0, 0], weights.wallet[0, 0] = 0.4, -0.2, 0.2

    outcome = foresee(case, weights)

    # 4 of spot fees and 4 of futures fees, and the cents that roundings may take
    assert outcome.exposure.nav[0] == pytest.approx(992, abs=0.02)
    assert outcome.cash[0] == pytest.approx(0.4 - 0.008, abs=2e-5)
    assert (residuals(case, weights) <= 0).all()


def test_standing_still_costs_nothing() -> None:
    case = case_of(BOTH, book_of(BTC="2", USDT="800"), market=MARKET)

    outcome = foresee(case, case.present)

    assert outcome.exposure.nav[0] == 1000
    assert outcome.cash[0] == np.inf


def test_coarse_lots_that_no_single_lot_mends_shrink_the_futures() -> None:
    # the short's lot is a tenth of NAV, its minimum three: under 40 % of margin nothing else fits
    policy = policy_of(
        "tilt: {kind: short, leverage: 3}",
        "tilt: 30%, cash: 70%",
        limits="{futures_leverage: 3, margin_utilization: 30%}",
    )
    market = market_of(perpetual("BTC", step="1", fee="0.5%"), prices=PRICES)

    plan = plan_of(policy, book_of(USDT="1000"), market=market)

    assert all(line.holds for line in plan.limits)
    (*_, (_, contracts, _)) = plan.book_after.positions
    assert Decimal(-9) < contracts < 0
