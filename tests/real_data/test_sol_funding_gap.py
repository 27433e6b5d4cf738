"""SOL's funding in November 2022: 4 h and 2 h prints, then two weeks without any."""

import csv
from pathlib import Path

import numpy as np
import pytest

from rebalancer.engine import prepare
from rebalancer.model.history import History
from rebalancer.model.instant import DAY_US, HOUR_US, parse_duration, parse_instant
from rebalancer.model.market import FundingHistory, Market, Times
from rebalancer.model.signal_history import values_at
from rebalancer.model.truth import Truth, truth_at
from rebalancer.policy.compiled import Comparison, Policy, Signal, Source, SourceKind
from rebalancer.signals.freshness import find_stale_signals
from rebalancer.triggers.evidence import collect_evidence
from tests.small_policies import MARKET_OF, held, leaf, policy_of, transition

SOL = "SOL/USDT:USDT"
LAST_PRINT_US = parse_instant("2022-11-16")
NEXT_PRINT_US = parse_instant("2022-12-01")


@pytest.fixture(scope="module")
def sol(real_daily: Path) -> Market:
    with (real_daily / "funding.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["symbol"] == SOL]
    history = FundingHistory(
        np.array([parse_instant(row["timestamp"]) for row in rows], dtype=np.int64),
        np.array([float(row["funding_rate"]) for row in rows]),
        np.array([float(row["interval_hours"]) for row in rows]),
    )
    return Market({}, MARKET_OF, funding={SOL: history})


def known_for(duration: str) -> Policy:
    """Storm once funding was below 1,000 % a year for a time: every print of SOL's ever was."""
    return policy_of(
        [Signal("apr", Source(SourceKind.FUNDING, SOL))],
        [
            transition(
                "funding is known",
                "calm",
                "storm",
                leaf("apr", Comparison.BELOW, "10", timing=held(duration)),
                urgent=True,
            )
        ],
    )


def hours_between(start_us: int, until_us: int) -> Times:
    return np.arange(start_us, until_us, HOUR_US, dtype=np.int64)


@pytest.fixture(scope="module")
def history(sol: Market) -> History:
    return prepare(known_for("14d"), sol)


@pytest.mark.parametrize(
    ("at", "rate", "hours"),
    [
        ("2022-11-09T16:00Z", -0.015, 8),
        ("2022-11-09T20:00Z", -0.02, 4),
        ("2022-11-10T06:00Z", -0.02, 2),
        ("2022-11-16T00:00Z", -0.00095985, 2),
        ("2022-12-01T00:00Z", -0.00083649, 8),
    ],
)
def test_each_print_is_annualised_by_its_own_interval(
    history: History, at: str, rate: float, hours: float
) -> None:
    apr = values_at(history.signals["apr"], np.array([parse_instant(at)]))[0]
    assert apr == pytest.approx(rate * 8760 / hours, rel=1e-12)


def test_the_last_print_is_carried_for_a_day_and_then_nothing_is_known(history: History) -> None:
    inside = hours_between(LAST_PRINT_US, NEXT_PRINT_US)
    known = ~np.isnan(values_at(history.signals["apr"], inside))
    assert known.tolist() == (inside <= LAST_PRINT_US + DAY_US).tolist()


@pytest.mark.parametrize("duration", ["3d", "14d"])
def test_a_condition_is_unknown_inside_the_gap(sol: Market, duration: str) -> None:
    truths = prepare(known_for(duration), sol).truths["funding is known"]
    before = hours_between(LAST_PRINT_US - 2 * DAY_US, LAST_PRINT_US + DAY_US + 1)
    inside = hours_between(LAST_PRINT_US + DAY_US + HOUR_US, NEXT_PRINT_US)
    assert set(truth_at(truths, before).tolist()) == {Truth.TRUE}
    assert set(truth_at(truths, inside).tolist()) == {Truth.UNKNOWN}


@pytest.mark.parametrize("duration", ["3d", "14d"])
def test_a_time_is_never_true_across_the_gap(sol: Market, duration: str) -> None:
    """The first print after the gap answers for its own eight hours and for no more."""
    truths = prepare(known_for(duration), sol).truths["funding is known"]
    held_us = NEXT_PRINT_US - 8 * HOUR_US + parse_duration(duration)
    after = hours_between(NEXT_PRINT_US, held_us + DAY_US)
    expected = [Truth.UNKNOWN if at_us < held_us else Truth.TRUE for at_us in after.tolist()]
    assert truth_at(truths, after).tolist() == expected


def test_the_evidence_inside_the_gap_says_what_is_missing(history: History) -> None:
    policy, at_us = known_for("14d"), parse_instant("2022-11-25")
    (way_out,) = policy.transitions
    (found,) = collect_evidence(
        way_out.when, history.truths[way_out.name], signals=history.signals, at_us=at_us
    )
    assert (found.value, found.truth) == (None, Truth.UNKNOWN)
    assert found.needs == "a fresh observation of `apr`, the last is 9d old"
    assert found.held_for_us == 8 * DAY_US - 1


def test_the_signal_is_stale_inside_the_gap(history: History) -> None:
    assert find_stale_signals(history.signals.values(), LAST_PRINT_US + DAY_US) == ()
    (stale,) = find_stale_signals(history.signals.values(), LAST_PRINT_US + DAY_US + 1)
    assert (stale.signal, stale.observed_us) == ("apr", LAST_PRINT_US)
