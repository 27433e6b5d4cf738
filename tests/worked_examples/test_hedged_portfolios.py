"""The worked examples of hedged and unhedged portfolios, by their number in the list of sources.

Values of a book come from a plan's `nav`, exposures from its limits: what a user would read.
"""

from decimal import Decimal

import pytest

from rebalancer.model.book import Book
from rebalancer.model.plan import Order, Plan, Side, Transfer
from rebalancer.policy.compiled import Policy
from tests.small_plans import book_of, market_of, perpetual, plan_of, policy_of, sent, spot_pair

ASSETS = (
    "{BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT', share: 50%},"
    " ETH: {spot: ETH/USDT, future: 'ETH/USDT:USDT', share: 50%}}"
)
QUIET = policy_of("core: {kind: spot}", "core: 50%, cash: 50%", assets=ASSETS)


def worth(book: Book, *, btc: str = "40000", eth: str = "3000") -> Decimal:
    """What a book is worth at these prices, spot and future alike."""
    prices = {"BTC/USDT": btc, "BTC/USDT:USDT": btc, "ETH/USDT": eth, "ETH/USDT:USDT": eth}
    return plan_of(QUIET, book, market=market_of(prices=prices)).nav


def short(coin: str, amount: str, entry: str) -> tuple[str, str, str]:
    return (f"{coin}/USDT:USDT", f"-{amount}", entry)


@pytest.mark.parametrize("btc", ["20000", "36000", "40000", "44000", "80000"])
def test_w1_a_full_hedge_is_worth_the_same_at_any_price(btc: str) -> None:
    book = book_of(short("BTC", "10", "40000"), BTC="10", wallet="500000")

    assert worth(book, btc=btc) == 10 * 40_000 + 500_000


def test_w2_a_quarter_hedge_loses_three_quarters_of_a_fall() -> None:
    book = book_of(short("BTC", "2.5", "40000"), BTC="10", wallet="200000")

    lost = worth(book, btc="36000") - worth(book)

    assert lost / 400_000 == Decimal("-0.075")


def test_w5_a_hedge_of_ten_thousand_on_forty_is_a_quarter() -> None:
    # 40k of BTC and 20k of ETH at 2,000; 10k short of BTC; BTC -10 %
    book = book_of(short("BTC", "0.25", "40000"), BTC="1", ETH="10", wallet="10000")

    assert worth(book, btc="36000", eth="2000") - worth(book, eth="2000") == -3_000


def test_w7_ten_eth_hedged_with_ten_eth_lose_nothing() -> None:
    book = book_of(short("ETH", "10", "3000"), ETH="10", wallet="30000")

    assert worth(book, eth="2700") == worth(book)


def test_w8_half_a_hedge_loses_half_of_a_fall() -> None:
    book = book_of(short("BTC", "5", "40000"), BTC="10", wallet="400000")

    assert (worth(book, btc="36000") - worth(book)) / 400_000 == Decimal("-0.05")


@pytest.mark.parametrize("eth", ["2700", "3300"])
def test_w10_fifty_thousand_of_eth_hedged_whole_nets_to_nothing(eth: str) -> None:
    book = book_of(short("ETH", "20", "2500"), ETH="20", wallet="50000")

    assert worth(book, eth=eth) == worth(book, eth="2500") == 100_000


@pytest.mark.parametrize(("hedge", "lost"), [("4", 0), ("2", -1_000)])
def test_w15_a_fall_of_a_fifth_costs_nothing_or_half_with_a_full_or_half_hedge(
    hedge: str, lost: int
) -> None:
    book = book_of(short("ETH", hedge, "2500"), ETH="4", wallet="20000")

    assert worth(book, eth="2000") - worth(book, eth="2500") == lost


BOUNDS = "{net_exposure: [-5%, 100%], gross_leverage: 2}"


def exposures(plan: Plan) -> dict[str, float]:
    return {line.name: line.after for line in plan.limits if line.after is not None}


def at_hundred(policy: Policy, book: Book) -> Plan:
    """A plan with BTC at 100, lots of 0.001 and no fees."""
    return plan_of(policy, book)


def test_w9_half_sold_and_the_rest_hedged_nets_to_nothing_on_all_of_nav() -> None:
    bearish = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        hedges="[{of: core, ratio: 100%, with: own, leverage: 2}]",
        limits=BOUNDS,
    )

    plan = at_hundred(bearish, book_of(BTC="100"))

    assert exposures(plan) == pytest.approx({"net_exposure": 0.0, "gross_leverage": 1.0})
    assert sent(plan) == [
        "sell 50 BTC/USDT",
        "send 2500.00 USDT to futures",
        "sell 50 BTC/USDT:USDT",
    ]
    # half of NAV is cash: 25 % in the wallet as margin, 25 % outside
    assert dict(plan.book_after.spot)["USDT"] == 2_500


def test_w14_a_leveraged_long_adds_its_notional_not_its_margin() -> None:
    alpha = policy_of(
        "core: {kind: spot, shares: {BTC: 100%}},"
        " alpha: {kind: long, leverage: 2, shares: {ETH: 100%}}",
        "core: 60%, alpha: 10%, cash: 30%",
        assets=ASSETS,
        hedges="[{of: core, ratio: 50%, with: own, leverage: 1}]",
        limits=BOUNDS,
    )

    plan = at_hundred(alpha, book_of(USDT="100000"))

    # 60 - 30 + 20 of 100, and 60 + 30 + 20; no cash is left, so a lot is kept back for its cents
    assert exposures(plan) == pytest.approx({"net_exposure": 0.5, "gross_leverage": 1.1}, abs=1e-5)


def test_w16_net_exposure_is_spot_less_futures_notional() -> None:
    half = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        hedges="[{of: core, ratio: 50%, with: own}]",
        limits=BOUNDS,
    )

    plan = at_hundred(
        half, book_of(short("BTC", "50", "100"), BTC="100", USDT="5000", wallet="5000")
    )

    # 10,000 - 5,000 on 20,000
    assert plan.nav == 20_000
    assert exposures(plan)["net_exposure"] == pytest.approx(0.25)


def test_w17_moving_to_hedged_yield_sells_only_what_becomes_margin() -> None:
    mixed = policy_of(
        "core: {kind: spot}, hedged: {kind: basis, leverage: 2}", "core: 70%, hedged: 30%"
    )

    plan = at_hundred(mixed, book_of(BTC="100"))

    # 30 % at leverage 2: 20 % of spot stays and is shorted, 10 % becomes margin
    sale, margin, hedge = plan.trades
    assert isinstance(sale, Order)
    assert isinstance(margin, Transfer)
    assert isinstance(hedge, Order)
    assert (sale.symbol, sale.side) == ("BTC/USDT", Side.SELL)
    assert sale.amount == 10
    assert margin.target == "futures"
    assert Decimal("999.98") <= margin.amount <= 1_000  # a cent may be kept back for roundings
    assert (hedge.symbol, hedge.side) == ("BTC/USDT:USDT", Side.SELL)
    assert Decimal("19.999") <= hedge.amount <= Decimal(20)


def test_w17_with_fees_sells_that_and_the_fees() -> None:
    mixed = policy_of(
        "core: {kind: spot}, hedged: {kind: basis, leverage: 2}", "core: 70%, hedged: 30%"
    )
    market = market_of(spot_pair("BTC", fee="0.1%"), perpetual("BTC", fee="0.05%"))

    plan = plan_of(mixed, book_of(BTC="100"), market=market)

    sale = plan.trades[0]
    assert isinstance(sale, Order)
    assert Decimal(10) <= sale.amount <= Decimal("10.05")
    assert 1 <= plan.fees <= Decimal("2.1")
