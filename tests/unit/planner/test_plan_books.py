"""Whole plans: the worked example of the command page to the digit, and books of many kinds."""

from decimal import Decimal

import pytest
import yaml

from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import parse_instant
from rebalancer.model.instrument import Instrument, InstrumentKind, MarginTier
from rebalancer.model.market import Market
from rebalancer.model.plan import InstrumentLine, Order, Plan, PlanStatus, Side, Transfer
from rebalancer.policy import read_policy
from tests.oracle.example import INSTRUMENTS, MARKS, POLICY
from tests.small_plans import (
    BTC_AND_ETH,
    BTC_COIN,
    WHOLE_LEGS,
    bars_of,
    book_of,
    inverse,
    market_of,
    percent,
    plan_of,
    plans_of,
    policy_of,
    sent,
    spot_pair,
)

AS_OF_US = parse_instant("2023-12-31T00:00Z")


def example_instrument(symbol: str) -> Instrument:
    row = INSTRUMENTS["instruments"][symbol]
    return Instrument(
        symbol=symbol,
        kind=InstrumentKind(row["kind"]),
        base=row["base"],
        quote=row["quote"],
        amount_step=Decimal(row["amount_step"]),
        min_amount=Decimal(row["min_amount"]),
        min_cost=Decimal(row["min_cost"]),
        price_step=Decimal("0.01"),
        taker_fee=percent(row["taker_fee"]),
        maker_fee=percent(row["taker_fee"]),
        settle=row.get("settle"),
        margin_tiers=tuple(
            MarginTier(
                Decimal(tier["from"]), percent(tier["maintenance"]), Decimal(tier["max_leverage"])
            )
            for tier in row.get("margin_tiers", ())
        ),
    )


def example_plan(*books: Book) -> tuple[Plan, ...]:
    policy, findings = read_policy(yaml.safe_dump(POLICY).encode(), "example.yaml")
    assert policy is not None, findings
    market = Market(
        {symbol: example_instrument(symbol) for symbol in MARKS},
        "2023-12-31",
        bars={symbol: bars_of(price, AS_OF_US) for symbol, price in MARKS.items()},
    )
    history = prepare(policy, market, as_of_us=AS_OF_US)
    moment = Moment(AS_OF_US, regime="yield_optimization")
    return decide(policy, market, history=history, books=books, moment=moment)


EXAMPLE = Book(
    AS_OF_US,
    Account.SEPARATE,
    {"BTC": Decimal("0.85"), "ETH": Decimal("9.4"), "USDT": Decimal(21500)},
    {"USDT": Decimal(5200)},
    (Position("BTC/USDT:USDT", Decimal("-0.21"), Decimal("41250.5")),),
)


def rounded(line: InstrumentLine) -> tuple[float, ...]:
    return tuple(
        round(value, 4) for value in (line.before, line.target, line.low, line.high, line.after)
    )


def test_the_worked_example_trades_to_the_digit() -> None:
    (plan,) = example_plan(EXAMPLE)

    assert plan.status is PlanStatus.TRADE
    assert (plan.nav, plan.nav_after) == (Decimal("83738.605"), Decimal("83731.144757"))
    first, second, third, fourth = plan.trades
    assert isinstance(second, Transfer)
    assert (second.amount, second.source, second.target) == (
        Decimal("8383.59"), "spot", "futures",
    )  # fmt: skip
    orders = [trade for trade in (first, third, fourth) if isinstance(trade, Order)]
    assert [
        (each.step, each.symbol, each.side.value, each.amount, each.notional, each.fee)
        for each in orders
    ] == [
        (1, "BTC/USDT", "sell", Decimal("0.01063"), Decimal("447.523"), Decimal("0.447523")),
        (3, "BTC/USDT:USDT", "sell", Decimal("0.128"), Decimal("5388.8"), Decimal("2.6944")),
        (4, "ETH/USDT:USDT", "sell", Decimal("3.788"), Decimal("8636.64"), Decimal("4.31832")),
    ]
    assert [each.leg_group for each in orders] == [None, "hedged_yield/BTC", "hedged_yield/ETH"]
    assert [(round(each.weight_before, 4), round(each.weight_after, 4)) for each in orders] == [
        (0.4273, 0.4220),
        (-0.1056, -0.1699),
        (0.0, -0.1031),
    ]
    assert not any(each.reduce_only for each in orders)
    assert [each.unit for each in orders] == ["base", "contracts", "contracts"]


def test_the_worked_example_leaves_the_book_of_the_page() -> None:
    (plan,) = example_plan(EXAMPLE)

    assert plan.book_after.spot == (
        ("BTC", Decimal("0.83937")),
        ("ETH", Decimal("9.4")),
        ("USDT", Decimal("13563.485477")),
    )
    assert plan.book_after.wallets == (("USDT", Decimal("13576.57728")),)
    assert plan.book_after.positions == (
        ("BTC/USDT:USDT", Decimal("-0.338"), Decimal("41572.204142")),
        ("ETH/USDT:USDT", Decimal("-3.788"), Decimal(2280)),
    )
    assert (plan.fees, plan.slippage) == (Decimal("7.460243"), Decimal(0))
    assert (plan.residuals, plan.warnings, plan.refusals) == ((), (), ())


def test_the_worked_example_shows_every_interval() -> None:
    (plan,) = example_plan(EXAMPLE)

    assert {line.symbol or line.wallet: rounded(line) for line in plan.instruments} == {
        "BTC/USDT": (0.4273, 0.4020, 0.3820, 0.4220, 0.4220),
        "ETH/USDT": (0.2559, 0.2680, 0.2480, 0.2880, 0.2559),
        "BTC/USDT:USDT": (-0.1056, -0.1620, -0.1701, -0.1701, -0.1699),
        "ETH/USDT:USDT": (0.0, -0.1080, -0.1031, -0.1031, -0.1031),
        "USDT": (0.06, 0.18, 0.16, 0.20, 0.16),
    }


def test_the_worked_example_shows_every_limit() -> None:
    (plan,) = example_plan(EXAMPLE)

    numbers = {
        line.name: [round(value or 0, 4) for value in (line.before, line.worst_during, line.after)]
        for line in plan.limits
    }
    assert numbers == {
        "gross_leverage": [0.7889, 0.9511, 0.9511],
        "net_exposure": [0.5777, 0.4049, 0.4049],
        "futures_leverage": [1.7606, 1.7606, 1.7067],
        "margin_utilization": [0.1761, 0.1761, 0.1707],
        "liquidation_distance": [0.5617, 0.5617, 0.5790],
        "stress_gross_leverage": [0.8992, 1.1616, 1.1616],
        "stress_net_exposure": [0.6640, 0.2941, 0.2941],
        "stress_liquidation": [0.0171, 0.0171, 0.0387],
    }
    assert all(line.holds for line in plan.limits)


def test_a_book_on_its_targets_holds() -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")

    plan = plan_of(policy, book_of(BTC="5", USDT="500"))

    assert plan.status is PlanStatus.HOLD
    assert plan.trades == ()
    assert (plan.fees, plan.nav_after) == (Decimal(0), Decimal(1000))
    assert plan.book_after.spot == (("BTC", Decimal(5)), ("USDT", Decimal(500)))


def test_a_policy_of_futures_alone_needs_no_spot() -> None:
    policy = policy_of(
        "tilt: {kind: long, leverage: 2}",
        "tilt: 50%, cash: 50%",
        assets="{BTC: {future: 'BTC/USDT:USDT'}}",
    )

    assert sent(plan_of(policy, book_of(USDT="1000"))) == [
        "send 500.00 USDT to futures",
        "buy 10 BTC/USDT:USDT",
    ]


def test_a_unified_account_transfers_nothing() -> None:
    carry = ("carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%")
    policy = policy_of(*carry, more=WHOLE_LEGS)
    book = book_of(USDT="400", wallet="600", account=Account.UNIFIED)

    plan = plan_of(policy, book)

    assert sent(plan) == ["buy 4 BTC/USDT", "sell 4 BTC/USDT:USDT"]
    assert plan.book_after.wallets == ()
    assert plan.book_after.spot == (("BTC", Decimal(4)), ("USDT", Decimal(600)))
    assert [line.wallet for line in plan.instruments if line.wallet] == []


def test_books_of_every_kind_are_planned_in_their_own_order() -> None:
    policy = policy_of(
        "core: {kind: spot}", "core: 50%, cash: 50%", assets=BTC_AND_ETH, more="unmanaged: sell"
    )
    books = [
        book_of(USDT="1000"),
        book_of(),
        book_of(USDT="1000", account=Account.UNIFIED),
        book_of(XYZ="1"),
        book_of(BTC="6", ETH="40"),
        book_of(USDT="1000"),
    ]

    plans = plans_of(policy, books)

    buys = ["buy 3 BTC/USDT", "buy 20 ETH/USDT"]
    assert [sent(plan) for plan in plans] == [
        buys,
        [],
        buys,
        [],
        ["sell 3 BTC/USDT", "sell 20 ETH/USDT"],
        buys,
    ]
    assert [plan.status.value for plan in plans] == [
        "trade", "refused", "trade", "refused", "trade", "trade",
    ]  # fmt: skip
    assert plans[0] == plans[5]


@pytest.mark.parametrize("count", [1, 3])
def test_no_books_and_many_books_are_a_batch(count: int) -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")

    assert plans_of(policy, []) == ()
    assert len(plans_of(policy, [book_of(USDT="1000")] * count)) == count


def test_a_batch_longer_than_a_chunk_is_one_batch() -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")
    books = [book_of(USDT=str(1000 + number)) for number in range(2003)]

    plans = plans_of(policy, books)

    assert [plan.nav for plan in plans] == [Decimal(1000 + number) for number in range(2003)]
    assert sent(plans[-1]) == ["buy 15.01 BTC/USDT"]


# ------------------------------------------------------------------ coin collateral
DOLLARS = "dollars: {kind: basis, collateral: coin}"
FLAT = (("0", "0.4%", "125"),)


def test_with_coin_collateral_a_part_of_spot_is_hedged_without_a_spot_trade() -> None:
    policy = policy_of(
        f"core: {{kind: spot}}, {DOLLARS}", "core: 70%, dollars: 30%", assets=BTC_COIN
    )

    plan = plan_of(policy, book_of(BTC="10"), market=market_of(inverse("BTC")))

    # NAV 1,000: three coins of 100 move wallet, and 300 dollars are short on them
    assert sent(plan) == ["send 3.00000000 BTC to futures", "sell 300 BTC/USD:BTC"]
    assert plan.book_after.spot == (("BTC", Decimal(7)), ("USDT", Decimal(0)))
    assert plan.book_after.wallets == (("BTC", Decimal(3)),)
    assert plan.book_after.positions == (("BTC/USD:BTC", Decimal(-300), Decimal(100)),)
    assert (plan.residuals, plan.warnings) == ((), ())


def test_in_a_unified_account_the_same_hedge_is_the_short_alone() -> None:
    policy = policy_of(
        f"core: {{kind: spot}}, {DOLLARS}", "core: 70%, dollars: 30%", assets=BTC_COIN
    )
    book = book_of(BTC="10", account=Account.UNIFIED)

    assert sent(plan_of(policy, book, market=market_of(inverse("BTC")))) == ["sell 300 BTC/USD:BTC"]


def test_with_money_as_margin_only_what_becomes_margin_is_sold() -> None:
    policy = policy_of(
        "core: {kind: spot}, carry: {kind: basis, leverage: 2}", "core: 70%, carry: 30%"
    )

    plan = plan_of(policy, book_of(BTC="10"))

    # 30 % at leverage 2 is 20 % of coins with their short and 10 % of margin
    _, transfer, _ = plan.trades
    assert isinstance(transfer, Transfer)
    assert sent(plan)[0] == "sell 1 BTC/USDT"
    assert transfer.target == "futures"
    assert transfer.amount == pytest.approx(Decimal(100), abs=Decimal("0.01"))
    assert sent(plan)[2] == "sell 2 BTC/USDT:USDT"
    assert dict(plan.book_after.spot)["BTC"] == 9


@pytest.mark.parametrize("price", ["40000", "60000", "400000", "15000"])
def test_a_synthetic_dollar_keeps_its_value_without_delta_or_liquidation(price: str) -> None:
    policy = policy_of(
        DOLLARS,
        "dollars: 100%",
        assets=BTC_COIN,
        limits="{net_exposure: [0%, 0%], futures_leverage: 1, liquidation_distance: 500%}",
    )
    market = market_of(inverse("BTC", tiers=FLAT), prices={"BTC/USDT": price, "BTC/USD:BTC": price})

    book = book_of(("BTC/USD:BTC", "-40000", "40000"), coin_wallet="1")

    plan = plan_of(policy, book, market=market)

    assert (plan.status, plan.nav) == (PlanStatus.HOLD, Decimal(40_000))
    assert {line.name: line.after for line in plan.limits} == {
        "net_exposure": pytest.approx(0, abs=1e-12),
        "futures_leverage": pytest.approx(1),
        "liquidation_distance": None,
    }
    assert all(line.holds for line in plan.limits)


def built_plan(fee: str) -> Plan:
    policy = policy_of(DOLLARS, "dollars: 50%, cash: 50%", assets=BTC_COIN)
    market = market_of(spot_pair("BTC", step="0.01"), inverse("BTC", fee=fee))
    return plan_of(policy, book_of(USDT="1000"), market=market)


def test_a_synthetic_dollar_is_built_in_clips() -> None:
    plan = built_plan("0%")

    # 5 % of 1,000 is the most that is open on the way: half a coin, or 50 contracts of a dollar
    assert sent(plan) == [
        "buy 0.5 BTC/USDT",
        "send 0.50000000 BTC to futures",
        *["sell 100 BTC/USD:BTC", "buy 1 BTC/USDT", "send 1.00000000 BTC to futures"] * 4,
        "sell 100 BTC/USD:BTC",
        "buy 0.5 BTC/USDT",
        "send 0.50000000 BTC to futures",
    ]
    delta, open_on_the_way = Decimal(0), []
    for trade in plan.trades:
        if isinstance(trade, Order):
            delta += trade.notional if trade.side is Side.BUY else -trade.notional
            open_on_the_way.append(abs(delta))
    assert max(open_on_the_way) <= 50
    assert delta == 0
    assert plan.book_after.wallets == (("BTC", Decimal(5)),)


def test_a_synthetic_dollar_pays_the_fees_of_its_contracts_in_coins() -> None:
    plan = built_plan("0.05%")

    orders = [trade for trade in plan.trades if isinstance(trade, Order)]
    assert {order.fee_coin for order in orders if order.symbol == "BTC/USD:BTC"} == {"BTC"}
    bought = sum(order.quantity_base for order in orders if order.side is Side.BUY)
    fees = sum(order.fee for order in orders)
    # five coins less a quarter of a percent of one are a short of 499 whole dollars, of which
    # 0.05 % at 100 are the fees; no coin is bought for them
    assert bought == 5
    assert plan.book_after.positions[0][1] == -499
    assert fees == Decimal("0.002495")
    assert dict(plan.book_after.wallets)["BTC"] == Decimal("4.997505")
    assert plan.fees == fees * 100
