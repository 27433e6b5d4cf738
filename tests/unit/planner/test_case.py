import numpy as np
import pytest

from rebalancer.planner.case import Weights, sized_shorts
from tests.small_plans import PRICES, book_of, case_of, market_of, policy_of

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
