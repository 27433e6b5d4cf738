import math
from dataclasses import fields
from typing import Literal

import numpy as np
import pytest

from rebalancer.evaluation.metrics import Metrics, drawdown, measure
from rebalancer.model.instant import DAY_US, HOUR_US, parse_instant
from rebalancer.model.market import Floats, Times

NAMES = [field.name for field in fields(Metrics)]
FROM_DAILY_RETURNS = ["volatility", "sharpe", "sortino", "var_95", "cvar_95", "skew", "kurtosis"]


def days(count: int, first: str = "2024-01-01") -> Times:
    return parse_instant(first) + np.arange(count) * DAY_US


def measured(*equity: float, first: str = "2024-01-01") -> dict[str, float | None]:
    """The numbers of one equity at each midnight."""
    return measure(np.array(equity, dtype=np.float64), days(len(equity), first)).by_name()


def undefined(numbers: dict[str, float | None]) -> set[str]:
    return {name for name, number in numbers.items() if number is None}


def walk(*shape: int) -> Floats:
    steps = np.random.default_rng(1).normal(0.0005, 0.02, shape)
    return np.asarray(100_000 * np.cumprod(1 + steps, axis=-1))


def test_three_daily_returns_give_the_numbers_of_a_pocket_calculator() -> None:
    numbers = measured(100, 110, 99, 108.9)  # +10 %, -10 %, +10 %

    deviation = math.sqrt(0.04 / 3)  # of 0.1, -0.1, 0.1: squares about 1/30 sum to 0.08 / 3
    assert numbers == {
        "total_return": pytest.approx(0.089),
        "cagr": pytest.approx(1.089 ** (365 / 3) - 1),
        "volatility": pytest.approx(deviation * math.sqrt(365)),
        "sharpe": pytest.approx(0.1 / 3 / deviation * math.sqrt(365)),
        "sortino": pytest.approx(0.1 / 3 / math.sqrt(0.01 / 3) * math.sqrt(365)),
        "calmar": pytest.approx((1.089 ** (365 / 3) - 1) / 0.1),
        "max_drawdown": pytest.approx(-0.1),
        "max_drawdown_days": 2.0,
        "var_95": pytest.approx(-0.08),  # a tenth of the way from -10 % to +10 %
        "cvar_95": pytest.approx(-0.1),
        "skew": pytest.approx(-math.sqrt(3)),
        "kurtosis": None,
        "best_day": pytest.approx(0.1),
        "worst_day": pytest.approx(-0.1),
        "best_month": pytest.approx(0.089),
        "worst_month": pytest.approx(0.089),
    }


def test_a_doubling_over_two_years_is_a_growth_of_the_root_of_two() -> None:
    equity = np.array([100.0, 200.0])
    two_years = np.array([0, 2 * 365 * DAY_US])
    assert measure(equity, two_years).cagr.item() == pytest.approx(math.sqrt(2) - 1)


def test_kurtosis_is_in_excess_and_corrected_for_the_size_of_the_sample() -> None:
    # returns 0, 0, 0, x: 4 / (3 · 2 · 1) · 5 · (3/4) (81 + 3) / 256 · 16 - 3 · 9 / 2 = 4
    assert measured(100, 100, 100, 100, 120)["kurtosis"] == pytest.approx(4.0)


def test_the_tail_of_twenty_one_days_is_its_two_worst() -> None:
    # the quantile of 21 days at 5 % is the second worst itself
    returns = [-0.01 * rank for rank in range(21)]
    equity = 100 * np.cumprod([1.0, *(1 + np.array(returns))])
    numbers = measure(equity, days(22)).by_name()
    assert numbers["var_95"] == pytest.approx(-0.19)
    assert numbers["cvar_95"] == pytest.approx(-0.195)


def test_equal_worst_days_do_not_widen_the_tail() -> None:
    returns = [-0.1, -0.02, -0.02, -0.02, *[0.01] * 17]
    equity = 100 * np.cumprod([1.0, *(1 + np.array(returns))])
    assert measure(equity, days(22)).cvar_95.item() == pytest.approx(-0.06)


def test_midnight_belongs_to_the_day_and_month_that_it_ends() -> None:
    # stamped from the end of 30 January to the end of 2 February
    numbers = measured(100, 110, 121, 60.5, first="2024-01-31")
    assert numbers["best_month"] == pytest.approx(0.10)  # only 31 January
    assert numbers["worst_month"] == pytest.approx(-0.45)  # 1 and 2 February


def test_a_month_of_another_year_is_another_month() -> None:
    jan_2023_and_2024 = np.array([parse_instant("2023-01-05"), parse_instant("2023-01-06")])
    times = np.concatenate([jan_2023_and_2024, jan_2023_and_2024 + 365 * DAY_US])
    numbers = measure(np.array([100.0, 110.0, 110.0, 55.0]), times).by_name()
    assert numbers["best_month"] == pytest.approx(0.10)
    assert numbers["worst_month"] == pytest.approx(-0.50)


def test_a_day_is_measured_by_its_last_observation() -> None:
    every_twelve_hours = parse_instant("2024-01-01") + np.arange(5) * 12 * HOUR_US
    numbers = measure(np.array([100.0, 50.0, 110.0, 220.0, 99.0]), every_twelve_hours).by_name()
    assert numbers["best_day"] == pytest.approx(0.10)
    assert numbers["worst_day"] == pytest.approx(-0.10)


def test_the_drawdown_sees_what_happens_within_a_day() -> None:
    every_twelve_hours = parse_instant("2024-01-01") + np.arange(5) * 12 * HOUR_US
    numbers = measure(np.array([100.0, 50.0, 110.0, 220.0, 99.0]), every_twelve_hours).by_name()
    assert numbers["max_drawdown"] == pytest.approx(-0.55)
    assert numbers["max_drawdown_days"] == 0.5


def test_a_first_day_that_starts_late_counts_from_its_first_observation() -> None:
    times = parse_instant("2024-01-01T18:00Z") + np.array([0, 6 * HOUR_US, 30 * HOUR_US])
    numbers = measure(np.array([100.0, 80.0, 88.0]), times).by_name()
    assert numbers["worst_day"] == pytest.approx(-0.20)
    assert numbers["best_day"] == pytest.approx(0.10)
    assert numbers["cagr"] == pytest.approx(0.88 ** (365 / 1.25) - 1)


def test_a_day_without_observations_rests() -> None:
    gap = np.array([0, 1, 4]) * DAY_US
    held = measure(np.array([100.0, 110.0, 99.0]), gap).by_name()
    filled = measured(100, 110, 110, 110, 99, first="1970-01-01")
    assert held.pop("max_drawdown_days") == 3.0  # since the peak was last seen
    assert filled.pop("max_drawdown_days") == 1.0
    assert held == filled


def test_drawdown_days_run_from_the_last_time_at_the_peak_to_the_recovery() -> None:
    # the deepest fall is from the second 120 to the 130, not the one before or the one after
    numbers = measured(100, 90, 120, 120, 84, 90, 119, 130, 117, 120)
    assert numbers["max_drawdown"] == pytest.approx(-0.30)
    assert numbers["max_drawdown_days"] == 4.0


def test_a_recovery_to_the_very_peak_ends_a_drawdown() -> None:
    assert measured(100, 50, 100, 100)["max_drawdown_days"] == 2.0


def test_a_drawdown_without_recovery_lasts_to_the_end() -> None:
    assert measured(100, 120, 60, 90, 119)["max_drawdown_days"] == 3.0


def test_of_equally_deep_drawdowns_the_first_tells_its_days() -> None:
    assert measured(100, 50, 100, 50, 60, 100)["max_drawdown_days"] == 2.0


def test_drawdown_is_the_fall_from_the_highest_so_far() -> None:
    falls = drawdown(np.array([[100.0, 125.0, 100.0, 250.0], [4.0, 3.0, 2.0, 1.0]]))
    assert falls.tolist() == [[0.0, 0.0, pytest.approx(-0.2), 0.0], [0.0, -0.25, -0.5, -0.75]]


def test_resting_equity_has_no_risk_and_no_ratio() -> None:
    numbers = measured(*[100.0] * 40)
    assert undefined(numbers) == {"sharpe", "sortino", "calmar", "skew", "kurtosis"}
    assert {number for number in numbers.values() if number is not None} == {0.0}


def test_the_rounding_of_an_even_growth_is_no_volatility() -> None:
    numbers = measured(*[100 * 1.001**day for day in range(400)])
    assert undefined(numbers) == {"sharpe", "sortino", "calmar", "skew", "kurtosis"}
    assert numbers["volatility"] == 0.0
    assert numbers["cagr"] == pytest.approx(1.001**365 - 1)


def test_a_small_but_true_volatility_is_not_rounded_away() -> None:
    numbers = measured(*[100 + 1e-9 * (day % 2) for day in range(400)])
    assert numbers["volatility"] == pytest.approx(1e-11 * math.sqrt(365), rel=0.01)
    assert numbers["sharpe"] is not None


def test_a_path_without_a_losing_day_has_a_sharpe_but_no_sortino() -> None:
    numbers = measured(100, 101, 103, 104, 108)
    assert undefined(numbers) == {"sortino", "calmar"}


def test_no_observation_defines_nothing() -> None:
    assert undefined(measured()) == set(NAMES)


def test_one_observation_defines_only_that_nothing_was_earned_or_lost() -> None:
    numbers = measured(100)
    assert undefined(numbers) == set(NAMES) - {"total_return", "max_drawdown", "max_drawdown_days"}
    assert numbers["total_return"] == numbers["max_drawdown"] == numbers["max_drawdown_days"] == 0.0


def test_one_daily_return_has_no_spread() -> None:
    numbers = measured(100, 90)
    assert undefined(numbers) == {"volatility", "sharpe", "sortino", "skew", "kurtosis"}
    assert numbers["var_95"] == numbers["cvar_95"] == pytest.approx(-0.10)


def test_less_than_a_day_is_not_stretched_to_a_year() -> None:
    times = parse_instant("2024-01-01") + np.array([0, 23 * HOUR_US])
    numbers = measure(np.array([100.0, 99.0]), times).by_name()
    assert numbers["cagr"] is None
    assert numbers["calmar"] is None
    assert numbers["total_return"] == pytest.approx(-0.01)


def test_a_yearly_growth_beyond_all_numbers_is_undefined() -> None:
    numbers = measured(1, 10)
    assert numbers["cagr"] is None
    assert numbers["total_return"] == pytest.approx(9.0)


def test_a_path_that_loses_all_keeps_the_numbers_that_need_no_later_return() -> None:
    numbers = measured(100, 110, 0, 0, 0)
    assert undefined(numbers) == set(FROM_DAILY_RETURNS)
    assert numbers["total_return"] == numbers["cagr"] == numbers["worst_day"] == -1.0
    assert numbers["max_drawdown"] == numbers["worst_month"] == -1.0
    assert numbers["max_drawdown_days"] == 3.0
    assert numbers["best_day"] == pytest.approx(0.10)


def test_a_path_that_loses_all_on_its_last_day_has_every_number() -> None:
    assert undefined(measured(100, 110, 90, 95, 0)) == set()


def test_a_path_that_ends_in_debt_has_no_growth() -> None:
    numbers = measured(100, 110, 90, 95, -20)
    assert undefined(numbers) == {"cagr", "calmar"}
    assert numbers["total_return"] == pytest.approx(-1.2)
    assert numbers["max_drawdown"] == pytest.approx(-130 / 110)


def test_equity_that_starts_at_nothing_defines_nothing() -> None:
    assert undefined(measured(0, 0, 0, 0, 0)) == set(NAMES)
    assert {"total_return", "cagr"} <= undefined(measured(0, 10, 11, 10, 12))


def test_an_unknown_equity_is_carried_into_the_numbers_and_raises_nothing() -> None:
    numbers = measured(100, 110, math.nan, 99, 105)
    assert undefined(numbers) == {
        *FROM_DAILY_RETURNS,
        "max_drawdown",
        "max_drawdown_days",
        "calmar",
    }


def test_a_single_curve_has_numbers_without_a_batch() -> None:
    metrics = measure(walk(50), days(50))
    assert {getattr(metrics, name).shape for name in NAMES} == {()}


def test_a_batch_of_none_has_no_numbers() -> None:
    metrics = measure(np.empty((0, 50)), days(50))
    assert {getattr(metrics, name).shape for name in NAMES} == {(0,)}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 20, 21, 22, 400, 1826])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_a_row_of_a_batch_equals_its_single_curve_to_the_bit(
    count: int, layout: Literal["C", "F"]
) -> None:
    equity = walk(37, count)
    equity[5] = 100.0
    equity[6, count // 2 :] = 0.0
    together = measure(np.asarray(equity, order=layout), days(count))
    for row, path in enumerate(equity):
        alone = measure(path, days(count))
        for name in NAMES:
            assert getattr(together, name)[row].tobytes() == getattr(alone, name).tobytes(), name


def test_the_callers_equity_is_left_as_it_was() -> None:
    equity = walk(3, 40)
    before = equity.copy()
    measure(equity, days(40))
    assert np.array_equal(equity, before)


def test_names_give_the_numbers_of_the_path_asked_for() -> None:
    equity = walk(3, 40)
    metrics = measure(equity, days(40))
    assert metrics.by_name(2) == measure(equity[2], days(40)).by_name()
    assert list(metrics.by_name(2)) == NAMES


def test_times_that_do_not_fit_or_do_not_rise_are_refused() -> None:
    with pytest.raises(ValueError, match=r"equity of shape \(3,\) does not fit \(2,\) times"):
        measure(np.ones(3), days(2))
    with pytest.raises(ValueError, match="the times of equity must rise"):
        measure(np.ones(3), days(3)[[0, 1, 1]])
