"""The turnover limit: NAV 1,000 and BTC at 100, so a coin bought is five per cent of turnover."""

from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.book import Book
from rebalancer.model.plan import Order, Plan
from rebalancer.planner.case import Case, move_turnover
from rebalancer.planner.destination import Destination, choose_destination
from rebalancer.planner.lots import Orders
from rebalancer.planner.turnover import (
    Allowance,
    is_over,
    order_turnover,
    shrink_turnover,
)
from tests.small_plans import (
    BTC_COIN,
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

CORE = ("core: {kind: spot}", "core: 60%, cash: 40%")
BOTH = (
    "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
    "core: 40%, tilt: 20%, cash: 40%",
)
SYMBOL = "BTC/USDT:USDT"


def shrunk(case: Case) -> tuple[Destination, Allowance | None]:
    return shrink_turnover(case, choose_destination(case))


def traded(plan: Plan) -> float:
    """Half of what a plan's orders are worth, over NAV."""
    orders = [trade for trade in plan.trades if isinstance(trade, Order)]
    return sum(float(order.notional) for order in orders) / 2 / float(plan.nav)


def test_without_the_limit_nothing_is_shrunk() -> None:
    case = case_of(policy_of(*CORE), book_of(USDT="1000"))
    destination = choose_destination(case)

    assert shrink_turnover(case, destination) == (destination, None)


def test_a_move_within_the_limit_is_left_alone() -> None:
    case = case_of(policy_of(*CORE, limits="{turnover: 30%}"), book_of(USDT="1000"))
    destination = choose_destination(case)

    assert shrink_turnover(case, destination) == (destination, None)


def test_the_whole_move_is_shrunk_by_one_factor() -> None:
    # 40 % of coins and 20 % short are 30 % of turnover, of which half is allowed
    case = case_of(policy_of(*BOTH, limits="{turnover: 15%}"), book_of(USDT="1000"))

    destination, allowance = shrunk(case)

    assert destination.moved.tolist() == pytest.approx([0.5])
    assert destination.weights.spot[0, 0] == pytest.approx(0.2)
    assert destination.weights.future[0, 0] == pytest.approx(-0.1)
    # the wallet's margin waits too, though a transfer is no turnover
    assert destination.weights.wallet[0, 0] == pytest.approx(0.1)
    assert allowance is not None
    assert allowance.most.tolist() == pytest.approx([0.15])


def test_books_are_shrunk_each_by_their_own_factor() -> None:
    policy = policy_of(*CORE, limits="{turnover: 10%}")
    case = case_of(policy, book_of(USDT="1000"), book_of(BTC="5", USDT="500"), book_of(BTC="10"))

    destination, allowance = shrunk(case)

    # 30 %, 5 % and 20 % of turnover
    assert destination.moved.tolist() == pytest.approx([1 / 3, 1, 0.5])
    assert destination.weights.spot[:, 0] == pytest.approx([0.2, 0.6, 0.8])
    assert allowance is not None
    assert allowance.rows.tolist() == [0, 2]


def test_a_shrunk_plan_says_its_factor() -> None:
    plan = plan_of(policy_of(*CORE, limits="{turnover: 10%}"), book_of(USDT="1000"))

    assert sent(plan) == ["buy 2 BTC/USDT"]
    assert plan.warnings == (
        "the whole move is shrunk to 33.33%: the turnover limit has no room for more",
    )


RESTORE = ("core: {kind: spot}", "core: 30%, cash: 70%")
"""From 90 % held to 30 %, 30 % of turnover, past a limit of 60 %: half of it restores that."""


@pytest.mark.parametrize(
    ("limit", "held", "moved", "most"),
    [
        # half of the way is 15 %: under it what restores the limit goes, and nothing beyond
        ("5%", 0.6, 1 / 2, np.inf),
        ("14%", 0.6, 1 / 2, np.inf),
        # over it the limit is the only one that is read: 18 and 24 of the 30 %
        ("18%", 0.54, 3 / 5, 0.18),
        ("24%", 0.42, 4 / 5, 0.24),
    ],
)
def test_what_restores_a_limit_is_exempt(
    limit: str, held: float, moved: float, most: float
) -> None:
    policy = policy_of(*RESTORE, limits=f"{{turnover: {limit}, gross_leverage: 0.6}}")

    destination, allowance = shrunk(case_of(policy, book_of(BTC="9", USDT="100")))

    assert destination.weights.spot[0, 0] == pytest.approx(held, abs=1e-6)
    assert destination.moved.tolist() == pytest.approx([moved], abs=1e-6)
    assert allowance is not None
    assert allowance.most.tolist() == [most]


def test_what_restores_one_asset_moves_the_other_on_the_same_line() -> None:
    # BTC at 90 % is over 60 %; to 30 % of it and 30 % of ETH is 45 % of turnover. Half of the
    # way holds: it is over the limit of 10 %, and ETH has gone half of its way too, less a cent
    policy = policy_of(
        "core: {kind: spot}",
        "core: 60%, cash: 40%",
        assets="{BTC: {spot: BTC/USDT, share: 50%}, ETH: {spot: ETH/USDT, share: 50%}}",
        limits="{turnover: 10%, asset_weight: 0.6}",
    )

    destination, _ = shrunk(case_of(policy, book_of(BTC="9", USDT="100")))

    assert destination.weights.spot[0].tolist() == pytest.approx([0.6, 0.15], abs=1e-5)
    assert destination.moved.tolist() == pytest.approx([0.5], abs=1e-4)


def test_a_plan_that_restores_a_limit_passes_the_turnover_limit_and_no_more_than_it_must() -> None:
    policy = policy_of(*RESTORE, limits="{turnover: 5%, gross_leverage: 0.6}")

    plan = plan_of(policy, book_of(BTC="9", USDT="100"))

    # a lot more than three coins, for the hair that limits are kept by
    assert sent(plan) == ["sell 3.001 BTC/USDT"]
    assert all(line.holds for line in plan.limits)


def test_a_plan_within_the_limit_restores_and_goes_on() -> None:
    policy = policy_of(*RESTORE, limits="{turnover: 20%, gross_leverage: 0.6}")

    plan = plan_of(policy, book_of(BTC="9", USDT="100"))

    assert sent(plan) == ["sell 4 BTC/USDT"]
    assert plan.warnings == (
        "the whole move is shrunk to 66.67%: the turnover limit has no room for more",
    )


def test_a_line_from_the_present_book_goes_there_and_to_the_end() -> None:
    case = case_of(policy_of(*CORE, limits="{turnover: 10%}"), book_of(USDT="1000"))

    _, allowance = shrunk(case)

    assert allowance is not None
    assert allowance.at(np.array([0.0])).spot.tolist() == [[0.0]]
    assert allowance.at(np.array([0.5])).spot[0] == pytest.approx([0.3])
    assert allowance.at(np.array([1.0])).spot[0] == pytest.approx([0.6])


@pytest.mark.parametrize(
    ("book", "limit", "held"),
    [
        # two coins are 10 %; three lots of 0.7 are 2.1, and a sale would round up to them
        (book_of(BTC="10"), "10%", 8.6),
        (book_of(USDT="1000"), "10%", 1.4),
        (book_of(BTC="10"), "3.5%", 9.3),
        (book_of(BTC="10"), "3.4%", 10.0),
    ],
)
def test_rounding_never_passes_the_limit(book: Book, limit: str, held: float) -> None:
    policy = policy_of(
        "core: {kind: spot}", "core: 50%, cash: 50%", limits=f"{{turnover: {limit}}}"
    )

    plan = plan_of(policy, book, market=market_of(spot_pair("BTC", step="0.7")))

    assert float(dict(plan.book_after.spot).get("BTC", 0)) == pytest.approx(held)
    assert traded(plan) <= float(limit.removesuffix("%")) / 100 + 1e-12


@pytest.mark.parametrize("limit", [1, 4, 7, 11, 18, 29])
def test_coarse_legs_of_a_pair_stay_under_the_limit_together(limit: int) -> None:
    carry = ("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%")
    policy = policy_of(*carry, limits=f"{{turnover: {limit}%}}")
    market = market_of(spot_pair("BTC", step="0.3"), perpetual("BTC", step="0.7"))

    plan = plan_of(policy, book_of(BTC="1.1", USDT="890"), market=market)

    assert traded(plan) <= limit / 100 + 1e-12


def test_coins_that_move_into_their_wallet_are_no_turnover() -> None:
    # 30 % short on coins that are there: 15 %
    policy = policy_of(
        "core: {kind: spot}, dollars: {kind: basis, collateral: coin}",
        "core: 70%, dollars: 30%",
        assets=BTC_COIN,
    )
    case = case_of(policy, book_of(BTC="10"), market=market_of(inverse("BTC")))

    weights = choose_destination(case).weights

    assert weights.wallet[0].tolist() == pytest.approx([0, 0.3])
    assert move_turnover(case, case.present, end=weights) == pytest.approx([0.15])


def test_turnover_is_half_of_what_orders_are_worth() -> None:
    market = market_of(spot_pair("BTC", step="0.1"), perpetual("BTC", step="0.1"))
    case = case_of(policy_of(*BOTH), book_of(USDT="1000"), market=market)
    orders = Orders(np.array([[30.0, -10.0]]), np.array([[100.0]]))

    # 300 bought and 100 sold
    assert order_turnover(case, orders).tolist() == pytest.approx([0.2])
    assert is_over(case, orders, most=np.array([0.199])).tolist() == [True]
    assert is_over(case, orders, most=np.array([0.2])).tolist() == [False]


def test_an_inverse_contract_turns_over_its_size_in_dollars() -> None:
    policy = policy_of("dollars: {kind: basis, collateral: coin}", "dollars: 100%", assets=BTC_COIN)
    market = market_of(inverse("BTC", contract_size="10"))
    case = case_of(policy, book_of(coin_wallet="10"), market=market)
    orders = Orders(np.array([[0.0, -40.0]]), np.zeros((1, 2)))

    assert order_turnover(case, orders).tolist() == pytest.approx([0.2])


def test_nothing_is_realised_under_a_turnover_limit_so_wallets_keep_their_profit() -> None:
    # 10 short from 150: balance 300, profit 500, 100 locked; 200 can leave and not 500
    policy = policy_of(
        "tilt: {kind: short, leverage: 10}", "tilt: 10%, cash: 90%", limits="{turnover: 50%}"
    )
    case = case_of(policy, book_of((SYMBOL, "-10", "150"), USDT="200", wallet="300"))

    wallet = choose_destination(case).weights.wallet[0, 0]

    assert wallet == pytest.approx(0.6, abs=1e-6)


def test_coins_that_a_wallet_keeps_on_a_part_of_the_way_are_not_sold_out_of_spot() -> None:
    # 4.2 of the wallet's 4.5 coins are profit: a third of the way realises a third of it
    policy = policy_of(
        "core: {kind: spot}, dollars: {kind: basis, collateral: coin}",
        "core: 30%, dollars: 10%, cash: 60%",
        assets=BTC_COIN,
        limits="{turnover: 20%}",
        rebalance="band: 0%",
    )
    book = book_of(("BTC/USD:BTC", "-840", "200"), BTC="3", USDT="250", coin_wallet="0.3")

    plan = plan_of(policy, book, market=market_of(inverse("BTC")))

    assert dict(plan.book_after.spot)["BTC"] == pytest.approx(Decimal(3), abs=Decimal("0.001"))
    assert 0 < traded(plan) <= 0.2


def test_a_move_whose_lots_break_a_limit_is_shrunk_and_nothing_is_closed() -> None:
    # half of four coins may be bought against half of four shorts: in lots of 0.8 and 1.5 that
    # leaves 0.9 short, under the least exposure
    carry = ("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%")
    policy = policy_of(*carry, limits="{turnover: 20%, net_exposure: [-1%, 1%]}")
    market = market_of(spot_pair("BTC", step="0.8"), perpetual("BTC", step="1.5"))

    plan = plan_of(policy, book_of(USDT="1000"), market=market)

    assert all(line.holds for line in plan.limits)
    assert not any("futures and basis spot legs are shrunk" in note for note in plan.warnings)


def test_residuals_are_of_the_move_that_the_lots_allow() -> None:
    # 10 % of turnover is two coins; lots of 0.7 allow 1.4, and the rest waits for the limit
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%", limits="{turnover: 10%}")

    plan = plan_of(policy, book_of(BTC="10"), market=market_of(spot_pair("BTC", step="0.7")))

    assert plan.residuals == ()
    assert float(dict(plan.book_after.spot)["BTC"]) == pytest.approx(8.6)
