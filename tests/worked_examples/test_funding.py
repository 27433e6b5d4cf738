"""Funding by the worked examples: an APR is the rate times the intervals of a year."""

import numpy as np
import pytest

from rebalancer.engine import prepare
from rebalancer.model.instant import HOUR_US, parse_instant
from rebalancer.model.market import FundingHistory, Market
from rebalancer.planner.request import latest_funding_apr
from rebalancer.policy.compiled import Comparison, Signal, Source, SourceKind
from tests.small_policies import held, leaf, policy_of, transition

START_US = parse_instant("2024-01-01")
SYMBOL = "BTC/USDT:USDT"


def paying(rate: float, *, hours: int = 8, days: int = 21) -> Market:
    """A market whose contract pays one rate for so many days."""
    count = days * 24 // hours
    times = START_US + (np.arange(count) + 1) * hours * HOUR_US
    history = FundingHistory(times, np.full(count, rate), np.full(count, float(hours)))
    return Market({}, "2024-01-01", funding={SYMBOL: history})


@pytest.mark.parametrize(
    ("rate", "hours", "apr"),
    [(0.0001, 8, 0.1095), (0.0002, 8, 0.219), (0.0001, 4, 0.219), (-0.0001, 8, -0.1095)],
    ids=["W19", "W4", "four hours", "longs are paid"],
)
def test_an_apr_is_simple_and_follows_the_interval(rate: float, hours: int, apr: float) -> None:
    market = paying(rate, hours=hours)
    as_of_us = START_US + 30 * 24 * HOUR_US

    found = latest_funding_apr(market, [SYMBOL], as_of_us=as_of_us)

    assert found == pytest.approx({SYMBOL: apr})


@pytest.mark.parametrize(
    ("rate", "fires"), [(0.0001, True), (0.000092, True), (0.000091, False), (0.00005, False)]
)
def test_w19_above_ten_per_cent_means_never_under_neutral(rate: float, *, fires: bool) -> None:
    # 0.0092 % per 8 h is 10.07 % a year, 0.0091 % is 9.96 %; neutral is 10.95 %
    above = leaf("funding_apr", Comparison.ABOVE, "0.1", timing=held("14d"))
    signal = Signal("funding_apr", Source(SourceKind.FUNDING, SYMBOL))
    policy = policy_of([signal], [transition("pays", "calm", "storm", above)])

    path = prepare(policy, paying(rate)).path

    assert [step.because for step in path.steps] == (["pays"] if fires else [])
