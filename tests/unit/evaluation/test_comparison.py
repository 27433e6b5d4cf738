from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rebalancer.evaluation.comparison import (
    EvaluatedPolicy,
    buy_and_hold,
    evaluate_beside,
    fixed_weights,
)
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.run_setting import Setting
from rebalancer.model.book import Book
from rebalancer.model.calendar import calendar_times
from rebalancer.model.instant import DAY_US, WEEK_US
from rebalancer.model.market import Bars, Market
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Amount, Policy, TradeTo
from rebalancer.policy.digest import digest_policy
from tests.small_plans import perpetual, spot_pair
from tests.small_policies import MONDAY, days

POLICY = b"""
rebalancer: 1
name: halves
quote: USDT
assets: {BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT'}}
signals: {trend: {price: BTC/USDT, apply: [{over_mean: 3d}]}}
sleeves: {coins: {kind: spot}, cash: {kind: cash}}
regimes:
  half: {targets: {coins: {target: 50%, range: [40%, 60%]}, cash: 50%}}
  out: {targets: {cash: 100%}}
initial_regime: half
transitions:
  - {name: falls, from: half, to: out, when: {signal: trend, below: -5%}}
limits: {turnover: 10%, gross_leverage: 1.5}
rebalance: {every: 1d, band: 5%}
"""


def policy_of(text: bytes = POLICY) -> Policy:
    policy, findings = read_policy(text, "halves.yaml")
    assert policy is not None, [str(finding) for finding in findings]
    return policy


def market_of(closes: list[float]) -> Market:
    """A market of daily bars from the first Monday of 2024, each opening at the last close."""
    close = np.array(closes)
    opened = np.concatenate([close[:1], close[:-1]])
    bars = Bars(
        days(*range(len(closes))),
        opened,
        np.maximum(opened, close),
        np.minimum(opened, close),
        close,
    )
    instruments = (spot_pair("BTC", step="0.000001"), perpetual("BTC"))
    return Market(
        {each.symbol: each for each in instruments},
        "2024-01-01",
        bars={each.symbol: bars for each in instruments},
    )


def evaluated(policy: Policy, market: Market, *, start_day: int = 0) -> EvaluatedPolicy:
    start_us = MONDAY + start_day * DAY_US
    end_us = int(market.bars["BTC/USDT"].time_us[-1])
    book = Book(start_us, spot={"USDT": Decimal(10_000)})
    setting = Setting(book, start_us, end_us, FillRule.NEXT_OPEN)
    return evaluate_beside(policy, market, setting=setting)


def test_fixed_weights_are_the_targets_of_the_initial_regime_every_monday() -> None:
    policy = policy_of()
    fixed = fixed_weights(policy)
    (regime,) = fixed.regimes
    assert regime.name == "half"
    assert dict(regime.targets)["coins"] == Amount(Decimal("0.5"))
    assert (fixed.signals, fixed.transitions) == ((), ())
    assert (fixed.rebalance.every_us, fixed.rebalance.offset_us) == (WEEK_US, 0)
    assert (fixed.rebalance.band, fixed.rebalance.to) == (Decimal(0), TradeTo.TARGET)


def test_the_limit_on_turnover_alone_is_dropped() -> None:
    fixed = fixed_weights(policy_of())
    assert (fixed.limits.turnover, fixed.limits.gross_leverage) == (None, Decimal("1.5"))
    assert fixed.regimes[0].limits.turnover is None
    assert fixed.regimes[0].limits.gross_leverage == Decimal("1.5")


def test_what_is_compared_has_an_identity_of_its_own() -> None:
    policy = policy_of()
    fixed = fixed_weights(policy)
    held = buy_and_hold(policy, at_us=MONDAY, until_us=MONDAY + DAY_US)
    assert len({policy.digest, fixed.digest, held.digest}) == 3
    assert fixed.digest == digest_policy(fixed)


@pytest.mark.parametrize("at_day", [0, 3, 400])
def test_buy_and_hold_has_one_calendar_time_in_the_whole_history(at_day: int) -> None:
    at_us, until_us = MONDAY + at_day * DAY_US, MONDAY + 2000 * DAY_US
    calendar = buy_and_hold(policy_of(), at_us=at_us, until_us=until_us).rebalance
    times = calendar_times(
        calendar.every_us, calendar.offset_us, start_us=MONDAY, until_us=until_us
    )
    assert times.tolist() == [at_us]


def test_buy_and_hold_ends_where_its_coins_end() -> None:
    # half of 10,000 buys 50 coins at 100; they end at 130, or 1,500 more
    closes = [100.0, 100.0, 110.0, 90.0, 120.0, 100.0, 140.0, 120.0, 130.0]
    held = evaluated(policy_of(), market_of(closes)).comparison["buy_and_hold"]
    assert held.evaluation.attribution.end_nav == pytest.approx(11_500.0, abs=1e-6)
    assert (held.summary.plan_count, held.summary.trades) == (1, 1)


def test_fixed_weights_trade_back_every_monday() -> None:
    # 50 coins; on the second Monday they are 120 each, 11,000 in all: 4.166667 are sold
    closes = [100.0, 100.0, 110.0, 90.0, 120.0, 100.0, 140.0, 120.0, 120.0, 150.0]
    fixed = evaluated(policy_of(), market_of(closes)).comparison["fixed_weights"]
    bought, sold = fixed.evaluation.fills
    assert (float(bought.amount), float(sold.amount)) == pytest.approx((50.0, -4.166667), abs=1e-6)
    left = 5_000.0 + 4.166667 * 120.0 + (50.0 - 4.166667) * 150.0
    assert fixed.evaluation.attribution.end_nav == pytest.approx(left, abs=1e-6)


def test_all_start_and_end_together_with_the_same_money() -> None:
    result = evaluated(policy_of(), market_of([100.0] * 12), start_day=2)
    runs = [result.evaluation, *(each.evaluation for each in result.comparison.values())]
    assert {run.start_us for run in runs} == {MONDAY + 2 * DAY_US}
    assert {run.end_us for run in runs} == {MONDAY + 11 * DAY_US}
    assert {run.attribution.start_nav for run in runs} == {10_000.0}


def test_what_cannot_be_bought_at_the_start_is_bought_as_soon_as_a_plan_is_made() -> None:
    # the coin has its first price on the third day; the Monday after is the first plan
    whole = market_of([100.0] * 14)
    flat = np.full(11, 100.0)
    late = Bars(days(*range(3, 14)), flat, flat, flat, flat)
    market = replace(whole, bars={**whole.bars, "BTC/USDT": late})
    held = evaluated(policy_of(), market).comparison["buy_and_hold"]
    assert [plan.as_of_us for plan in held.evaluation.plans] == [MONDAY + WEEK_US]
    assert held.summary.trades == 1


def test_the_inputs_name_what_the_result_is_a_function_of() -> None:
    policy = policy_of()
    first = evaluated(policy, market_of([100.0] * 12))
    again = evaluated(policy, market_of([100.0] * 12))
    other = evaluated(policy, market_of([100.0] * 11 + [101.0]))
    assert first.inputs == again.inputs
    assert first.inputs.policy == policy.digest
    assert first.inputs.market != other.inputs.market
    assert first.inputs.portfolio == other.inputs.portfolio
