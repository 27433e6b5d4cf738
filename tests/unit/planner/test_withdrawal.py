"""A wallet gives out at most max(0, min(balance, equity) - initial margin); the setting is 10."""

import numpy as np
import pytest

from rebalancer.model.book import Book
from rebalancer.planner.case import Weights
from rebalancer.planner.withdrawal import free_margin, kept_part, wallet_floor, withdrawable
from tests.small_plans import book_of, case_of, market_of, perpetual, policy_of

POLICY = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 40%, cash: 60%")
SYMBOL = "BTC/USDT:USDT"


def floor_of(
    book: Book, *, to_future: float, fee: str = "0%", reopened: float | None = 0.0
) -> float:
    """The least equity that can stay once the BTC position has gone to a share of NAV, in money.

    `reopened` is the share of it that is closed and opened again, None as much as it takes.
    """
    case = case_of(POLICY, book, market=market_of(perpetual("BTC", fee=fee)))
    present = case.present
    weights = Weights(present.spot, np.array([[to_future]]), present.wallet)
    again = None if reopened is None else np.array([[reopened]])
    return float(wallet_floor(case, weights, reopened=again)[0, 0] * case.nav[0])


def test_an_idle_wallet_gives_out_everything() -> None:
    assert floor_of(book_of(USDT="600", wallet="400"), to_future=0) == pytest.approx(0, abs=1e-5)


def test_locked_margin_stays() -> None:
    # a short of 500 locks 50
    book = book_of((SYMBOL, "-5", "100"), USDT="600", wallet="400")
    assert floor_of(book, to_future=-0.5) == pytest.approx(50, abs=1e-5)


def test_unrealised_profit_is_not_cash() -> None:
    # balance 400, profit 5 · 20: equity 500, out at most 400 - 50
    book = book_of((SYMBOL, "-5", "120"), USDT="500", wallet="400")
    assert floor_of(book, to_future=-0.5) == pytest.approx(150, abs=1e-5)


def test_an_unrealised_loss_cannot_be_given_out() -> None:
    # balance 400, loss 5 · 20: equity 300, out at most 300 - 50
    book = book_of((SYMBOL, "-5", "80"), USDT="700", wallet="400")
    assert floor_of(book, to_future=-0.5) == pytest.approx(50, abs=1e-5)


def test_a_reduction_frees_its_margin_and_its_profit_first() -> None:
    # 3 of 5 closed: 60 of the profit is balance, 200 of notional stays: 460 - 20 out of 500
    book = book_of((SYMBOL, "-5", "120"), USDT="500", wallet="400")
    assert floor_of(book, to_future=-0.2) == pytest.approx(60, abs=1e-5)


def test_a_reduction_pays_its_fee_before() -> None:
    # closing 300 at 1 %: 3 less to give, and 3 less equity
    book = book_of((SYMBOL, "-5", "100"), USDT="600", wallet="400")
    assert floor_of(book, to_future=-0.2, fee="1%") == pytest.approx(20, abs=1e-5)


def test_a_wallet_that_has_nothing_to_give_keeps_its_equity() -> None:
    # balance 30 under a lock of 50, equity 30 + 100
    book = book_of((SYMBOL, "-5", "120"), USDT="870", wallet="30")
    assert floor_of(book, to_future=-0.5) == pytest.approx(130)


@pytest.mark.parametrize(
    ("reopened", "least"),
    [
        # balance 400 and the part of 100 that is realised, less 50 that lock again
        (0.0, 150),
        (0.5, 100),
        (1.0, 50),
        (None, 50),
    ],
)
def test_profit_that_is_realised_can_be_given_out(reopened: float | None, least: float) -> None:
    book = book_of((SYMBOL, "-5", "120"), USDT="500", wallet="400")
    assert floor_of(book, to_future=-0.5, reopened=reopened) == pytest.approx(least, abs=1e-5)


def test_only_the_part_that_stays_has_profit_left_to_realise() -> None:
    # 3 of 5 closed: balance 460 and 40 of the two that stay, less 20 that lock again
    book = book_of((SYMBOL, "-5", "120"), USDT="500", wallet="400")
    assert floor_of(book, to_future=-0.2, reopened=None) == pytest.approx(20, abs=1e-5)


def test_realising_pays_its_fees_twice() -> None:
    # 1 % of 500 to close and to open: 500 - 10 - 50 go out of an equity of 500
    book = book_of((SYMBOL, "-5", "120"), USDT="500", wallet="400")
    assert floor_of(book, to_future=-0.5, fee="1%", reopened=1.0) == pytest.approx(60, abs=1e-5)


def test_a_loss_is_not_realised() -> None:
    # equity 300: what is free without closing anything is free, and nothing more
    book = book_of((SYMBOL, "-5", "80"), USDT="700", wallet="400")
    assert floor_of(book, to_future=-0.5, fee="1%", reopened=None) == pytest.approx(50, abs=1e-5)


def test_realising_that_costs_more_than_it_frees_is_not_counted() -> None:
    # 5 of profit cost 10 of fees: 400 - 50 stay the most that goes out of 405
    book = book_of((SYMBOL, "-5", "101"), USDT="595", wallet="400")
    assert floor_of(book, to_future=-0.5, fee="1%", reopened=None) == pytest.approx(55, abs=1e-5)


@pytest.mark.parametrize(
    ("held", "chosen", "left"),
    [(5, 3, 3), (5, 8, 5), (5, -2, 0), (5, 0, 0), (-5, -3, -3), (-5, 2, 0), (0, 4, 0)],
)
def test_a_reduction_never_passes_zero(held: float, chosen: float, left: float) -> None:
    assert kept_part(np.array([float(held)]), np.array([float(chosen)]))[0] == left


def test_a_transfer_out_of_all_that_is_free_needs_no_trade() -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")
    case = case_of(policy, book_of(USDT="0", wallet="1000"))
    # nothing is locked, so all but the float margin may go
    assert wallet_floor(case, case.present)[0, 0] == pytest.approx(2e-9)


@pytest.mark.parametrize(
    ("held", "free"),
    [
        # 5 short from 120 lock 50 and have won 100: of a balance of 400, 350 can go
        ("400", 350),
        # a balance of 20 is less than the margin, which profit carries: 30 must be won first
        ("20", -30),
    ],
)
def test_free_margin_counts_what_profit_carries_as_missing(held: str, free: float) -> None:
    book = book_of((SYMBOL, "-5", "120"), USDT="500", wallet=held)
    case = case_of(POLICY, book, market=market_of(perpetual("BTC")))
    nothing = np.zeros_like(case.present.future)

    found = free_margin(case, case.present, reopened=nothing)[0, 0] * case.nav[0]

    assert found == pytest.approx(free)
    given = withdrawable(case, case.present, reopened=nothing)[0, 0] * case.nav[0]
    assert given == pytest.approx(max(free, 0), abs=1e-5)
