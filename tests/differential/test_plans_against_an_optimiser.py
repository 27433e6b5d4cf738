"""Plans against a linear optimiser: what limits allow, and how little has to be traded for them.

The optimiser sees the whole problem at once and knows neither lots nor the planner's steps.
`python -m tests.differential.judge SEED CASES` prints the distribution behind these laws.
"""

from collections import Counter
from statistics import median

import pytest

from tests.differential.judge.distribution import name, ratio
from tests.differential.judge.judged_cases import draw_case
from tests.differential.judge.verdicts import SMALLEST_TURNOVER, Verdict, judge

SEED, CASES = 2024, 500
ALLOWED = 1.25

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return [judge(draw_case(SEED, number)) for number in range(CASES)]


def test_a_plan_holds_every_limit_that_an_optimiser_can_hold(verdicts: list[Verdict]) -> None:
    unheld = {
        name(verdict): verdict.broken
        for verdict in verdicts
        if verdict.can_hold and not verdict.holds
    }

    assert unheld == {}


def test_a_plan_trades_at_most_a_quarter_more_than_an_optimiser(verdicts: list[Verdict]) -> None:
    wasteful = {
        name(verdict): (verdict.turnover, verdict.optimum)
        for verdict in verdicts
        if verdict.is_wasteful(ALLOWED)
    }

    assert wasteful == {}


def test_no_plan_trades_less_than_the_optimum(verdicts: list[Verdict]) -> None:
    # where one did, the optimiser would be kept from a book that the plan reaches
    missed = {
        name(verdict): (verdict.turnover, verdict.optimum)
        for verdict in verdicts
        if verdict.holds
        and (verdict.optimum is None or verdict.turnover < verdict.optimum - SMALLEST_TURNOVER)
    }

    assert missed == {}


def test_the_judged_cases_are_worth_judging(verdicts: list[Verdict]) -> None:
    seen: Counter[str] = Counter()
    for verdict in verdicts:
        seen["outside a limit"] += bool(verdict.was_broken)
        seen["forced"] += any("the band" in trade.reason for trade in verdict.plan.trades)
        seen["several assets"] += len(verdict.case.oracle.ctx.coins) > 1
        seen["unified"] += verdict.case.book.account.value == "unified"
        seen["hold"] += verdict.plan.status.value == "hold"
        seen["trade"] += verdict.plan.status.value == "trade"

    assert seen["trade"] >= 400
    assert seen["hold"] >= 10
    assert seen["outside a limit"] >= 100
    assert seen["forced"] >= 30
    assert seen["several assets"] >= 250
    assert seen["unified"] >= 75
    assert median(ratio(verdict) for verdict in verdicts if ratio(verdict) > 0) < 1.0001
