"""Guesses are what the books of decisions to come would be, worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rebalancer.evaluation.columns import run_layout
from rebalancer.evaluation.guessing import Aims, Prospect, guess_books
from rebalancer.planner.exposure import Holdings
from tests.unit.evaluation.small_histories import BTC_SPOT, BTC_SWAP, book_of, policy_of

POLICY = policy_of("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%")
KNOWN = {one.symbol: one for one in (BTC_SPOT, BTC_SWAP)}
LAYOUT = run_layout(POLICY, KNOWN, book=book_of(USDT="1000"))
NAN = float("nan")


def cash(amount: float) -> Holdings:
    zero = np.zeros((1, 1))
    return Holdings(zero, zero, zero, np.array([amount]), zero)


def prospect(*, slippage: float = 0.0) -> Prospect:
    """Two decisions at 100 and 110, filled there; a short receives 1 between them."""
    return Prospect(
        layout=LAYOUT,
        mark=np.array([[100.0, 100.0], [110.0, 110.0]]),
        quoted=np.array([[100.0, 100.0], [110.0, 110.0]]),
        funding=[[-1.0]],
        payments=np.array([[[0, 0, 1]], [[1, 1, 1]]]),
        slippage=slippage,
    )


def aims(held: list[float], wallet: float) -> Aims:
    """What the first decision aims at; the second leaves everything as it is."""
    return Aims(
        nav=np.array([1000.0, 1000.0]),
        held=np.array([held, [NAN, NAN]]),
        spare=np.zeros((2, 2)),
        share=np.zeros((2, 2)),
        wallet=np.array([[wallet], [NAN]]),
        wallet_share=np.zeros((2, 1)),
    )


def test_spot_is_paid_with_its_fee() -> None:
    books = guess_books(cash(1000.0), aims([2.0, NAN], NAN), prospect=prospect()).books
    assert books.spot[:, 0].tolist() == [0.0, 2.0]
    assert books.cash.tolist() == pytest.approx([1000.0, 1000 - 200 - 0.2])


def test_slippage_is_paid_on_top() -> None:
    paid = prospect(slippage=0.01)
    books = guess_books(cash(1000.0), aims([2.0, NAN], NAN), prospect=paid).books
    assert books.cash[1] == pytest.approx(1000 - 202 - 0.202)


def test_a_short_receives_funding_in_its_wallet() -> None:
    books = guess_books(cash(1000.0), aims([NAN, -2.0], 300.0), prospect=prospect()).books
    assert books.size[:, 0].tolist() == [0.0, -2.0]
    assert books.entry[:, 0].tolist() == [0.0, 100.0]
    assert books.wallet[1, 0] == pytest.approx(300 - 0.1 + 2)
    assert books.cash[1] == pytest.approx(700)


def test_a_larger_account_aims_at_more_in_whole_lots() -> None:
    lot = float(BTC_SPOT.amount_step)
    aimed = aims([2.0, NAN], NAN)
    aimed.share[0, 0] = 0.002
    aimed.spare[0, 0] = 0.4 * lot
    books = guess_books(cash(1000.0 + 0.7 * lot / 0.002), aimed, prospect=prospect()).books
    assert books.spot[1, 0] == pytest.approx(2.0 + lot)
    assert Decimal(str(lot)) == BTC_SPOT.amount_step


def test_a_decision_never_planned_for_aims_at_its_targets() -> None:
    target = Aims(
        nav=np.zeros(2),
        held=np.zeros((2, 2)),
        spare=np.zeros((2, 2)),
        share=np.array([[0.004, -0.004]] * 2),
        wallet=np.zeros((2, 1)),
        wallet_share=np.array([[0.4]] * 2),
    )
    books = guess_books(cash(1000.0), target, prospect=prospect()).books
    assert (books.spot[1, 0], books.size[1, 0]) == (4.0, -4.0)
    assert books.wallet[1, 0] == pytest.approx(400 - 0.2 + 4)


def test_what_is_under_the_smallest_order_is_not_sent() -> None:
    pair = replace(BTC_SPOT, min_cost=Decimal(250))
    known = {one.symbol: one for one in (pair, BTC_SWAP)}
    asked = replace(prospect(), layout=run_layout(POLICY, known, book=book_of(USDT="1000")))
    assert bought(2.0, asked) == 0
    assert bought(3.0, asked) > 0


def test_what_is_under_the_least_trade_is_not_sent() -> None:
    asked = replace(prospect(), min_trade=250.0)
    assert bought(2.0, asked) == 0
    assert bought(3.0, asked) > 0


def bought(coins: float, asked: Prospect) -> float:
    """The lots that the first decision buys which aims at so many coins, worth 100 each."""
    return float(guess_books(cash(1000.0), aims([coins, NAN], NAN), prospect=asked).lots[0, 0])
