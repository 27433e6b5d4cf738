"""Plans on real observations: every Monday, books of 1k to 100M, replayed exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.decimals import decimal_text, from_float
from rebalancer.model.history import History
from rebalancer.model.instant import from_datetime
from rebalancer.model.market import Market, rows_until
from rebalancer.model.market_until import market_until
from rebalancer.model.plan import Plan, PlanStatus
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from rebalancer.reports.plan_document import plan_document
from tests.oracle.arithmetic import EXACT
from tests.oracle.checks import make_oracle
from tests.properties.held_to_the_oracle import broken_promises, plain_yaml

POLICIES = ("dynamic-rebalancing", "full-hedge", "cash-and-carry")
SIZES = (1_000, 30_000, 1_000_000, 100_000_000)
FIRST, LAST = datetime(2019, 12, 2, tzinfo=UTC), datetime(2023, 12, 25, tzinfo=UTC)
MONDAYS = [FIRST + timedelta(weeks=week) for week in range((LAST - FIRST).days // 7 + 1)]


@dataclass(frozen=True, slots=True)
class Ground:
    """A shipped policy with the real market and everything it says of every time."""

    text: str
    policy: Policy
    market: Market
    history: History
    rules: Any

    def plan(
        self, as_of_us: int, books: list[Book], *, regime: str | None = None
    ) -> tuple[Plan, ...]:
        moment = Moment(as_of_us, regime=regime)
        return decide(self.policy, self.market, history=self.history, books=books, moment=moment)


@pytest.fixture(scope="module", params=POLICIES)
def ground(request: pytest.FixtureRequest, repository: Path, real_daily: Path) -> Ground:
    text = (repository / "policies" / f"{request.param}.yaml").read_text()
    policy, _ = read_policy(text.encode(), request.param)
    assert policy is not None
    market = load_market(real_daily)
    rules = plain_yaml((real_daily / "instruments.yaml").read_text())
    return Ground(text, policy, market, prepare(policy, market), rules)


def marks_at(market: Market, as_of_us: int) -> dict[str, float]:
    known = {name: rows_until(bars.time_us, as_of_us) for name, bars in market.bars.items()}
    return {
        name: float(market.bars[name].close[count - 1]) for name, count in known.items() if count
    }


def random_books(ground: Ground, as_of_us: int) -> Iterator[Book]:
    """Yield books of every size: all cash, drifted, and with positions of either side."""
    rng = np.random.default_rng(as_of_us // 1_000_000)
    marks = marks_at(ground.market, as_of_us)
    for size in SIZES:
        parts = rng.dirichlet([1.0, 1.0, 2.0, 1.0]) * size
        spot = {
            "BTC": whole(parts[0] / marks["BTC/USDT"], "0.00001"),
            "ETH": whole(parts[1] / marks["ETH/USDT"], "0.0001"),
            "USDT": Decimal(f"{parts[2]:.2f}"),
        }
        positions = []
        for coin, scale in (("BTC", 0.2), ("ETH", 0.1)):
            symbol = f"{coin}/USDT:USDT"
            contracts = whole(rng.normal(0, scale) * size / marks[symbol], "0.001")
            if contracts and rng.random() < 0.6:
                entry = from_float(round(marks[symbol] * float(np.exp(rng.normal(0, 0.05))), 2))
                positions.append(Position(symbol, contracts, entry))
        account = Account.UNIFIED if rng.random() < 0.25 else Account.SEPARATE
        wallets = {"USDT": Decimal(f"{parts[3]:.2f}")}
        yield Book(as_of_us, account, spot, wallets, tuple(positions))
    yield Book(as_of_us, Account.SEPARATE, {"USDT": Decimal(100_000)})


def whole(amount: float, step: str) -> Decimal:
    return int(amount / float(step)) * Decimal(step)


@pytest.mark.parametrize("year", range(2019, 2024))
def test_plans_of_every_monday_replay_exactly(ground: Ground, year: int) -> None:
    traded = 0
    for monday in (day for day in MONDAYS if day.year == year):
        as_of_us = from_datetime(monday)
        books = list(random_books(ground, as_of_us))
        plans = ground.plan(as_of_us, books)
        oracle = make_oracle(
            plain_yaml(ground.text),
            plans[0].regime.name,
            instruments=ground.rules,
            marks={
                name: decimal_text(from_float(mark))
                for name, mark in marks_at(ground.market, as_of_us).items()
            },
            arithmetic=EXACT,
        )

        assert broken_promises(oracle, zip(books, plans, strict=True)) == []
        assert all(plan.status is not PlanStatus.REFUSED for plan in plans[-1:])
        traded += sum(plan.status is PlanStatus.TRADE for plan in plans)
    assert traded


def test_a_plan_needs_the_contract_to_exist(ground: Ground) -> None:
    before = from_datetime(datetime(2019, 9, 9, tzinfo=UTC))
    book = Book(before, Account.SEPARATE, {"USDT": Decimal(100_000)})
    shorts = {sleeve.name for sleeve in ground.policy.sleeves if sleeve.futures}
    regimes = [
        regime.name
        for regime in ground.policy.regimes
        if regime.hedges or any(name in shorts and each.target for name, each in regime.targets)
    ]

    for regime in regimes:
        (plan,) = ground.plan(before, [book], regime=regime)

        assert plan.status is PlanStatus.REFUSED
        assert any("has no price" in refusal.message for refusal in plan.refusals)
    assert regimes


def test_later_rows_never_change_a_plan(ground: Ground) -> None:
    rng = np.random.default_rng(5)
    for monday in rng.choice(np.array(MONDAYS), size=12, replace=False):
        as_of_us = from_datetime(monday) + int(rng.integers(0, 20)) * 3_600_000_000
        books = list(random_books(ground, as_of_us))[:2]
        known = market_until(ground.market, as_of_us)
        history = prepare(ground.policy, known, as_of_us=as_of_us)
        moment = Moment(as_of_us)
        cut = decide(ground.policy, known, history=history, books=books, moment=moment)

        whole_market = ground.plan(as_of_us, books)

        assert [plan_document(plan) for plan in cut] == [
            plan_document(plan) for plan in whole_market
        ]
