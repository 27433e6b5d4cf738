import numpy as np
import pytest

from rebalancer.errors import UsageError
from rebalancer.evaluation.period import choose_period
from rebalancer.model.instant import DAY_US
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, Market
from rebalancer.policy.compiled import Policy
from tests.small_plans import dated, perpetual, policy_of, spot_pair
from tests.small_policies import MONDAY, days

COINS = policy_of("coins: {kind: spot}", "coins: 50%, cash: 50%")
ROLLING = policy_of(
    "carry: {kind: basis}",
    "carry: 50%, cash: 50%",
    assets="{BTC: {spot: BTC/USDT, future: {of: 'BTC/USDT:USDT', roll: 7d}}}",
)


def bars(first_day: int, last_day: int) -> Bars:
    times = days(*range(first_day, last_day + 1))
    price = np.full(len(times), 100.0)
    return Bars(times, price, price, price, price)


def market_of(**symbols: tuple[Instrument, Bars]) -> Market:
    return Market(
        {each.symbol: each for each, _ in symbols.values()},
        "2024-01-01",
        bars={each.symbol: rows for each, rows in symbols.values()},
    )


MARKET = market_of(spot=(spot_pair("BTC"), bars(0, 20)), future=(perpetual("BTC"), bars(5, 22)))


def period(
    policy: Policy, market: Market, start: int | None = None, end: int | None = None
) -> tuple[float, float]:
    start_us, end_us = choose_period(
        policy,
        market,
        start_us=None if start is None else MONDAY + start * DAY_US,
        end_us=None if end is None else MONDAY + end * DAY_US,
    )
    return (start_us - MONDAY) / DAY_US, (end_us - MONDAY) / DAY_US


def test_it_is_from_the_first_time_that_all_have_prices_to_the_last_row_of_any() -> None:
    assert period(COINS, MARKET) == (5, 22)


def test_it_may_be_given_and_may_start_before_all_have_prices() -> None:
    assert period(COINS, MARKET, 2, 9) == (2, 9)


def test_a_family_of_contracts_has_a_price_once_one_of_them_has() -> None:
    market = market_of(
        spot=(spot_pair("BTC"), bars(0, 30)),
        march=(dated("BTC", "2024-03-29"), bars(3, 30)),
        june=(dated("BTC", "2024-06-28"), bars(9, 30)),
    )
    assert period(ROLLING, market) == (3, 30)


def test_what_has_no_prices_is_named() -> None:
    market = market_of(spot=(spot_pair("BTC"), bars(0, 20)))
    with pytest.raises(UsageError, match=r"no prices of `BTC/USDT:USDT`, which policy `small`"):
        period(COINS, market)


@pytest.mark.parametrize("first_of_spot", [0, 22])
def test_a_single_row_is_said_to_be_one(first_of_spot: int) -> None:
    market = market_of(
        spot=(spot_pair("BTC"), bars(first_of_spot, 22)), future=(perpetual("BTC"), bars(22, 22))
    )
    with pytest.raises(UsageError) as caught:
        period(COINS, market)
    assert str(caught.value) == (
        "the market has one row alone in which everything that policy `small` names has a price, "
        "of 2024-01-23T00:00:00Z; an evaluation needs a later one too"
    )


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (-1, None, r"start 2023-12-31T00:00:00Z is outside of the market, whose prices are from"),
        (None, 23, r"end 2024-01-24T00:00:00Z is outside of the market"),
        (9, 8, r"start 2024-01-10T00:00:00Z is not before end 2024-01-09T00:00:00Z"),
        (9, 9, r"is not before end"),
        (None, 4, r"start 2024-01-06T00:00:00Z is not before end 2024-01-05T00:00:00Z"),
    ],
)
def test_times_that_leave_nothing_to_evaluate_are_refused(
    start: int | None, end: int | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        period(COINS, MARKET, start, end)
