import math
from dataclasses import replace

import numpy as np
import pytest

from rebalancer.evaluation.summary import COUNTS, MONEY, summarize
from rebalancer.model.plan import PlanStatus
from rebalancer.model.regime_path import RegimePath
from tests.small_policies import MONDAY
from tests.unit.evaluation.small_evaluations import EVALUATION, INSTRUMENTS, REGIMES, SUMMARY


def test_turnover_is_half_of_what_was_traded_over_nav_when_it_was_decided() -> None:
    # 800 of 1,000 on the first day, 198 of 990 on the fourth
    assert SUMMARY.turnover == pytest.approx(0.4 + 0.1, abs=1e-15)
    assert SUMMARY.turnover_per_year == pytest.approx(0.5 * 365 / 4, abs=1e-12)


def test_funding_is_a_rate_a_year_on_perpetual_positions_and_on_nav() -> None:
    # 4 in four days is 365 a year; perpetuals were 200, 220, 198 and 0 at the four closes
    assert SUMMARY.funding == 4.0
    assert SUMMARY.funding_on_notional == pytest.approx(365 / 154.5, abs=1e-12)
    assert SUMMARY.funding_on_capital == pytest.approx(365 / 1033.75, abs=1e-12)


def test_uneven_bars_count_for_their_length() -> None:
    # the third day's bar is missing: its close stands for two days
    rows = [0, 1, 3, 4]
    uneven = replace(
        EVALUATION,
        time_us=EVALUATION.time_us[rows],
        nav=EVALUATION.nav[rows],
        weights=EVALUATION.weights[rows],
    )
    summary = summarize(uneven, REGIMES, instruments=INSTRUMENTS)
    assert summary.funding_on_notional == pytest.approx(365 / ((200 + 2 * 198) / 4), abs=1e-12)


def test_the_time_of_every_regime_of_the_policy_is_a_share_of_the_run() -> None:
    assert SUMMARY.time_in_regime == {"calm": 0.25, "storm": 0.75, "rest": 0.0}


def test_a_step_at_the_start_leaves_no_time_in_the_regime_before() -> None:
    steps = [replace(EVALUATION.path.steps[-1], at_us=MONDAY)]
    stepped = replace(EVALUATION, path=RegimePath("calm", MONDAY, EVALUATION.end_us, tuple(steps)))
    summary = summarize(stepped, REGIMES, instruments=INSTRUMENTS)
    assert summary.time_in_regime == {"calm": 0.0, "storm": 1.0, "rest": 0.0}


def test_plans_are_counted_by_status_and_trades_are_filled_orders() -> None:
    assert SUMMARY.plans == {
        PlanStatus.TRADE: 1,
        PlanStatus.HOLD: 0,
        PlanStatus.REDUCE_ONLY: 0,
        PlanStatus.REFUSED: 1,
    }
    assert (SUMMARY.plan_count, SUMMARY.trades) == (2, 4)


def test_extremes_are_over_all_bars() -> None:
    assert SUMMARY.largest_gross_leverage == 0.8
    assert SUMMARY.largest_margin_utilization == 0.45
    assert SUMMARY.smallest_liquidation_distance == 0.4


def test_a_book_that_nothing_liquidates_has_an_infinite_distance_and_no_number() -> None:
    safe = replace(EVALUATION, liquidation_distance=np.full(5, np.inf))
    summary = summarize(safe, REGIMES, instruments=INSTRUMENTS)
    assert summary.smallest_liquidation_distance == math.inf
    assert summary.by_name()["smallest_liquidation_distance"] is None


def test_funding_on_notional_is_not_defined_where_no_perpetual_was_held() -> None:
    weights = EVALUATION.weights * np.array([1.0, 0.0, 1.0])
    summary = summarize(
        replace(EVALUATION, weights=weights, fills=()), REGIMES, instruments=INSTRUMENTS
    )
    assert summary.by_name()["funding_on_notional"] is None
    assert summary.turnover == 0.0


def test_every_number_has_a_name_and_those_of_the_equity_come_first() -> None:
    numbers = SUMMARY.by_name()
    assert list(numbers)[:2] == ["total_return", "cagr"]
    assert numbers["total_return"] == pytest.approx(0.045, abs=1e-15)
    assert numbers["max_drawdown"] == pytest.approx(-0.1, abs=1e-15)
    assert [numbers[name] for name in MONEY] == [2.0, 1.0, 4.0]
    assert [numbers[name] for name in COUNTS] == [2.0, 4.0]
