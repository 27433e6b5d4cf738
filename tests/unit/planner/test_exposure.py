import numpy as np
import pytest

from rebalancer.model.book import Account
from rebalancer.planner.exposure import column_sum, measure_exposure
from tests.small_plans import BTC_AND_ETH, book_of, case_of, policy_of

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
