"""Whole runs against arithmetic that shares nothing with them."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rebalancer.engine import Moment, decide, prepare
from rebalancer.errors import UsageError
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.model.book import Account, Book
from rebalancer.model.plan import PlanStatus
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.small_plans import inverse, spot_pair
from tests.unit.evaluation.small_histories import (
    BTC_SPOT,
    IDLE,
    book_of,
    btc_market,
    closes_accounts,
    daily,
    day,
    funding,
    market_of,
    policy_of,
    run_of,
)

TWO_ASSETS = "{BTC: {spot: BTC/USDT, share: 60%}, ETH: {spot: ETH/USDT, share: 40%}}"
FINE = {
    f"{coin}/USDT": replace(spot_pair(coin, step="0.00000001"), taker_fee=Decimal("0.001"))
    for coin in ("BTC", "ETH")
}


def test_weekly_fixed_weights_equal_a_plain_calculation() -> None:
    rng = np.random.default_rng(3)
    steps = np.exp(rng.normal(0, 0.04, (400, 2)))
    closes = np.array([100.0, 10.0]) * np.cumprod(steps, axis=0)
    opens = np.vstack([closes[:1], closes[:-1] * np.exp(rng.normal(0, 0.01, (399, 2)))])
    bars = {
        symbol: daily(closes[:, place].tolist(), opens=opens[:, place].tolist())
        for place, symbol in enumerate(FINE)
    }
    policy = policy_of(
        "core: {kind: spot}", "core: 80%, cash: 20%", assets=TWO_ASSETS,
        rebalance="every: 1w, band: 0%, to: target", more="execution: {slippage: 10bp}",
    )  # fmt: skip

    found = run_of(policy, market_of(*FINE.values(), bars=bars))

    weights, cash, held, nav = np.array([0.48, 0.32]), 100_000.0, np.zeros(2), []
    for bar in range(400):
        nav.append(cash + held @ closes[bar])
        if bar % 7 == 0 and bar < 399:
            traded = weights * nav[-1] / closes[bar] - held
            paid = opens[bar + 1] * (1 + 0.001 * np.sign(traded))
            cash -= traded @ paid + 0.001 * np.abs(traded) @ paid
            held = held + traded
    np.testing.assert_allclose(found.nav, nav, rtol=1e-9)
    assert len(found.plans) == 58
    assert closes_accounts(found)


def test_a_full_linear_hedge_earns_the_funding_alone() -> None:
    closes = [100.0, 130.0, 90.0, 160.0, 155.0, 80.0]
    rates = {1.0: 0.001, 2.0: -0.002, 3.5: 0.003}
    market = btc_market(closes, rates=rates)
    book = book_of(("BTC/USDT:USDT", "-10", "100"), BTC="10", USDT="500", wallets={"USDT": "2000"})

    found = run_of(IDLE, market, book=book)

    # at day 3.5 the latest mark is that of day 3
    paid = 10 * np.cumsum([0.0, 0.001 * 130, -0.002 * 90, 0.0, 0.003 * 160, 0.0])
    np.testing.assert_allclose(found.nav, 3500 + paid, rtol=1e-12)
    assert found.attribution.funding == pytest.approx(10 * (0.13 - 0.18 + 0.48), rel=1e-12)
    assert found.funding == {"BTC/USDT:USDT": pytest.approx(4.3, rel=1e-12)}
    assert found.attribution.spot == pytest.approx(-200)
    assert found.attribution.futures == pytest.approx(200)


def test_a_full_inverse_hedge_is_worth_its_dollars_and_the_coins_of_its_funding() -> None:
    closes = [100.0, 130.0, 90.0, 160.0, 155.0, 80.0]
    swap = inverse("BTC")
    bars = daily(closes)
    market = market_of(
        BTC_SPOT,
        swap,
        bars={"BTC/USDT": bars, swap.symbol: bars},
        funded={swap.symbol: funding({1: 0.001, 3: 0.003}, hours=48)},
    )
    policy = replace(
        IDLE, assets=(replace(IDLE.assets[0], future=swap.symbol),)
    )  # fmt: skip
    book = book_of((swap.symbol, "-1000", "100"), wallets={"BTC": "10"}, USDT="0")

    found = run_of(policy, market, book=book)

    coins = np.array([0.0, 1000 * 0.001 / 130, 0, 1000 * 0.003 / 160, 0, 0]).cumsum()
    np.testing.assert_allclose(found.nav, 1000 + coins * closes, rtol=1e-12)
    assert found.events == ()
    assert closes_accounts(found)


@pytest.mark.parametrize("account", list(Account))
def test_a_hedge_that_the_planner_builds_earns_its_funding_less_its_costs(account: Account) -> None:
    closes = [100.0, 100.0, 120.0, 90.0, 104.0, 111.0, 98.0]
    policy = policy_of(
        "carry: {kind: basis, leverage: 1}", "carry: 100%",
        more="execution: {slippage: 10bp, max_leg_imbalance: 100%}",
    )  # fmt: skip
    market = btc_market(closes, rates={2.0: 0.001})

    found = run_of(policy, market, book=book_of(USDT="100000", account=account))

    coins = found.weights[1, 0] * found.nav[1] / 100
    quoted = coins * 100
    fees = 0.001 * quoted * 1.001 + 0.0005 * quoted * 0.999
    cost = fees + 2 * 0.001 * quoted
    assert coins == pytest.approx(500, rel=0.01)
    np.testing.assert_allclose(found.nav[1:2], 100_000 - cost, rtol=1e-12)
    np.testing.assert_allclose(found.nav[2:], 100_000 - cost + coins * 120 * 0.001, rtol=1e-12)
    assert found.attribution.fees == pytest.approx(fees, rel=1e-12)
    assert found.attribution.slippage == pytest.approx(0.002 * quoted, rel=1e-12)


@pytest.mark.parametrize("account", list(Account))
def test_filled_at_its_own_closes_a_plan_leaves_the_book_that_it_prints(account: Account) -> None:
    policy = policy_of(
        "core: {kind: spot}, carry: {kind: basis, leverage: 2}, bear: {kind: short}",
        "core: 30%, carry: 40%, bear: 20%, cash: 10%", rebalance="every: 1d, on: '00:00'",
    )  # fmt: skip
    market = btc_market([100.0, 117.0, 93.0, 101.0])

    found = run_of(
        policy, market, book=book_of(USDT="100000", account=account), fill=FillRule.SAME_CLOSE
    )

    last, printed = found.book, found.plans[2].book_after
    assert found.fill is FillRule.SAME_CLOSE
    assert [plan.status for plan in found.plans] == [PlanStatus.TRADE] * 4
    assert {coin: float(held) for coin, held in last.spot.items()} == pytest.approx(
        {coin: float(held) for coin, held in printed.spot}, abs=1e-4
    )
    assert [(one.symbol, one.contracts) for one in last.positions] == [
        (symbol, contracts) for symbol, contracts, _ in printed.positions
    ]
    assert float(last.positions[0].entry_price) == pytest.approx(float(printed.positions[0][2]))
    assert [float(held) for held in last.wallets.values()] == pytest.approx(
        [float(held) for _, held in printed.wallets], abs=1e-4
    )


def test_a_decision_in_the_afternoon_fills_at_the_next_midnight() -> None:
    bars = daily([100.0, 100.0, 110.0, 120.0], opens=[100.0, 101.0, 102.0, 103.0])
    market = market_of(BTC_SPOT, bars={"BTC/USDT": bars})
    policy = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        assets="{BTC: {spot: BTC/USDT}}",
        rebalance="every: 1w, on: monday 16:00",
    )

    found = run_of(policy, market)

    (fill,) = found.fills
    assert (fill.decided_us, fill.at_us, fill.row_us) == (day(16 / 24), day(1), day(2))
    assert fill.quoted == 102.0
    assert fill.amount == Decimal(500)


def test_no_bar_between_start_and_end_is_a_usage_error() -> None:
    market = btc_market([100.0, 101.0])
    with pytest.raises(UsageError, match="no bar after the start"):
        evaluate(IDLE, market, book=book_of(USDT="1"), start_us=day(1))
    with pytest.raises(UsageError, match="no bar of what the policy names"):
        evaluate(IDLE, market, book=book_of(USDT="1"), end_us=day(-1))


def test_a_coin_without_a_price_at_the_start_is_a_usage_error() -> None:
    market = btc_market([100.0, 101.0, 102.0])
    with pytest.raises(UsageError, match="`BTC/USDT`, which has no price at the start"):
        evaluate(IDLE, market, book=book_of(BTC="1", USDT="1"), start_us=day(-1))


def test_funding_belongs_to_who_held_before_the_fills_of_its_time() -> None:
    policy = policy_of(
        "bear: {kind: short}", "bear: 50%, cash: 50%", rebalance="every: 1w, on: tuesday 00:00"
    )
    at_the_fill = btc_market([100.0] * 4, rates={1.0: 0.01})
    after_it = btc_market([100.0] * 4, rates={1 + 1 / 3: 0.01})

    assert run_of(policy, at_the_fill).attribution.funding == 0
    contracts = float(-run_of(policy, after_it).book.positions[0].contracts)
    assert run_of(policy, after_it).attribution.funding == pytest.approx(contracts)


def test_a_later_start_begins_in_the_regime_that_history_led_to() -> None:
    text = """
rebalancer: 1
name: small
quote: USDT
assets: {BTC: {spot: BTC/USDT}}
signals: {price: {price: BTC/USDT}}
sleeves: {core: {kind: spot}, cash: {kind: cash}}
regimes: {calm: {targets: {core: 50%, cash: 50%}}, storm: {targets: {cash: 100%}}}
initial_regime: calm
transitions: [{name: fall, from: calm, to: storm, when: {signal: price, below: 90}}]
rebalance: {every: 1d, on: '00:00'}
"""
    policy, _ = read_policy(text.encode(), "small.yaml")
    assert policy is not None
    market = btc_market([100.0, 80.0, 100.0, 100.0, 100.0])

    found = evaluate(policy, market, book=book_of(USDT="1000"), start_us=day(2.5))

    assert found.time_us.tolist() == [day(2.5), day(3), day(4)]
    assert found.regimes == ("storm",) * 3
    assert found.path.steps[0].at_us == day(1)
    assert [plan.regime.because for plan in found.plans] == ["fall", "fall"]
    assert found.fills == ()


CORE = policy_of(
    "core: {kind: spot}, tilt: {kind: spot}",
    "core: 40%, tilt: 10%, cash: 50%",
    rebalance="every: 1d, on: '00:00'",
)
TILTED = policy_of(
    "core: {kind: spot}, tilt: {kind: long}",
    "core: 40%, tilt: 10%, cash: 50%",
    rebalance="every: 1d, on: '00:00'",
)
"""Both name the contract; only the second trades it."""


def short_book(account: Account) -> Book:
    return book_of(
        ("BTC/USDT:USDT", "-20", "100"),
        BTC="500",
        USDT="47000",
        wallets={"USDT": "3000"},
        account=account,
    )


@pytest.mark.parametrize("account", list(Account))
def test_a_position_that_no_sleeve_trades_is_closed_once(account: Account) -> None:
    # its column is there for this run alone: later plans are those of a policy without it
    market, book = btc_market([100.0, 100.0, 130.0, 110.0, 90.0, 120.0]), short_book(account)

    found = run_of(CORE, market, book=book)

    assert [(fill.symbol, fill.amount) for fill in found.fills[:1]] == [
        ("BTC/USDT:USDT", Decimal(20))
    ]
    assert {fill.symbol for fill in found.fills[1:]} == {"BTC/USDT"}
    for number in range(1, len(found.plans)):
        at_us = found.plans[number].as_of_us
        until = evaluate(CORE, market, book=book, end_us=at_us)
        history = prepare(CORE, market, as_of_us=at_us)
        (made,) = decide(CORE, market, history=history, books=[until.book], moment=Moment(at_us))
        assert made == found.plans[number]


@pytest.mark.parametrize("policies", [(CORE, TILTED), (TILTED, CORE), (CORE, CORE)])
@pytest.mark.parametrize("account", list(Account))
def test_a_batch_tells_who_trades_a_contract_from_who_names_it(
    account: Account, policies: tuple[Policy, ...]
) -> None:
    market = btc_market([100.0, 100.0, 130.0, 110.0, 90.0, 120.0])
    for book in (short_book(account), book_of(USDT="100000", account=account)):
        many = evaluate_many(policies, [market], book=book)

        for policy, found in zip(policies, many, strict=True):
            assert found.fills == run_of(policy, market, book=book).fills


def test_what_a_policy_names_counts_as_a_bar_whether_it_trades_it_or_not() -> None:
    market = btc_market([100.0, 100.0, 130.0, 110.0])
    longer = replace(market, bars={**market.bars, "BTC/USDT:USDT": daily([100.0] * 9)})

    spans = {len(run_of(policy, longer).time_us) for policy in (CORE, TILTED)}

    assert spans == {9}


@pytest.mark.parametrize("sized", [0, 3])
def test_a_position_held_at_the_start_earns_no_funding_of_that_time(sized: int) -> None:
    # BTC never moves: of three percent paid at the start and one a day later, the second counts
    book = book_of(("BTC/USDT:USDT", str(-sized), "100"), USDT="500", wallets={"USDT": "3000"})
    market = btc_market([100.0] * 4, rates={0: 0.03, 1: 0.01})

    found = run_of(IDLE, market, book=book)

    earned = sized * 100 * 0.01
    assert found.nav.tolist() == pytest.approx([3500, *[3500 + earned] * 3], rel=1e-12)
    assert closes_accounts(found)
