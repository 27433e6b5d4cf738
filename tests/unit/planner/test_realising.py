"""Realising profit: five short from 200 at 100 in lots of 0.001, each with 0.1 of profit.

NAV is 1,000: 200 in spot and 800 of equity, 300 of it balance; 50 are locked, so 250 can go.
"""

import numpy as np
import pytest

from rebalancer.model.book import Book
from rebalancer.planner.case import Case
from rebalancer.planner.lots import Orders
from rebalancer.planner.realising import (
    keep_reopening_fees,
    reopened_lots,
    reopened_share,
    reopening_fees,
)
from tests.small_plans import BTC_AND_ETH, book_of, case_of, market_of, perpetual, policy_of

TILT = ("tilt: {kind: short, leverage: 1}", "tilt: 50%, cash: 50%")
POLICY = policy_of(*TILT)
SYMBOL = "BTC/USDT:USDT"
BOOK = book_of((SYMBOL, "-5", "200"), USDT="200", wallet="300")


def case(book: Book = BOOK, *, fee: str = "0%", step: str = "0.001", min_cost: str = "0") -> Case:
    future = perpetual("BTC", fee=fee, step=step, min_cost=min_cost)
    return case_of(POLICY, book, market=market_of(future))


def orders(transfer: float, future: float = 0.0) -> Orders:
    """No spot, some lots of the future, and a transfer into the wallet."""
    return Orders(np.array([[0.0, future]]), np.array([[float(transfer)]]))


def reopened(some: Case, some_orders: Orders) -> list[float]:
    found: list[float] = reopened_lots(some, some_orders)[0].tolist()
    return found


@pytest.mark.parametrize(
    ("transfer", "lots"),
    [
        (300, 0),  # into the wallet
        (0, 0),
        (-249.99, 0),
        (-250.1, 2),  # of 0.10 that are missing one lot has all but the hair kept back
        (-300, 501),
        (-749, 4991),
        (-900, 5000),  # no more than there is
    ],
)
def test_the_lots_whose_profit_is_missing_are_reopened(transfer: float, lots: int) -> None:
    assert reopened(case(), orders(transfer)) == [lots]


def test_what_a_plan_closes_anyway_has_realised_its_profit() -> None:
    # 2 of 5 closed: balance 500, 30 locked, 470 can go
    assert reopened(case(), orders(-469.99, 2000)) == [0]
    # of 480, ten are missing: 100 of the 3,000 lots that stay
    assert reopened(case(), orders(-480, 2000)) == [101]
    # and of what is closed whole nothing can be closed again
    assert reopened(case(), orders(-790, 5000)) == [0]


def test_a_position_that_turns_over_is_not_reopened() -> None:
    assert reopened(case(), orders(-900, 6000)) == [0]


def test_a_loss_is_not_realised() -> None:
    book = book_of((SYMBOL, "-5", "80"), USDT="700", wallet="400")

    assert reopened(case(book), orders(-290)) == [0]


def test_a_turnover_limit_leaves_no_room_for_it() -> None:
    policy = policy_of(*TILT, limits="{turnover: 100%}")
    limited = case_of(policy, BOOK)

    assert reopened(limited, orders(-300)) == [0]


def test_what_the_venue_does_not_open_again_is_not_closed() -> None:
    assert reopened(case(min_cost="50"), orders(-300)) == [501]
    assert reopened(case(min_cost="51"), orders(-300)) == [0]


def test_whole_lots_realise_at_least_what_is_missing() -> None:
    # half a coin and a hair in lots of 0.4
    assert reopened(case(step="0.4"), orders(-300)) == [2]


def test_fees_are_paid_out_of_the_profit() -> None:
    # a lot has 0.1 of profit and costs 0.001 to close and to open: 50 / 0.098
    assert reopened(case(fee="1%"), orders(-300)) == [pytest.approx(511, abs=0.5)]


def test_profit_that_fees_eat_up_is_left_alone() -> None:
    # one per cent of profit, and one to close and one to open
    book = book_of((SYMBOL, "-5", "101"), USDT="200", wallet="300")

    assert reopened(case(book, fee="1%"), orders(-280)) == [0]


def test_positions_of_one_wallet_make_up_what_is_missing_together() -> None:
    # BTC has 50 and ETH 500 of profit; 450 can go of 490 equity and balance: 400 and 50, less 60
    policy = policy_of(*TILT, assets=BTC_AND_ETH)
    book = book_of((SYMBOL, "-1", "150"), ("ETH/USDT:USDT", "-50", "20"), USDT="50", wallet="400")
    some = case_of(policy, book)

    # 400 less 10 and 50 locked are 340; of 100 missing BTC has 50 and ETH, 0.01 a lot, the rest
    lots = reopened_lots(some, Orders(np.zeros((1, 4)), np.array([[-440.0]])))[0]

    assert lots.tolist() == [1000, 5001]


def test_only_the_books_whose_profit_is_missing_reopen() -> None:
    some = case_of(POLICY, BOOK, book_of((SYMBOL, "-5", "100"), USDT="200", wallet="800"), BOOK)
    lots = np.zeros((3, 2))

    found = reopened_lots(some, Orders(lots, np.array([[-300.0], [-300.0], [-100.0]])))

    assert found.tolist() == [[501], [0], [0]]


# ------------------------------------------------------------------ what it costs
def test_closing_and_opening_costs_two_fees() -> None:
    # 511 lots of 0.1 at 1 %, twice
    assert reopening_fees(case(fee="1%"), np.array([[511.0]])) == pytest.approx(1.022)


def test_a_transfer_out_leaves_what_reopening_costs_its_wallet() -> None:
    some = case(fee="1%")
    (lots,) = reopened(some, orders(-300))
    fees = 2 * lots * 0.001

    kept = keep_reopening_fees(some, orders(-300))

    # whole cents, up
    assert kept.transfers[0, 0] == pytest.approx(-300 + np.ceil(fees * 100) / 100)
    assert kept.lots.tolist() == [[0, 0]]


@pytest.mark.parametrize("transfer", [-250, 0, 300])
def test_orders_that_reopen_nothing_are_left_as_they_are(transfer: float) -> None:
    given = orders(transfer)
    assert keep_reopening_fees(case(fee="1%"), orders(transfer)).transfers.tolist() == (
        given.transfers.tolist()
    )


def test_lots_are_shares_of_the_positions_held() -> None:
    assert reopened_share(case(), np.array([[501.0]])) == pytest.approx(0.1002)
    assert reopened_share(case(book_of(USDT="1000")), np.array([[0.0]])) == pytest.approx(0)


def test_margin_that_profit_carries_is_realised_too() -> None:
    # 20 of balance under 50 of locked margin: to give out 10, 40 of the 500 must be won
    some = case(book_of((SYMBOL, "-5", "200"), USDT="200", wallet="20"))

    assert reopened(some, orders(-10)) == pytest.approx([401], abs=1)
