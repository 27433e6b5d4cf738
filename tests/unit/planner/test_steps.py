import numpy as np
import pytest

from rebalancer.model.book import Account, Book
from rebalancer.model.plan import TradeKind
from rebalancer.planner.case import Case
from rebalancer.planner.lots import Orders, round_orders
from rebalancer.planner.states import expose_states, stack_states
from rebalancer.planner.steps import (
    Phase,
    Step,
    build_venue,
    fee_of,
    first_state,
    list_steps,
    take_step,
)
from tests.small_plans import (
    BTC_AND_ETH,
    BTC_COIN,
    book_of,
    case_of,
    inverse,
    market_of,
    perpetual,
    policy_of,
    spot_pair,
)

POLICY = policy_of(
    "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
    "core: 40%, tilt: 40%, cash: 20%",
    assets=BTC_AND_ETH,
)
MARKET = market_of(
    spot_pair("BTC", step="0.1", fee="0.1%"),
    perpetual("BTC", step="0.1", fee="0.05%"),
    spot_pair("ETH", step="1"),
    perpetual("ETH", step="1"),
)
# columns: BTC/USDT, ETH/USDT, BTC/USDT:USDT, ETH/USDT:USDT; wallet USDT
BOOK = book_of(
    ("BTC/USDT:USDT", "-3", "120"),
    ("ETH/USDT:USDT", "5", "8"),
    BTC="2",
    ETH="5",
    USDT="70",
    wallet="100",
)


def steps_of(book: Book, lots: list[float], transfer: float) -> list[tuple[str, int, int]]:
    orders = Orders(np.array([lots]), np.array([[transfer]]))
    listed = list_steps(case_of(POLICY, book, market=MARKET), orders, row=0)
    return [(step.phase.value, step.column, step.count) for step in listed]


def test_risk_goes_before_it_comes() -> None:
    assert steps_of(BOOK, [4, -2, 10, 3], 12.34) == [
        ("reduce futures", 2, 10),
        ("sell spot", 1, -2),
        ("transfer in", 0, 1234),
        ("buy spot", 0, 4),
        ("open futures", 3, 3),
    ]


def test_a_wallet_gives_before_spot_is_bought() -> None:
    assert [phase for phase, _, _ in steps_of(BOOK, [1, 0, 0, 0], -50)] == [
        "transfer out",
        "buy spot",
    ]


def test_within_a_phase_the_largest_position_goes_first() -> None:
    # 500 of BTC against 150 of ETH; closing 300 of BTC against 50 of ETH
    assert [column for _, column, _ in steps_of(BOOK, [30, 10, 0, 0], 0)] == [0, 1]
    assert [column for _, column, _ in steps_of(BOOK, [0, 0, 1, -5], 0)] == [2, 3]
    assert [column for _, column, _ in steps_of(BOOK, [0, 200, 0, 0], 0)] == [1]


def test_a_position_that_crosses_zero_is_split_there() -> None:
    assert steps_of(BOOK, [0, 0, 50, 0], 0) == [
        ("reduce futures", 2, 30),
        ("open futures", 2, 20),
    ]


def test_a_position_of_dust_is_not_reduced_past_itself() -> None:
    # 0.18 held in lots of 0.1: one lot closes, the rest of the order opens
    dust = book_of(("BTC/USDT:USDT", "0.18", "100"), USDT="900", wallet="100")

    assert steps_of(dust, [0, 0, -50, 0], 0) == [
        ("reduce futures", 2, -1),
        ("open futures", 2, -49),
    ]


def test_nothing_to_do_is_no_step() -> None:
    assert steps_of(BOOK, [0, 0, 0, 0], 0) == []


def test_only_a_reduction_is_reduce_only() -> None:
    assert Step(Phase.REDUCE_FUTURES, 2, 1).is_reduce_only
    assert not Step(Phase.OPEN_FUTURES, 2, 1).is_reduce_only
    assert Step(Phase.TRANSFER_OUT, 0, 1).kind is TradeKind.TRANSFER
    assert Step(Phase.SELL_SPOT, 0, 1).kind is TradeKind.ORDER


def test_the_first_state_is_the_book() -> None:
    state = first_state(case_of(POLICY, BOOK, market=MARKET), 0)

    assert state.spot == pytest.approx((2, 5))
    assert state.size == pytest.approx((-3, 5))
    assert state.profit == pytest.approx((60, 10))
    assert state.cash == 70
    assert state.equity == pytest.approx((170,))


@pytest.mark.parametrize(
    ("step", "cash", "equity"),
    [
        (Step(Phase.BUY_SPOT, 0, 3), 70 - 30 - 0.03, 170),
        (Step(Phase.SELL_SPOT, 0, -3), 70 + 30 - 0.03, 170),
        (Step(Phase.REDUCE_FUTURES, 2, 30), 70, 170 - 0.15),
        (Step(Phase.OPEN_FUTURES, 2, -10), 70, 170 - 0.05),
        (Step(Phase.TRANSFER_IN, 0, 1050), 59.5, 180.5),
        (Step(Phase.TRANSFER_OUT, 0, -1050), 80.5, 159.5),
    ],
)
def test_a_step_changes_cash_and_equity_by_prices_and_fees(
    step: Step, cash: float, equity: float
) -> None:
    case = case_of(POLICY, BOOK, market=MARKET)

    after = take_step(build_venue(case, 0), first_state(case, 0), step=step)

    assert after.cash == pytest.approx(cash)
    assert after.equity == pytest.approx((equity,))


def test_closing_realises_the_profit_of_what_is_closed() -> None:
    pooled = book_of(("BTC/USDT:USDT", "-3", "120"), BTC="2", USDT="170", account=Account.UNIFIED)
    case = case_of(POLICY, pooled, market=MARKET)
    venue, state = build_venue(case, 0), first_state(case, 0)

    # one of three short from 120 at 100: 20 of 60 becomes cash, less 0.05 of fee
    after = take_step(venue, state, step=Step(Phase.REDUCE_FUTURES, 2, 10))
    assert after.cash == pytest.approx(189.95)
    assert after.profit[0] == pytest.approx(40)
    assert after.size[0] == pytest.approx(-2)

    gone = take_step(venue, after, step=Step(Phase.REDUCE_FUTURES, 2, 20))
    assert gone.size[0] == 0
    assert gone.profit[0] == 0


@pytest.mark.parametrize("account", list(Account))
def test_every_step_costs_its_fee_and_no_more(account: Account) -> None:
    book = book_of(
        ("BTC/USDT:USDT", "-3", "120"), BTC="2", USDT="470", wallet="100", account=account
    )
    case = case_of(POLICY, book, market=MARKET)
    venue, state = build_venue(case, 0), first_state(case, 0)
    for step in (
        Step(Phase.REDUCE_FUTURES, 2, 7),
        Step(Phase.SELL_SPOT, 0, -5),
        Step(Phase.BUY_SPOT, 1, 3),
        Step(Phase.OPEN_FUTURES, 2, -9),
    ):
        after = take_step(venue, state, step=step)
        nav = expose_states(
            stack_states(venue, [state, after]), venue.marks, layout=venue.layout
        ).nav
        assert nav[0] - nav[1] == pytest.approx(
            fee_of(venue, step.column, count=step.count), abs=1e-9
        )
        state = after


def test_a_fee_is_rounded_up_unless_it_is_exact() -> None:
    case = case_of(POLICY, BOOK, market=market_of(spot_pair("BTC", step="0.00001", fee="0.04477%")))
    venue = build_venue(case, 0)

    # 0.01063 · 100 · 0.04477 % is 0.0004759051
    assert fee_of(venue, 0, count=1063) == pytest.approx(0.000476, abs=1e-12)
    assert fee_of(venue, 0, count=-1000 * 1000) == pytest.approx(0.4477, abs=1e-12)


def test_orders_to_the_present_weights_are_no_steps() -> None:
    case = case_of(POLICY, BOOK, market=MARKET)
    orders = round_orders(case, case.present, free=np.array([True]))

    assert list_steps(case, orders, row=0) == []


# ------------------------------------------------------------------ coin wallets
DOLLARS = policy_of("dollars: {kind: basis, collateral: coin}", "dollars: 100%", assets=BTC_COIN)
COIN_SHORT = ("BTC/USD:BTC", "-300", "80")


def coin_case(account: Account = Account.SEPARATE) -> Case:
    """Two coins, five in the wallet and a short that has lost 0.75 of one; a fee of 0.05 %."""
    book = book_of(COIN_SHORT, BTC="2", USDT="70", coin_wallet="5", account=account)
    market = market_of(spot_pair("BTC", step="0.1"), inverse("BTC", fee="0.05%"))
    return case_of(DOLLARS, book, market=market)


def listed(orders: Orders) -> list[tuple[str, int, int]]:
    steps = list_steps(coin_case(), orders, row=0)
    return [(step.phase.value, step.column, step.count) for step in steps]


def test_coins_leave_their_wallet_before_they_are_sold_and_enter_it_once_bought() -> None:
    out = Orders(np.array([[-20.0, 100.0]]), np.array([[-10.0, -2.5]]))
    into = Orders(np.array([[20.0, -100.0]]), np.array([[10.0, 2.5]]))

    assert listed(out) == [
        ("reduce futures", 1, 100),
        ("coins out", 1, -250_000_000),
        ("sell spot", 0, -20),
        ("transfer out", 0, -1000),
    ]
    assert listed(into) == [
        ("transfer in", 0, 1000),
        ("buy spot", 0, 20),
        ("coins in", 1, 250_000_000),
        ("open futures", 1, -100),
    ]


def test_the_first_state_counts_profit_and_equity_in_the_wallets_coin() -> None:
    state = first_state(coin_case(), 0)

    # 300 dollars were 3.75 coins when they were sold and are 3 now
    assert state.profit == pytest.approx((-0.75,))
    assert state.equity == pytest.approx((0, 4.25))


def test_coins_are_sent_from_spot_to_their_wallet() -> None:
    case = coin_case()

    after = take_step(
        build_venue(case, 0), first_state(case, 0), step=Step(Phase.COINS_IN, 1, 150_000_000)
    )

    assert after.spot == pytest.approx((0.5,))
    assert after.equity == pytest.approx((0, 5.75))
    assert after.cash == 70


def test_an_inverse_order_costs_coins_and_keeps_the_rest_of_its_profit() -> None:
    case = coin_case()
    venue, state = build_venue(case, 0), first_state(case, 0)
    step = Step(Phase.REDUCE_FUTURES, 1, 100)
    assert fee_of(venue, 1, count=100) == pytest.approx(0.0005)

    after = take_step(venue, state, step=step)

    assert after.size == pytest.approx((-200,))
    assert after.profit == pytest.approx((-0.5,))
    assert after.equity == pytest.approx((0, 4.2495))


def test_a_pool_realises_coin_profit_in_coins() -> None:
    case = coin_case(Account.UNIFIED)

    after = take_step(
        build_venue(case, 0), first_state(case, 0), step=Step(Phase.REDUCE_FUTURES, 1, 100)
    )

    assert after.spot == pytest.approx((7 - 0.25 - 0.0005,))
    assert after.profit == pytest.approx((-0.5,))
    assert after.cash == 70


def test_a_coin_fee_is_rounded_up_to_a_hundred_millionth() -> None:
    venue = build_venue(coin_case(), 0)

    # 0.05 % of 1/100 coin, and of 7/100
    assert fee_of(venue, 1, count=1) == pytest.approx(0.000005, abs=1e-15)
    assert fee_of(venue, 1, count=-7) == pytest.approx(0.000035, abs=1e-15)
    odd = case_of(
        DOLLARS,
        book_of(BTC="1"),
        market=market_of(
            inverse("BTC", fee="0.05%"), prices={"BTC/USDT": "300", "BTC/USD:BTC": "300"}
        ),
    )
    assert fee_of(build_venue(odd, 0), 1, count=1) == pytest.approx(0.00000167, abs=1e-15)
