"""Which moves limits force: wallets first, then what eases the limit, then everything; then less.

NAV is 1,000 and BTC costs 100, so one coin is ten per cent; nothing costs a fee unless said.
"""

from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.book import Account
from rebalancer.model.plan import Order, Transfer
from rebalancer.planner.destination import choose_destination, fit_cash, shrink_futures
from tests.small_plans import (
    BTC_AND_ETH,
    WHOLE_LEGS,
    book_of,
    case_of,
    inverse,
    market_of,
    perpetual,
    plan_of,
    plans_of,
    policy_of,
    sent,
    spot_pair,
)

SYMBOL = "BTC/USDT:USDT"
WIDE = "band: 10%"


def test_where_no_limit_is_broken_the_band_alone_decides() -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%", rebalance=WIDE)
    case = case_of(policy, book_of(BTC="9", USDT="100"), book_of(BTC="5.5", USDT="450"))

    chosen = choose_destination(case)

    assert chosen.weights.spot[:, 0] == pytest.approx([0.6, 0.55])
    assert chosen.share.tolist() == [0, 0]
    assert chosen.factor.tolist() == [1, 1]


def test_a_transfer_alone_mends_what_it_can() -> None:
    # short 400 on 120 of margin; the target is 40 %, the band would leave 30 %: leverage 1.33
    policy = policy_of(
        "tilt: {kind: short, leverage: 1}",
        "tilt: 40%, cash: 60%",
        limits="{futures_leverage: 1.25}",
        rebalance=WIDE,
    )
    book = book_of((SYMBOL, "-4", "100"), USDT="880", wallet="120")

    plan = plan_of(policy, book)

    # 400 / 1.25 = 320 of margin, so 200 more, and a cent for float error
    assert sent(plan) == ["send 200.01 USDT to futures"]
    assert "limit futures_leverage forces more than the band" in plan.trades[0].reason
    assert [(line.name, line.holds) for line in plan.limits] == [("futures_leverage", True)]


def test_then_everything_that_eases_the_limit_moves_by_one_share() -> None:
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: long, leverage: 2}",
        "core: 40%, tilt: 20%, cash: 40%",
        limits="{gross_leverage: 0.9}",
        rebalance=WIDE,
    )
    # spot 50 % and futures 45 % are inside their bands, and 5 % over the limit together
    book = book_of((SYMBOL, "4.5", "100"), BTC="5", USDT="300", wallet="200")

    plan = plan_of(policy, book)

    # (50, 45) to (40, 40): a third of the way takes the 5 %
    amounts = {trade.symbol: trade.amount for trade in plan.trades if isinstance(trade, Order)}
    assert amounts == {SYMBOL: Decimal("0.167"), "BTC/USDT": Decimal("0.334")}
    assert plan.limits[0].after == pytest.approx(0.9, abs=2e-3)
    assert plan.limits[0].holds


def test_what_does_not_ease_the_limit_stays_in_its_band() -> None:
    # exposure is over: selling spot eases it, closing the short (its target is less) does not
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
        "core: 50%, tilt: 10%, cash: 40%",
        limits="{net_exposure: [0%, 42%]}",
        rebalance=WIDE,
    )
    book = book_of((SYMBOL, "-1.5", "100"), BTC="5.9", USDT="310", wallet="100")

    plan = plan_of(policy, book)

    # 59 - 15 is 2 % too much, and a lot for float error
    assert sent(plan) == ["sell 0.201 BTC/USDT"]


def test_a_basis_short_moves_with_the_spot_it_is_sized_on() -> None:
    policy = policy_of(
        "carry: {kind: basis, leverage: 1}",
        "carry: 80%, cash: 20%",
        limits="{gross_leverage: 0.9}",
        rebalance=WIDE,
        more=WHOLE_LEGS,
    )
    # legs of 50 % each: gross 1.0; the target is 0.8
    book = book_of((SYMBOL, "-5", "100"), BTC="5", USDT="100", wallet="400")

    assert sent(plan_of(policy, book)) == ["buy 0.501 BTC/USDT:USDT", "sell 0.501 BTC/USDT"]


def test_a_limit_under_its_own_target_shrinks_futures_by_the_largest_factor() -> None:
    # 2 % of fees leave a cap equal to the target out of reach
    policy = policy_of(
        "tilt: {kind: short, leverage: 2}", "tilt: 50%, cash: 50%", limits="{futures_leverage: 2}"
    )
    market = market_of(perpetual("BTC", fee="2%"))

    plan = plan_of(policy, book_of(USDT="500", wallet="500"), market=market)

    assert plan.limits[0].holds
    assert plan.limits[0].after == pytest.approx(2, abs=0.1)
    (order,) = [trade for trade in plan.trades if isinstance(trade, Order)]
    assert order.amount < 10


def test_a_shrunk_plan_says_its_factor() -> None:
    # a setting of 1 locks the whole notional: 500 of margin carries half of the 1,000 asked for
    policy = policy_of("tilt: {kind: short, leverage: 2}", "tilt: 50%, cash: 50%")
    market = market_of(perpetual("BTC", leverage="1"))

    plan = plan_of(policy, book_of(USDT="1000"), market=market)

    order = plan.trades[-1]
    assert isinstance(order, Order)
    assert order.amount == pytest.approx(Decimal(5), abs=Decimal("0.01"))
    assert plan.warnings[0].startswith("futures and basis spot legs are shrunk to 50.00% of")


def test_shrinking_keeps_core_spot_and_margin() -> None:
    policy = policy_of(
        "core: {kind: spot}, carry: {kind: basis, leverage: 1}", "core: 40%, carry: 40%, cash: 20%"
    )
    case = case_of(policy, book_of(USDT="1000"))
    weights = choose_destination(case).weights

    half = shrink_futures(case, weights, factor=np.array([0.5]))

    # spot 40 + 20 / 2, short 20 / 2, margin 20
    assert half.spot[0, 0] == pytest.approx(0.5)
    assert half.future[0, 0] == pytest.approx(-0.1)
    assert half.wallet[0, 0] == pytest.approx(0.2)


def test_buys_shrink_where_cash_for_their_fees_is_missing() -> None:
    policy = policy_of("core: {kind: spot}", "core: 100%")
    market = market_of(spot_pair("BTC", fee="1%"))

    plan = plan_of(policy, book_of(USDT="1010"), market=market)

    # 1,010 buys 10 coins at 1 % of fee, less what fees and transfers may round up
    (order,) = plan.trades
    assert isinstance(order, Order)
    assert Decimal("9.998") <= order.amount < 10
    assert 0 <= dict(plan.book_after.spot)["USDT"] < Decimal("0.3")
    assert plan.warnings == ("spot buys are shrunk to 99.00%: cash for costs is missing",)


def test_transfers_shrink_where_there_is_no_buy_to_shrink() -> None:
    policy = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 100%")
    market = market_of(perpetual("BTC", fee="1%"))

    plan = plan_of(policy, book_of(USDT="1000"), market=market)

    # 1,000 of margin and 10 of fee are asked for, 1,000 are there
    transfer, order = plan.trades
    assert isinstance(transfer, Transfer)
    assert Decimal("999.5") < transfer.amount <= 1000
    assert isinstance(order, Order)
    assert order.amount == 10
    assert plan.warnings == ()
    assert [left.reason for left in plan.residuals] == ["cash or room is missing"]


def test_the_cash_of_a_book_is_fitted_whatever_its_neighbours_need() -> None:
    sleeves = "core: {kind: spot}, tilt: {kind: short, leverage: 1}"
    policy = policy_of(sleeves, "core: 50%, tilt: 50%")
    market = market_of(spot_pair("BTC", fee="9%"), perpetual("BTC", fee="9%"))
    books = [book_of(BTC="5", USDT="500"), book_of(USDT="1000"), book_of(BTC="9", USDT="100")]

    together = plans_of(policy, books, market=market)

    assert together == tuple(plan_of(policy, book, market=market) for book in books)


def test_cash_that_is_there_is_left_alone() -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")
    case = case_of(policy, book_of(USDT="1000"))
    weights = choose_destination(case).weights

    fitted, factor = fit_cash(case, weights)

    assert fitted is weights
    assert factor.tolist() == [1]


def test_a_netted_future_is_never_turned_for_want_of_cash() -> None:
    # hedge 40 % short, long 30 %: net short, at most zero; cutting buys must not open a long
    policy = policy_of(
        "core: {kind: spot}, up: {kind: long, leverage: 1}",
        "core: 50%, up: 25%, cash: 25%",
        hedges="[{of: core, ratio: 60%, with: own, leverage: 2}]",
        rebalance=WIDE,
    )
    market = market_of(spot_pair("BTC", fee="5%"))

    plan = plan_of(policy, book_of(USDT="430", wallet="570"), market=market)

    assert all(contracts <= 0 for _, contracts, _ in plan.book_after.positions)


def test_unified_equity_carries_what_a_wallet_could_not() -> None:
    policy = policy_of(
        "core: {kind: spot}, tilt: {kind: short, leverage: 2}",
        "core: 80%, tilt: 20%",
        limits="{margin_utilization: 10%}",
        assets=BTC_AND_ETH,
    )
    pooled = book_of(USDT="1000", account=Account.UNIFIED)

    # 400 of shorts lock 40 of a pool of 1,000
    assert plan_of(policy, pooled).limits[0].after == pytest.approx(0.04, abs=1e-3)
    assert plan_of(policy, pooled).limits[0].holds


def test_a_netted_future_follows_its_spot_no_further_than_its_interval() -> None:
    # coins leave their wallet for the spot of a carry trade, and cash for the margins is missing.
    # A long of 27 % or more and the carry's short of 30 % share a contract: 3 % short at the most
    policy = policy_of(
        "carry: {kind: basis, leverage: 1}, tilt: {kind: long, leverage: 3},"
        " dollars: {kind: basis, collateral: coin, future: {BTC: 'BTC/USD:BTC'}}",
        "carry: 60%, tilt: {target: 9%, range: [9%, 10%]}, dollars: 30%, cash: 1%",
        rebalance="band: 10%",
    )
    book = book_of(BTC="1", coin_wallet="4", wallet="500")
    case = case_of(policy, book, market=market_of(inverse("BTC")))

    destination = choose_destination(case)

    assert destination.share.tolist() == pytest.approx([10 / 11], abs=1e-4)
    assert destination.weights.spot[0].tolist() == pytest.approx([0.2 + 0.1 * 10 / 11], abs=1e-4)
    assert destination.weights.future[0, 0] == pytest.approx(-0.03 * 10 / 11, abs=1e-4)
