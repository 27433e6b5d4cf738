"""Decisions that pass side by side leave what they leave one after the other, to the bit."""

from dataclasses import replace
from decimal import Decimal

import pytest

from rebalancer.evaluation import evaluate as evaluating
from rebalancer.evaluation import foresight
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.events import Liquidation
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.leaping import Foreseen, leap
from rebalancer.model.book import Account
from rebalancer.model.instant import DAY_US
from rebalancer.policy.compiled import OnBreach, Policy
from tests.properties.random_histories import DrawnHistory
from tests.properties.test_foreseen_decisions_equal_plans_one_by_one import (
    assert_same,
    plan_one_by_one,
)
from tests.unit.evaluation.small_histories import (
    book_of,
    daily,
    market_of,
    policy_of,
    run_of,
)

KINDS = ("bold", "carry", "coins", "spot")
"""Every kind of policy but those on dated contracts, which are planned one decision at a time."""


def every_day(policy: Policy) -> Policy:
    daily = replace(
        policy.rebalance,
        every_us=DAY_US,
        offset_us=0,
        band=Decimal(0),
        on_breach=OnBreach.WAIT,
    )
    return replace(policy, rebalance=daily)


def run_alone(
    drawn: DrawnHistory, fill: FillRule, monkeypatch: pytest.MonkeyPatch
) -> tuple[Evaluation, list[tuple[int, int]]]:
    """Return a run, and of each leap how many decisions it was to pass and how many it did."""
    leaps: list[tuple[int, int]] = []

    def counted(run: HistoryRun, foreseen: Foreseen) -> int:
        passed = leap(run, foreseen)
        leaps.append((len(foreseen.decided_us) - 1, passed))
        return passed

    monkeypatch.setattr(evaluating, "leap", counted)
    return run_of(every_day(drawn.policy), drawn.market(), book=drawn.book, fill=fill), leaps


@pytest.mark.parametrize("fill", list(FillRule))
@pytest.mark.parametrize("account", list(Account))
@pytest.mark.parametrize("name", KINDS)
def test_a_run_of_leaps_is_the_run_of_single_steps(
    name: str, account: Account, fill: FillRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = DrawnHistory(name, account, volatility=0.01, seed=7)

    found, leaps = run_alone(drawn, fill, monkeypatch)
    monkeypatch.setattr(foresight, "_WORTH_A_LEAP", 10**6)
    alone, none = run_alone(drawn, fill, monkeypatch)

    assert not none
    assert sum(passed for _, passed in leaps) > len(found.plans) / 2
    assert_same(found, alone)


def test_a_leap_ends_before_a_liquidation(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = DrawnHistory("bold", Account.SEPARATE, volatility=0.06, seed=11)

    found, leaps = run_alone(drawn, FillRule.NEXT_OPEN, monkeypatch)
    monkeypatch.setattr(foresight, "_WORTH_A_LEAP", 10**6)
    alone, _ = run_alone(drawn, FillRule.NEXT_OPEN, monkeypatch)

    assert any(isinstance(event, Liquidation) for event in found.events)
    assert any(0 < passed < asked for asked, passed in leaps)
    assert_same(found, alone)


@pytest.mark.parametrize("days", [1, 7])
def test_decisions_may_follow_each_other_faster_than_bars(days: int) -> None:
    bars = daily([100.0, 103.0, 99.0, 104.0], step_us=days * DAY_US)
    market = market_of(bars={"BTC/USDT": bars, "BTC/USDT:USDT": bars})
    policy = policy_of(
        "core: {kind: spot}", "core: 60%, cash: 40%",
        rebalance="every: 1h, band: 0%", more="data: {max_age: 30d}",
    )  # fmt: skip

    found = evaluating.evaluate(policy, market, book=book_of(USDT="100000"))

    assert len(found.plans) == 3 * 24 * days + 1
    assert_same(
        found, plan_one_by_one(policy, market, book=book_of(USDT="100000"), fill=found.fill)
    )
