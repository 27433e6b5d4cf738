"""Metrics against quantstats and empyrical, where those define a number as we do.

Their definitions differ from ours, and so have no test here, for quantstats' value at risk (it fits
a normal distribution) and empyrical's Sortino and Calmar of a path without losses (infinite).
Neither of them knows of more than one observation a day.
"""

from typing import Any

import empyrical  # type: ignore[import-untyped]  # ships no types
import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # ships no types
import pytest
import quantstats.stats

from rebalancer.evaluation.metrics import Metrics, measure
from rebalancer.model.market import Floats

QUANTSTATS: Any = quantstats.stats  # it ships types for a part of itself
YEAR = 365
MIDNIGHT_AFTER = pd.Timedelta(days=1)


def curve(name: str) -> pd.Series:
    """Equity at the end of each day, by the day."""
    days = {"thirty days": 31, "to the leap day": 60}.get(name, 1827)
    first = {"to the leap day": "2024-01-01"}.get(name, "2019-12-31")
    random = np.random.default_rng(sum(name.encode()))
    steps = random.standard_t(3, days) * 0.02 if name == "fat tails" else random.normal(size=days)
    returns = {
        "fat tails": np.clip(steps, -0.4, 0.4),
        "falling": -0.003 + 0.02 * steps,
        "rising": 0.004 + 0.02 * steps,
    }.get(name, 0.001 + 0.03 * steps)
    index = pd.date_range(first, periods=days, freq="D")
    return pd.Series(100_000 * np.cumprod(1 + returns), index=index)


@pytest.fixture(
    params=["thirty days", "to the leap day", "five years", "fat tails", "falling", "rising"]
)
def equity(request: pytest.FixtureRequest) -> pd.Series:
    return curve(request.param)


@pytest.fixture
def returns(equity: pd.Series) -> pd.Series:
    return equity.pct_change().iloc[1:]


@pytest.fixture
def ours(equity: pd.Series) -> Metrics:
    return measured(equity, equity.index + MIDNIGHT_AFTER)


def measured(equity: pd.Series, stamps: pd.DatetimeIndex) -> Metrics:
    time_us = stamps.as_unit("us").asi8
    return measure(equity.to_numpy(), time_us)


def assert_equal(mine: Floats, *theirs: float) -> None:
    assert list(theirs) == pytest.approx([mine.item()] * len(theirs), rel=1e-9, abs=1e-12)


def test_total_return_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(ours.total_return, QUANTSTATS.comp(returns), empyrical.cum_returns_final(returns))


def test_cagr_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(
        ours.cagr,
        QUANTSTATS.cagr(returns, periods=YEAR),
        empyrical.cagr(returns, annualization=YEAR),
    )


def test_volatility_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(
        ours.volatility,
        QUANTSTATS.volatility(returns, periods=YEAR),
        empyrical.annual_volatility(returns, annualization=YEAR),
    )


def test_sharpe_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(
        ours.sharpe,
        QUANTSTATS.sharpe(returns, periods=YEAR),
        empyrical.sharpe_ratio(returns, annualization=YEAR),
    )


def test_sortino_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(
        ours.sortino,
        QUANTSTATS.sortino(returns, periods=YEAR),
        empyrical.sortino_ratio(returns, annualization=YEAR),
    )


def test_calmar_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(
        ours.calmar,
        QUANTSTATS.calmar(returns, periods=YEAR),
        empyrical.calmar_ratio(returns, annualization=YEAR),
    )


def test_max_drawdown_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(
        ours.max_drawdown,
        QUANTSTATS.max_drawdown(returns),
        empyrical.max_drawdown(returns),
    )


def test_days_of_the_max_drawdown_are_quantstats_and_the_day_of_recovery(
    ours: Metrics, equity: pd.Series
) -> None:
    # quantstats counts the days under water, which the day of recovery is not, and sees no fall
    # that starts with the first return: a day at rest stands before it
    rested = equity.pct_change().fillna(0.0)
    falls = QUANTSTATS.drawdown_details(QUANTSTATS.to_drawdown_series(rested))
    deepest = falls.loc[falls["max drawdown"].idxmin()]
    recovers = pd.Timestamp(deepest["end"]) < equity.index[-1]

    assert_equal(ours.max_drawdown_days, deepest["days"] + int(recovers))


def test_value_at_risk_equals_empyrical(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(ours.var_95, empyrical.value_at_risk(returns, cutoff=0.05))


def test_conditional_value_at_risk_equals_both(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(
        ours.cvar_95,
        QUANTSTATS.conditional_value_at_risk(returns, method="historical"),
        empyrical.conditional_value_at_risk(returns, cutoff=0.05),
    )


def test_skew_equals_quantstats(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(ours.skew, QUANTSTATS.skew(returns))


def test_kurtosis_equals_quantstats(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(ours.kurtosis, QUANTSTATS.kurtosis(returns))


def test_best_and_worst_day_equal_quantstats(ours: Metrics, returns: pd.Series) -> None:
    assert_equal(ours.best_day, QUANTSTATS.best(returns))
    assert_equal(ours.worst_day, QUANTSTATS.worst(returns))


def test_best_and_worst_month_equal_both(ours: Metrics, returns: pd.Series) -> None:
    months = empyrical.aggregate_returns(returns, "monthly")

    assert_equal(ours.best_month, QUANTSTATS.best(returns, "ME"), months.max())
    assert_equal(ours.worst_month, QUANTSTATS.worst(returns, "ME"), months.min())


def test_hourly_equity_is_measured_on_the_days_that_pandas_cuts() -> None:
    random = np.random.default_rng(7)
    stamps = pd.date_range("2021-12-31", periods=24 * 90 + 1, freq="h")
    steps = np.where(np.arange(len(stamps)) == 0, 0.0, random.normal(0, 0.005, len(stamps)))
    hourly = pd.Series(100_000 * np.cumprod(1 + steps), index=stamps)
    daily = hourly.resample("D", closed="right", label="left").last().pct_change().iloc[1:]

    ours = measured(hourly, stamps)

    assert_equal(ours.sharpe, empyrical.sharpe_ratio(daily, annualization=YEAR))
    assert_equal(ours.cvar_95, empyrical.conditional_value_at_risk(daily))
    assert_equal(ours.best_month, QUANTSTATS.best(daily, "ME"))
    assert_equal(ours.max_drawdown, empyrical.max_drawdown(hourly.pct_change().iloc[1:]))
    assert empyrical.max_drawdown(daily) > ours.max_drawdown


def test_days_without_observations_rest_as_when_pandas_fills_them_forward() -> None:
    whole = curve("to the leap day")
    kept = whole[np.random.default_rng(3).random(len(whole)) < 0.7]
    filled = kept.resample("D").ffill().pct_change().iloc[1:]

    ours = measured(kept, kept.index + MIDNIGHT_AFTER)

    assert len(kept) < len(filled)
    assert_equal(ours.volatility, QUANTSTATS.volatility(filled, periods=YEAR))
    assert_equal(ours.cagr, empyrical.cagr(filled, annualization=YEAR))
    assert_equal(ours.worst_month, QUANTSTATS.worst(filled, "ME"))
