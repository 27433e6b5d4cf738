import numpy as np
import pytest

from rebalancer.model.book import Account
from rebalancer.planner.case import (
    TradeRules,
    Weights,
    coins_bought,
    range_of_shorts,
    sized_shorts,
    trade_rules,
)
from tests.small_plans import BTC_COIN, PRICES, book_of, case_of, inverse, market_of, policy_of

CARRY = policy_of("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%")
BOOKS = [book_of(BTC=str(coins), USDT="1000") for coins in (0, 5, 10)]


def test_some_books_of_a_case_are_a_case_of_their_own() -> None:
    case = case_of(CARRY, *BOOKS)

    some = case.take(np.array([2, 0]))

    assert some.nav.tolist() == [2000, 1000]
    assert some.present.spot.tolist() == [[0.5], [0.0]]
    assert some.holdings.spot.tolist() == [[10], [0]]
    assert some.marks.price.tolist() == [[100, 100]]
    assert some.wanted.spot.target.tolist() == case.wanted.spot.target.tolist()


def test_a_book_without_value_has_no_weights() -> None:
    case = case_of(CARRY, book_of(), book_of(USDT="100"))

    assert case.nav.tolist() == [0, 100]
    assert np.isfinite(case.present.spot).all()


def test_an_equal_base_quantity_weighs_as_much_more_as_its_mark() -> None:
    # spot 100, future 105: ten coins are short of 1,050 for 1,000 of spot
    market = market_of(prices={**PRICES, "BTC/USDT:USDT": "105"})
    case = case_of(CARRY, book_of(BTC="10", USDT="1000"), market=market)

    shorts = sized_shorts(case, case.present.spot, wallet=case.present.wallet)

    assert shorts[0, 0] == pytest.approx(0.525)


def test_a_point_on_the_way_is_a_mix_of_both_ends() -> None:
    start = Weights(np.array([[0.0]]), np.array([[1.0]]), np.array([[0.2]]))
    end = Weights(np.array([[1.0]]), np.array([[0.0]]), np.array([[0.4]]))

    point = start.toward(end, np.array([0.25]))

    assert (point.spot[0, 0], point.future[0, 0], point.wallet[0, 0]) == (
        pytest.approx((0.25, 0.75, 0.25))
    )


def test_writing_over_a_copy_leaves_the_weights_alone() -> None:
    weights = Weights(np.zeros((2, 1)), np.zeros((2, 1)), np.zeros((2, 1)))
    copy = weights.copy()

    copy.put(np.array([1]), Weights(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1))))

    assert copy.spot.tolist() == [[0], [1]]
    assert copy.take(np.array([1])).wallet.tolist() == [[1]]
    assert not weights.spot.any()


def test_rules_of_trading_are_the_policys_and_its_regimes_limits() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        limits="{turnover: 20%, order_notional: 5000}",
        rebalance="band: 2%, to: target, min_trade: 25",
        more="execution: {max_leg_imbalance: 3%}",
    )

    assert trade_rules(policy, policy.regimes[0].limits) == TradeRules(
        min_trade=25, to_target=True, turnover=0.2, order_notional=5000, leg_imbalance=0.03
    )


def test_a_policy_that_says_nothing_trades_as_it_likes_with_legs_within_five_per_cent() -> None:
    assert trade_rules(CARRY, CARRY.regimes[0].limits) == TradeRules(
        min_trade=0, to_target=False, turnover=np.inf, order_notional=np.inf, leg_imbalance=0.05
    )


# ------------------------------------------------------------------ coin collateral
DOLLARS = policy_of(
    "core: {kind: spot}, dollars: {kind: basis, collateral: coin}",
    "core: 70%, dollars: 30%",
    assets=BTC_COIN,
)


def test_a_coin_collateral_short_is_sized_on_the_equity_of_its_wallet() -> None:
    # two coins of equity are 200 of 1,000; the contract is at 110
    market = market_of(inverse("BTC"), prices={**PRICES, "BTC/USD:BTC": "110"})
    case = case_of(DOLLARS, book_of(BTC="8", coin_wallet="2"), market=market)

    shorts = sized_shorts(case, case.present.spot, wallet=case.present.wallet)

    assert shorts[0, 0] == pytest.approx(0.22)


def test_in_a_pool_it_is_sized_on_the_sleeves_share_of_the_coins() -> None:
    case = case_of(
        DOLLARS, book_of(BTC="10", account=Account.UNIFIED), market=market_of(inverse("BTC"))
    )

    shorts = sized_shorts(case, case.present.spot, wallet=case.present.wallet)

    assert shorts[0, 0] == pytest.approx(0.3)


def test_coins_that_only_move_are_not_bought_and_neither_are_fees_in_coins() -> None:
    case = case_of(
        DOLLARS, book_of(BTC="8", USDT="200"), market=market_of(inverse("BTC", fee="1%"))
    )
    weights = case.present.copy()
    weights.spot[0, 0], weights.wallet[0] = 0.5, [0, 0.3]
    assert coins_bought(case, weights).tolist() == [[0]]

    # 10 % more in the wallet are bought; the short's fee of 1 % on 30 % is not bought besides
    weights.wallet[0, 1], weights.future[0, 0] = 0.4, -0.3
    assert coins_bought(case, weights)[0, 0] == pytest.approx(0.1)

    # what is sold is sold whole
    weights.wallet[0, 1] = 0.1
    assert coins_bought(case, weights)[0, 0] == pytest.approx(-0.2)


def test_a_debt_of_coins_is_not_hedged() -> None:
    # a pool lost coins on its contracts: it owes one, and nothing is long for it
    case = case_of(CARRY, book_of(BTC="4", USDT="600", account=Account.UNIFIED))
    owed = np.array([[-0.1]])

    assert sized_shorts(case, owed, wallet=case.present.wallet).tolist() == [[0.0]]
    least, most = range_of_shorts(case, owed, wallet=case.present.wallet)
    assert least.tolist() == most.tolist() == [[0.0]]
