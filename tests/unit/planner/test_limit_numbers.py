"""Numbers that need care: no equity, tiers on the way, and a wallet that a rise alone can hurt."""

import numpy as np
import pytest

from rebalancer.model.book import Account
from rebalancer.planner.layout import build_layout, policy_symbols
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import LimitRow, LimitTable, gather_facts
from tests.small_plans import (
    BTC_COIN,
    PRICES,
    book_of,
    case_of,
    facts_of,
    inverse,
    linear_exposure,
    market_of,
    perpetual,
    policy_of,
)

PAIR = "core: {kind: spot}"


def distance_of(
    notional: float, *, equity: float, tiers: tuple[tuple[str, str, str], ...]
) -> float:
    """The distance to liquidation of one BTC position."""
    policy = policy_of(PAIR, "core: 60%, cash: 40%")
    market = market_of(perpetual("BTC", tiers=tiers))
    layout = build_layout(
        policy, market.instruments, account=Account.SEPARATE, extra=policy_symbols(policy)
    )
    exposure = linear_exposure(
        np.zeros((1, 1)),
        np.array([[notional]]),
        margin=np.array([[equity]]),
        nav=np.array([1000.0]),
    )
    facts = gather_facts(exposure, layout, scale=exposure.nav)
    table = LimitTable((LimitRow.LIQUIDATION_DISTANCE,), np.array([-0.1]))
    return -float(limit_numbers(facts, table)[0, 0])


FLAT = (("0", "0.4%", "125"),)
RISING = (("0", "0.4%", "125"), ("350", "1%", "50"), ("500", "10%", "5"))


def test_three_times_long_is_liquidated_a_third_lower() -> None:
    # (1/3 - 0.4 %) / (1 - 0.4 %): the published -33.07 %
    assert distance_of(300, equity=100, tiers=FLAT) == pytest.approx(0.3306559572, abs=1e-9)


def test_three_times_short_is_liquidated_a_third_higher() -> None:
    assert distance_of(-300, equity=100, tiers=FLAT) == pytest.approx(0.328021248, abs=1e-9)


def test_once_short_is_liquidated_near_twice_the_price() -> None:
    assert distance_of(-300, equity=300, tiers=FLAT) == pytest.approx((1 - 0.004) / 1.004)


def test_the_tier_at_the_liquidation_price_counts_not_the_present_one() -> None:
    # at 400 of notional the 1 % tier (cum 2.1) rules: 100 - 300 m = 3 (1 + m) - 2.1
    assert distance_of(-300, equity=100, tiers=RISING) == pytest.approx(99.1 / 303)
    # farther up the 10 % tier (cum 47.1) does: 300 - 300 m = 30 (1 + m) - 47.1
    assert distance_of(-300, equity=300, tiers=RISING) == pytest.approx(317.1 / 330)


def test_a_position_under_its_maintenance_margin_has_no_distance_left() -> None:
    assert distance_of(-300, equity=1, tiers=FLAT) == 0


@pytest.mark.parametrize("equity", [1e4, 1e6, 1e9])
def test_a_short_is_liquidated_however_far_up(equity: float) -> None:
    far = (equity / 300 - 0.004) / 1.004
    assert distance_of(-300, equity=equity, tiers=FLAT) == pytest.approx(far)


# ------------------------------------------------------------------ coin wallets
DOLLARS = policy_of("dollars: {kind: basis, collateral: coin}", "dollars: 100%", assets=BTC_COIN)


def coin_number(
    row: LimitRow,
    contracts: str,
    *,
    tiers: tuple[tuple[str, str, str], ...] = FLAT,
    account: Account = Account.SEPARATE,
    mark: str = "100",
    **held: str,
) -> float:
    """The number of a book whose inverse contracts of one dollar were opened at 100."""
    market = market_of(inverse("BTC", tiers=tiers), prices={**PRICES, "BTC/USD:BTC": mark})
    book = book_of(("BTC/USD:BTC", contracts, "100"), account=account, **held)
    case = case_of(DOLLARS, book, market=market)
    return float(limit_numbers(facts_of(case), LimitTable((row,), np.array([0.0])))[0, 0])


@pytest.mark.parametrize(
    ("row", "number"),
    [
        (LimitRow.NET_HIGH, 0),
        (LimitRow.NET_LOW, 0),
        (LimitRow.FUTURES_LEVERAGE, 1),
        (LimitRow.MARGIN_UTILIZATION, 0.1),
        (LimitRow.LIQUIDATION_DISTANCE, -np.inf),
        (LimitRow.ASSET_WEIGHT, 0),
        # its coins and its contract: twice what it is worth
        (LimitRow.GROSS_LEVERAGE, 2),
    ],
)
@pytest.mark.parametrize("account", list(Account))
def test_a_synthetic_dollar_is_neither_long_nor_short_and_never_liquidated(
    row: LimitRow, number: float, account: Account
) -> None:
    found = coin_number(row, "-100", coin_wallet="1", account=account)

    assert found == pytest.approx(number, abs=1e-12)


@pytest.mark.parametrize(
    ("contracts", "distance"),
    [
        ("-300", 0.494),  # 300 (1 - 0.4 %) / (3 - 1) = 149.40
        ("300", 0.247),  # 300 (1 + 0.4 %) / (1 + 3) = 75.30
    ],
)
@pytest.mark.parametrize("account", list(Account))
def test_three_times_on_coins_is_liquidated_where_the_formula_says(
    contracts: str, distance: float, account: Account
) -> None:
    row = LimitRow.LIQUIDATION_DISTANCE

    found = -coin_number(row, contracts, coin_wallet="1", account=account)

    assert found == pytest.approx(distance, abs=1e-9)


def test_an_inverse_tier_counts_its_coins_at_the_liquidation_price() -> None:
    # from 2.5 coins 1 % (cum 0.015), from 5 coins 10 % (cum 0.465); 300 dollars are 3 coins now
    tiers = (("0", "0.4%", "125"), ("2.5", "1%", "50"), ("5", "10%", "5"))
    row = LimitRow.LIQUIDATION_DISTANCE

    # up, the notional shrinks under 2.5 coins: the first tier, as in the test above
    assert -coin_number(row, "-300", tiers=tiers, coin_wallet="1") == pytest.approx(0.494)
    # down it grows: 4 - 300/P = 3/P - 0.015, so P = 303 / 4.015, where 300 dollars are 3.98 coins
    assert -coin_number(row, "300", tiers=tiers, coin_wallet="1") == pytest.approx(1 - 3.03 / 4.015)


def test_coins_in_spot_guard_a_wallet_only_where_they_are_pooled() -> None:
    row = LimitRow.LIQUIDATION_DISTANCE

    # three coins for a short of 300: the pool is a synthetic dollar, the wallet alone is not
    alone = coin_number(row, "-300", coin_wallet="1", BTC="2")
    pooled = coin_number(row, "-300", coin_wallet="1", BTC="2", account=Account.UNIFIED)
    assert -alone == pytest.approx(0.494)
    assert pooled == -np.inf


@pytest.mark.parametrize("account", list(Account))
def test_an_inverse_short_at_another_mark_hedges_by_its_own_dollars(account: Account) -> None:
    # opened at 100, now 110, while a coin is worth 100: -100 (1/100 - 1/110) is -1/11 coin
    net = coin_number(LimitRow.NET_HIGH, "-100", mark="110", coin_wallet="1", account=account)

    coins = (1 - 1 / 11) * 100
    assert net == pytest.approx((coins - 100) / coins)


def test_a_unified_account_lets_money_stand_for_coins() -> None:
    # 100 of money and a 3x short of 300 on one coin: up 1 + m, the pool loses 200 m;
    # 200 - 200 m = 1.2 of maintenance, which no price changes
    distance = -coin_number(
        LimitRow.LIQUIDATION_DISTANCE, "-300", coin_wallet="1", USDT="100", account=Account.UNIFIED
    )

    assert distance == pytest.approx(198.8 / 200)


def test_linear_and_inverse_contracts_of_a_unified_account_share_one_pool() -> None:
    # a coin, a dollar short on it and a linear long of one coin: net 100 of 100, leverage 200/100
    market = market_of(inverse("BTC", tiers=FLAT), perpetual("BTC", tiers=FLAT))
    policy = policy_of(
        "dollars: {kind: basis, collateral: coin}, tilt: {kind: long, leverage: 1, future:"
        " {BTC: 'BTC/USDT:USDT'}}",
        "dollars: 50%, tilt: 50%",
        assets=BTC_COIN,
    )
    book = book_of(
        ("BTC/USD:BTC", "-100", "100"),
        ("BTC/USDT:USDT", "1", "100"),
        BTC="1",
        account=Account.UNIFIED,
    )
    facts = facts_of(case_of(policy, book, market=market))
    rows = (LimitRow.NET_HIGH, LimitRow.FUTURES_LEVERAGE, LimitRow.LIQUIDATION_DISTANCE)

    net, leverage, distance = limit_numbers(facts, LimitTable(rows, np.zeros(3)))[0]

    assert (net, leverage) == (pytest.approx(1), pytest.approx(2))
    # down m: 100 (1 - m) of equity, 0.4 of the dollars' margin and 0.4 (1 - m) of the long's
    assert -distance == pytest.approx((99.6 - 0.4) / 99.6)
