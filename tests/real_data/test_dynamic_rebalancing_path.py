"""The regimes of `dynamic-rebalancing` from 2019 to 2023, replayed a second time by plain loops.

The second replay needs no rule for missing prints, because Bitcoin's daily closes and eight-hourly
funding have none in these years; a test below makes sure of it.
"""

import csv
import shutil
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.policy_file import load_policy
from rebalancer.engine import prepare
from rebalancer.model.history import History
from rebalancer.model.instant import DAY_US, HOUR_US, WEEK_US, parse_instant
from rebalancer.policy.compiled import Policy

Step = tuple[int, str, str]
"""When, because of which transition, into which regime."""

MONDAY_US = parse_instant("2019-09-02")


@dataclass(frozen=True)
class Rows:
    """One series of observations; windows end at the last row known at a time."""

    times: list[int]
    values: list[float]

    def window(self, at_us: int, days: int) -> list[float]:
        """The values of (u - D, u], u the last row at or before a time; none if too early."""
        last = bisect_right(self.times, at_us)
        start_us = self.times[last - 1] - days * DAY_US if last else 0
        first = bisect_right(self.times, start_us)
        return self.values[first:last] if last and first else []


@dataclass(frozen=True)
class Bitcoin:
    closes: Rows
    aprs: Rows

    def pays_above(self, rate: float, days: int, at_us: int) -> bool:
        window = self.aprs.window(at_us, days)
        return bool(window) and min(window) > rate

    def pays_below(self, rate: float, days: int, at_us: int) -> bool:
        window = self.aprs.window(at_us, days)
        return bool(window) and max(window) < rate

    def falls(self, at_us: int) -> bool:
        window = self.closes.window(at_us, 100)
        return bool(window) and window[-1] < sum(window) / len(window)

    def bottomed(self, at_us: int) -> bool:
        window = self.closes.window(at_us, 90)
        return bool(window) and min(window) not in window[-21:]

    def way_out(self, regime: str, at_us: int) -> tuple[str, str] | None:
        """The first transition that is true in a regime, and where it leads."""
        if regime != "defensive" and self.pays_below(0, 3, at_us) and self.falls(at_us):
            return "premium gone in a downtrend", "defensive"
        if regime == "accumulation" and self.pays_above(0.1, 14, at_us):
            return "premium pays", "yield_optimization"
        if regime == "yield_optimization" and self.pays_below(0.05, 3, at_us):
            return "premium fades", "accumulation"
        if regime == "defensive" and self.bottomed(at_us) and self.pays_above(0.1, 7, at_us):
            return "the bottom holds", "accumulation"
        return None


def read_symbol(path: Path, symbol: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["symbol"] == symbol]


@pytest.fixture(scope="module")
def bitcoin(real_daily: Path) -> Bitcoin:
    prices = read_symbol(real_daily / "prices.csv", "BTC/USDT")
    funding = read_symbol(real_daily / "funding.csv", "BTC/USDT:USDT")
    aprs = [float(row["funding_rate"]) * 8760 / float(row["interval_hours"]) for row in funding]
    return Bitcoin(
        Rows(
            [parse_instant(row["timestamp"]) for row in prices], [float(p["close"]) for p in prices]
        ),
        Rows([parse_instant(row["timestamp"]) for row in funding], aprs),
    )


@pytest.fixture(scope="module")
def policy(repository: Path) -> Policy:
    return load_policy(repository / "policies" / "dynamic-rebalancing.yaml")


@pytest.fixture(scope="module")
def history(policy: Policy, real_daily: Path) -> History:
    return prepare(policy, load_market(real_daily))


def replayed_by_hand(bitcoin: Bitcoin) -> list[Step]:
    regime, steps = "accumulation", []
    last_us = bitcoin.aprs.times[-1]
    mondays = set(range(MONDAY_US, last_us + 1, WEEK_US))
    for at_us in sorted(mondays.union(bitcoin.closes.times, bitcoin.aprs.times)):
        found = bitcoin.way_out(regime, at_us)
        if found and (at_us in mondays or found[1] == "defensive"):
            because, regime = found
            steps.append((at_us, because, regime))
    return steps


def test_bitcoin_has_no_missing_print(bitcoin: Bitcoin) -> None:
    assert set(np.diff(bitcoin.closes.times).tolist()) == {DAY_US}
    assert set(np.diff(bitcoin.aprs.times).tolist()) == {8 * HOUR_US}


def test_the_path_equals_a_replay_by_hand(bitcoin: Bitcoin, history: History) -> None:
    steps = [(step.at_us, step.because, step.target) for step in history.path.steps]
    assert steps == replayed_by_hand(bitcoin)
    assert len(steps) == 18


def test_the_order_of_rows_in_a_folder_changes_nothing(
    policy: Policy, history: History, real_daily: Path, tmp_path: Path
) -> None:
    shutil.copy(real_daily / "instruments.yaml", tmp_path)
    for name in ("prices.csv", "funding.csv", "series.csv"):
        header, *rows = (real_daily / name).read_text("utf-8").splitlines()
        shuffled_rows = np.random.default_rng(7).permutation(rows).tolist()
        (tmp_path / name).write_text("\n".join([header, *shuffled_rows, ""]), encoding="utf-8")
    shuffled = prepare(policy, load_market(tmp_path))
    assert shuffled.path == history.path
    for name, signal in history.signals.items():
        assert shuffled.signals[name].value.tobytes() == signal.value.tobytes()
