import numpy as np
import pytest

from rebalancer.model.book import Account
from rebalancer.planner.case import Case
from rebalancer.planner.exposure import build_marks, column_sum, measure_exposure
from tests.small_plans import (
    BTC_AND_ETH,
    BTC_COIN,
    PRICES,
    book_of,
    case_of,
    inverse,
    market_of,
    policy_of,
)

POLICY = policy_of(
    "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
    "core: 60%, tilt: 20%, cash: 20%",
    assets=BTC_AND_ETH,
)
SHORT = ("BTC/USDT:USDT", "-3", "120")
LONG = ("ETH/USDT:USDT", "10", "11")


def test_a_separate_account_adds_wallets_with_their_profit_to_coins() -> None:
    # spot 200 + 50, cash 70; wallet 100 + 3·20 - 10·1 = 150
    case = case_of(POLICY, book_of(SHORT, LONG, BTC="2", ETH="5", USDT="70", wallet="100"))

    exposure = measure_exposure(case.holdings, case.marks, layout=case.layout)

    assert exposure.coin.tolist() == [[200, 50]]
    assert exposure.future.tolist() == [[-300, 100]]
    assert exposure.margin.tolist() == [[150]]
    assert exposure.nav.tolist() == [470]


def test_a_unified_account_is_one_pool() -> None:
    book = book_of(SHORT, LONG, BTC="2", ETH="5", USDT="70", wallet="100", account=Account.UNIFIED)
    case = case_of(POLICY, book)

    exposure = measure_exposure(case.holdings, case.marks, layout=case.layout)

    assert exposure.margin.tolist() == [[470]]
    assert exposure.nav.tolist() == [470]
    assert case.layout.wallets == ()
    assert case.present.wallet.shape == (1, 0)


def test_weights_are_shares_of_nav() -> None:
    case = case_of(POLICY, book_of(SHORT, LONG, BTC="2", ETH="5", USDT="70", wallet="100"))

    assert case.present.spot[0] == pytest.approx([200 / 470, 50 / 470])
    assert case.present.future[0] == pytest.approx([-300 / 470, 100 / 470])
    assert case.present.wallet[0] == pytest.approx([150 / 470])
    assert case.profit[0] == pytest.approx([60 / 470, -10 / 470])


def test_a_sum_over_columns_adds_them_in_order() -> None:
    assert column_sum(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [3, 7]
    assert column_sum(np.zeros((3, 0))).tolist() == [0, 0, 0]


# ------------------------------------------------------------------ coin wallets
MIXED = policy_of(
    "dollars: {kind: basis, collateral: coin}, tilt: {kind: short, leverage: 1, future:"
    " {BTC: 'BTC/USDT:USDT'}}",
    "dollars: 60%, tilt: 20%, cash: 20%",
    assets=BTC_COIN,
)
COIN_SHORT = ("BTC/USD:BTC", "-330", "88")


def mixed_case(account: Account) -> Case:
    """Spot at 100, the linear contract at 105, the inverse one at 110."""
    prices = {**PRICES, "BTC/USDT:USDT": "105", "BTC/USD:BTC": "110"}
    market = market_of(inverse("BTC"), prices=prices)
    linear_short = ("BTC/USDT:USDT", "-1", "125")
    book = book_of(
        COIN_SHORT, linear_short, BTC="2", USDT="50", wallet="30", coin_wallet="4", account=account
    )
    return case_of(MIXED, book, market=market)


def test_an_inverse_contract_is_its_own_dollars_and_its_coins_are_worth_their_spot_mark() -> None:
    case = mixed_case(Account.SEPARATE)
    assert case.layout.symbols == ("BTC/USDT", "BTC/USD:BTC", "BTC/USDT:USDT")
    assert case.layout.wallets == ("USDT", "BTC")

    exposure = measure_exposure(case.holdings, case.marks, layout=case.layout)

    # -330 (1/88 - 1/110) is -0.75 coin: 3.25 coins of equity beside 2 in spot
    assert exposure.coin[0] == pytest.approx([525])
    assert exposure.future[0] == pytest.approx([-330, -105])
    # a dollar of the contract at 110 moves by 100/110 of what a dollar of spot does
    assert exposure.gain[0] == pytest.approx([-300, -105])
    # wallets: 30 + 20 of profit in USDT, 3.25 coins
    assert exposure.margin[0] == pytest.approx([50, 325])
    assert exposure.coin_price[0].tolist() == [100, 1]
    assert exposure.nav[0] == pytest.approx(50 + 200 + 50 + 325)


def test_a_unified_account_pools_coins_with_their_unrealised_profit() -> None:
    case = mixed_case(Account.UNIFIED)

    exposure = measure_exposure(case.holdings, case.marks, layout=case.layout)

    assert exposure.coin[0] == pytest.approx([525])
    assert exposure.margin[0] == pytest.approx([625])
    assert exposure.nav[0] == pytest.approx(625)


def test_a_coin_wallet_weighs_its_equity_and_an_inverse_short_its_dollars() -> None:
    case = mixed_case(Account.SEPARATE)

    assert case.present.wallet[0] == pytest.approx([50 / 625, 325 / 625])
    assert case.present.future[0] == pytest.approx([-330 / 625, -105 / 625])
    assert case.profit[0] == pytest.approx([-75 / 625, 20 / 625])


def test_marks_say_what_a_unit_of_size_and_a_coin_of_each_wallet_are_worth() -> None:
    layout = mixed_case(Account.SEPARATE).layout

    marks = build_marks(np.array([[100.0, 110.0, 105.0]]), layout)

    assert marks.unit.tolist() == [[100, 1, 105]]
    assert marks.coin.tolist() == [[100, 1]]
    assert marks.wallet.tolist() == [[1, 100]]
    assert marks.gain[0] == pytest.approx([100 / 110, 1])


def test_marks_of_some_rows_are_theirs_unless_all_share_them() -> None:
    layout = mixed_case(Account.SEPARATE).layout
    own = build_marks(np.array([[100.0, 110.0, 105.0], [200.0, 220.0, 210.0]]), layout)
    shared = build_marks(np.array([[100.0, 110.0, 105.0]]), layout)

    assert own.take(np.array([1])).wallet.tolist() == [[1, 200]]
    assert shared.take(np.array([1])) is shared
