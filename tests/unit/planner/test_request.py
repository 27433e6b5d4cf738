from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Bars, FundingHistory, Market
from rebalancer.planner.request import (
    find_stale_prices,
    last_row_us,
    latest_funding_apr,
    latest_marks,
)
from tests.small_plans import market_of

CLOSES = np.array([100.1, 101.25, 99.9])
TIMES = np.array([1, 2, 3]) * DAY_US
BARS = Bars(TIMES, CLOSES, CLOSES, CLOSES, CLOSES)
MARKET = Market(market_of().instruments, "2024-01-01", bars={"BTC/USDT": BARS})


@pytest.mark.parametrize(
    ("at_us", "marks"),
    [
        (DAY_US - 1, {}),
        (DAY_US, {"BTC/USDT": Decimal("100.1")}),
        (3 * DAY_US - 1, {"BTC/USDT": Decimal("101.25")}),
        (9 * DAY_US, {"BTC/USDT": Decimal("99.9")}),
    ],
)
def test_a_mark_is_the_last_close_by_then_exactly_as_printed(
    at_us: int, marks: dict[str, Decimal]
) -> None:
    symbols = ["BTC/USDT", "ETH/USDT"]
    assert latest_marks(MARKET, symbols, as_of_us=at_us, prices={}) == marks


def test_a_price_set_by_hand_overrides_the_close() -> None:
    prices = {"BTC/USDT": Decimal(50), "ETH/USDT": Decimal(5), "XYZ/USDT": Decimal(1)}
    symbols = ["BTC/USDT", "ETH/USDT", "XYZ/USDT"]

    assert latest_marks(MARKET, symbols, as_of_us=0, prices=prices) == {
        "BTC/USDT": Decimal(50),
        "ETH/USDT": Decimal(5),
    }


def stale(at_us: int, *symbols: str) -> dict[str, str]:
    return find_stale_prices(MARKET, symbols, as_of_us=at_us, max_age_us=2 * DAY_US)


def test_a_price_is_stale_when_it_is_older_than_it_may_be() -> None:
    assert stale(8 * DAY_US, "BTC/USDT") == {
        "BTC/USDT": "price of `BTC/USDT` is 5d old, over `data.max_age` of 2d"
    }


def test_a_price_of_just_the_oldest_age_is_not_stale() -> None:
    assert stale(5 * DAY_US, "BTC/USDT") == {}
    assert stale(5 * DAY_US + 1, "BTC/USDT") != {}


def test_a_row_that_did_not_exist_yet_is_not_stale() -> None:
    assert stale(0, "BTC/USDT") == {}
    assert stale(9 * DAY_US, "ETH/USDT") == {}


def test_funding_is_annualised_by_its_own_row() -> None:
    # 0.01 % per 8 h is 10.95 % a year, per 4 h twice that
    funding = FundingHistory(TIMES[:2], np.array([0.0001, 0.0001]), np.array([8.0, 4.0]))
    market = Market({}, "2024-01-01", funding={"BTC/USDT:USDT": funding})
    symbols = ["BTC/USDT:USDT", "ETH/USDT:USDT"]

    assert latest_funding_apr(market, symbols, as_of_us=0) == {}
    assert latest_funding_apr(market, symbols, as_of_us=DAY_US) == pytest.approx(
        {"BTC/USDT:USDT": 0.1095}
    )
    assert latest_funding_apr(market, symbols, as_of_us=2 * DAY_US) == pytest.approx(
        {"BTC/USDT:USDT": 0.219}
    )


def test_the_last_row_is_the_latest_of_the_named_symbols() -> None:
    assert last_row_us(MARKET, ["BTC/USDT", "ETH/USDT"], as_of_us=2 * DAY_US + 5) == 2 * DAY_US
    assert last_row_us(MARKET, ["BTC/USDT"], as_of_us=0) is None
    assert last_row_us(MARKET, ["ETH/USDT"], as_of_us=9 * DAY_US) is None
