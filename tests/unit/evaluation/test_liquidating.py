"""Liquidations within a bar: where, what they cost, and what must not be liquidated."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.events import CutOrder, Liquidation
from rebalancer.evaluation.history_run import LIQUIDATED
from rebalancer.model.book import Account
from rebalancer.model.instrument import Instrument, MarginTier
from rebalancer.model.market import Bars, Market
from tests.small_plans import inverse, perpetual, spot_pair
from tests.unit.evaluation.small_histories import (
    BTC_SPOT,
    IDLE,
    book_of,
    closes_accounts,
    daily,
    day,
    funding,
    market_of,
    policy_of,
    run_of,
)

TIER = (MarginTier(Decimal(0), Decimal("0.004"), Decimal(100)),)
SWAP = replace(perpetual("BTC"), margin_tiers=TIER, liquidation_fee=Decimal("0.001"))
COIN_SWAP = replace(inverse("BTC"), margin_tiers=TIER, liquidation_fee=Decimal("0.001"))
PAID = {float(number) / 3: 0.0 for number in range(-2, 12)}


def liquidations(found: Evaluation) -> list[Liquidation]:
    return [event for event in found.events if isinstance(event, Liquidation)]


def swap_market(bars: Bars, swap: Instrument = SWAP) -> Market:
    """BTC, spot and perpetual at one price, without funding to speak of."""
    return market_of(
        BTC_SPOT,
        swap,
        bars={"BTC/USDT": bars, swap.symbol: bars},
        funded={swap.symbol: funding(PAID)},
    )


def run_through(
    low: float, high: float, *, contracts: str, wallet: str = "100", rate: float = 0.0
) -> Evaluation:
    """A position from 100 in a wallet, through one wide bar that closes at 100 again."""
    bars = daily([100.0, 100.0, 100.0], highs=[100.0, high, 100.0], lows=[100.0, low, 100.0])
    market = market_of(
        BTC_SPOT,
        SWAP,
        bars={"BTC/USDT": bars, SWAP.symbol: bars},
        funded={SWAP.symbol: funding(PAID | {1.0: rate})},
    )
    book = book_of((SWAP.symbol, contracts, "100"), wallets={"USDT": wallet}, USDT="500")
    return run_of(IDLE, market, book=book)


def test_three_times_long_goes_after_a_fall_of_a_third() -> None:
    found = run_through(60.0, 100.0, contracts="3")

    (event,) = liquidations(found)
    assert (event.at_us, event.wallet) == (day(1), "USDT")
    assert event.positions[0].price == pytest.approx(66.93, abs=0.005)
    assert event.positions[0].contracts == 3
    assert event.equity == pytest.approx(3 * 66.93 * 0.004, rel=1e-3)
    assert event.fee == pytest.approx(3 * 66.93 * 0.001, rel=1e-3)
    assert found.nav[1] == pytest.approx(500 + event.equity - event.fee, abs=1e-9)
    assert found.attribution.liquidation == pytest.approx(event.fee)
    assert found.book.positions == ()
    assert closes_accounts(found)


def test_three_times_short_goes_on_the_high() -> None:
    (event,) = liquidations(run_through(100.0, 140.0, contracts="-3"))
    assert event.positions[0].price == pytest.approx(132.80, abs=0.005)


@pytest.mark.parametrize(("low", "high", "contracts"), [(66.94, 300.0, "3"), (40.0, 132.7, "-3")])
def test_what_stops_short_of_the_price_is_left_alone(
    low: float, high: float, contracts: str
) -> None:
    found = run_through(low, high, contracts=contracts)
    assert liquidations(found) == []
    assert found.nav.tolist() == [600.0, 600.0, 600.0]


def test_funding_is_paid_before_the_bar_is_tested() -> None:
    # 1 % of 300 leaves 97: the same fall now reaches the maintenance margin
    assert liquidations(run_through(67.2, 100.0, contracts="3")) == []
    (event,) = liquidations(run_through(67.2, 100.0, contracts="3", rate=0.01))
    assert event.positions[0].price == pytest.approx((300 - 97) / (3 * 0.996), rel=1e-9)


def test_the_fee_takes_what_is_left_and_no_more() -> None:
    dear = replace(SWAP, liquidation_fee=Decimal("0.05"))
    bars = daily([100.0, 90.0, 90.0], lows=[100.0, 50.0, 90.0])
    market = swap_market(bars, dear)
    book = book_of((dear.symbol, "3", "100"), wallets={"USDT": "100"}, USDT="7")

    found = run_of(IDLE, market, book=book)

    (event,) = liquidations(found)
    assert event.fee == pytest.approx(event.equity)
    assert found.nav[-1] == pytest.approx(7)
    assert closes_accounts(found)


def test_three_times_long_in_coins_goes_after_a_fall_of_a_quarter() -> None:
    bars = daily([100.0, 100.0], lows=[100.0, 70.0])
    market = market_of(
        BTC_SPOT,
        COIN_SWAP,
        bars={"BTC/USDT": bars, COIN_SWAP.symbol: bars},
        funded={COIN_SWAP.symbol: funding(PAID)},
    )
    policy = replace(IDLE, assets=(replace(IDLE.assets[0], future=COIN_SWAP.symbol),))
    book = book_of((COIN_SWAP.symbol, "300", "100"), wallets={"BTC": "1"})

    found = run_of(policy, market, book=book)

    (event,) = liquidations(found)
    price = event.positions[0].price
    assert event.wallet == "BTC"
    assert price == pytest.approx(75.3, abs=0.01)
    # what is left are coins: the maintenance margin less the fee, worth the close of the bar
    assert found.nav[-1] == pytest.approx(300 / price * (0.004 - 0.001) * 100, rel=1e-9)
    assert closes_accounts(found)


def test_each_position_stands_at_its_own_worst_extreme() -> None:
    # long BTC and short ETH: each alone survives its bar, the two together do not
    coins = {name: replace(perpetual(name), margin_tiers=TIER) for name in ("BTC", "ETH")}
    btc = daily([100.0, 100.0], lows=[100.0, 80.0])
    eth = daily([10.0, 10.0], highs=[10.0, 12.0])
    market = market_of(
        spot_pair("BTC"),
        spot_pair("ETH"),
        *coins.values(),
        bars={"BTC/USDT": btc, "ETH/USDT": eth, "BTC/USDT:USDT": btc, "ETH/USDT:USDT": eth},
        funded={one.symbol: funding(PAID) for one in coins.values()},
    )
    both = (("BTC/USDT:USDT", "3", "100"), ("ETH/USDT:USDT", "-30", "10"))

    alone = [
        liquidations(run_of(IDLE, market, book=book_of(one, wallets={"USDT": "100"})))
        for one in both
    ]
    (event,) = liquidations(run_of(IDLE, market, book=book_of(*both, wallets={"USDT": "100"})))

    assert alone == [[], []]
    prices = [one.price for one in event.positions]
    # half-way and a little: 60·s + 60·s = 100 - 0.004·(300·(1 - 0.2·s) + 300·(1 + 0.2·s))
    share = (100 - 0.004 * 600) / 120
    assert prices == pytest.approx([100 - 20 * share, 10 + 2 * share], rel=1e-9)


def test_pooled_coins_carry_the_short_that_they_hedge() -> None:
    bars = daily([100.0, 100.0, 100.0], highs=[100.0, 400.0, 100.0], lows=[100.0, 50.0, 100.0])
    market = swap_market(bars)
    hedged = book_of((SWAP.symbol, "-1", "100"), account=Account.UNIFIED, BTC="1", USDT="10")
    bare = book_of((SWAP.symbol, "-1", "100"), account=Account.UNIFIED, BTC="0.1", USDT="100")

    assert liquidations(run_of(IDLE, market, book=hedged)) == []
    (event,) = liquidations(run_of(IDLE, market, book=bare))
    assert event.positions[0].price == pytest.approx(200 / (0.9 + 0.004), rel=1e-9)
    assert closes_accounts(run_of(IDLE, market, book=bare))


def test_the_higher_tier_liquidates_earlier() -> None:
    tiers = (*TIER, MarginTier(Decimal(200), Decimal("0.1"), Decimal(5)))
    steep = replace(SWAP, margin_tiers=tiers)
    bars = daily([100.0, 100.0], lows=[100.0, 60.0])
    market = swap_market(bars, steep)
    book = book_of((steep.symbol, "3", "100"), wallets={"USDT": "100"})

    (event,) = liquidations(run_of(IDLE, market, book=book))

    # 100 - 3·(100 - p) = 3·p·0.1 - 200·(0.1 - 0.004)
    assert event.positions[0].price == pytest.approx((200 - 19.2) / 2.7, rel=1e-9)


@pytest.mark.parametrize("contracts", ["30", "-30"])
def test_a_gap_liquidates_at_one_price_whether_an_order_waits_or_not(contracts: str) -> None:
    # ten times 300, and the next bar opens 20 % away; on Wednesday a plan trades at that open
    gap = 80.0 if contracts == "30" else 120.0
    bars = daily([100.0, 100.0, 100.0, gap, gap], opens=[100.0, 100.0, 100.0, gap, gap])
    market = swap_market(bars)
    book = book_of((SWAP.symbol, contracts, "100"), wallets={"USDT": "300"}, USDT="500")
    weekly = "every: 1w, on: wednesday 00:00"
    trading = policy_of("bull: {kind: long}", "bull: 20%, cash: 80%", rebalance=weekly)

    idle, found = (run_of(policy, market, book=book) for policy in (IDLE, trading))

    (waited,), (event,) = liquidations(idle), liquidations(found)
    assert (event.at_us, waited.at_us) == (day(2), day(3))
    assert replace(event, at_us=waited.at_us) == waited
    assert 0 < event.fee <= event.equity == pytest.approx(event.maintenance)
    assert found.fills == ()
    assert {cut.reason for cut in found.events if isinstance(cut, CutOrder)} == {LIQUIDATED}
    np.testing.assert_allclose(found.nav, idle.nav, rtol=1e-12)
    assert closes_accounts(found)


@pytest.mark.parametrize("account", list(Account))
def test_a_gap_that_both_legs_of_a_pair_make_liquidates_neither(account: Account) -> None:
    # BTC alone has an order at the open: ETH has made the same gap, and pays for it
    gap = daily([100.0, 100.0, 100.0, 60.0, 60.0], opens=[100.0, 100.0, 100.0, 60.0, 60.0])
    other = replace(SWAP, symbol="ETH/USDT:USDT", base="ETH")
    spots = (BTC_SPOT, replace(BTC_SPOT, symbol="ETH/USDT", base="ETH"))
    market = market_of(
        *spots,
        SWAP,
        other,
        bars={one.symbol: gap for one in (*spots, SWAP, other)},
        funded={one.symbol: funding(PAID) for one in (SWAP, other)},
    )
    policy = policy_of(
        "bull: {kind: long, shares: {BTC: 100%}, leverage: 5},"
        " bear: {kind: short, shares: {ETH: 100%}, leverage: 5}",
        "bull: 49%, bear: 49%, cash: 2%",
        assets="{BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT'},"
        " ETH: {spot: ETH/USDT, future: 'ETH/USDT:USDT'}}",
        rebalance="every: 1w, on: wednesday 00:00, band: 3%",
    )
    pair = ((SWAP.symbol, "28", "100"), (other.symbol, "-24.5", "100"))
    pooled = account is Account.UNIFIED
    wallets, cash = ({}, "1000") if pooled else ({"USDT": "980"}, "20")
    book = book_of(*pair, wallets=wallets, USDT=cash, account=account)

    found = run_of(policy, market, book=book)

    assert liquidations(found) == []
    assert [(fill.symbol, fill.price) for fill in found.fills] == [(SWAP.symbol, 60.0)]
    assert found.nav[-1] == pytest.approx(1000 - (28 - 24.5) * 40, abs=1)


def test_what_a_gap_leaves_alone_is_traded_at_its_open() -> None:
    bars = daily([100.0, 100.0, 100.0, 95.0], opens=[100.0, 100.0, 100.0, 95.0])
    market = swap_market(bars)
    book = book_of((SWAP.symbol, "30", "100"), wallets={"USDT": "300"}, USDT="500")
    weekly = "every: 1w, on: wednesday 00:00"
    out = policy_of("core: {kind: spot}", "cash: 100%", rebalance=weekly)

    found = run_of(out, market, book=book)

    assert liquidations(found) == []
    assert [(fill.amount, fill.price) for fill in found.fills] == [(Decimal(-30), 95.0)]
    assert found.nav[-1] == pytest.approx(800 - 30 * 5, abs=1e-9)
