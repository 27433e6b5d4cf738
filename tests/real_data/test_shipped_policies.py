"""The policies of the source articles, followed on real Mondays: every plan is replayed exactly.

Nobody recorded a desk's outlook: `OUTLOOK` is made up, one view every two weeks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import covariance, variance
from typing import Any

import numpy as np
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.decimals import decimal_text, from_float
from rebalancer.model.history import History
from rebalancer.model.instant import DAY_US, from_datetime
from rebalancer.model.market import Market, Series, rows_until
from rebalancer.model.plan import Plan, PlanStatus
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.oracle.arithmetic import EXACT
from tests.oracle.checks import Oracle, make_oracle
from tests.oracle.given import Given
from tests.properties.held_to_the_oracle import broken_promises, plain_yaml

POLICIES = (
    "balance-sheet-zones",
    "beta-alpha",
    "collateralised-leverage",
    "outlook-hedge",
    "volatility-sculpting",
)
FIRST = datetime(2021, 2, 1, tzinfo=UTC)
WEEKS = 152
"""To the last Monday of 2023."""
OUTLOOK = (2, 1, 0, -1, 1, -1, 2, 0)
ANOTHER_PLACE = {"SOL/USDT": "BTC/USDT:USDT"}
"""What is hedged by its beta, and with what."""

SHORTED = {
    "balance-sheet-zones": {"supported": 0.50, "broken": 0.75},
    "beta-alpha": {"caution": 0.28649},
    "outlook-hedge": {
        "extremely_bullish": 0,
        "cautiously_bullish": 0.30,
        "neutral": 0.70,
        "bearish": 1,
    },
    "volatility-sculpting": {
        "consolidation": 0,
        "euphoria": 0.20,
        "bearish": 0.60,
        "recovery": 0.3,
    },
}
"""Ether shorted, as a share of ether held, on the way in from cash: of a range its lower end.

In `caution`: the carry trade's 6.67 and a fifth of the core's 55, of both.
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """A shipped policy, the real market, and everything the market says of every time."""

    name: str
    text: str
    policy: Policy
    market: Market
    history: History
    rules: Any

    def plan(self, book: Book, regime: str | None = None) -> Plan:
        moment = Moment(book.as_of_us, regime=regime)
        plans = decide(self.policy, self.market, history=self.history, books=[book], moment=moment)
        return plans[0]

    def oracle(self, regime: str, as_of_us: int) -> Oracle:
        return make_oracle(
            plain_yaml(self.text),
            regime,
            instruments=self.rules,
            marks=marks_at(self.market, as_of_us),
            arithmetic=EXACT,
            given=Given(betas=self.betas(regime, as_of_us)),
        )

    def betas(self, regime: str, as_of_us: int) -> dict[tuple[str, str], str]:
        """The betas that the hedges of a regime ask for, over the window that the file writes."""
        hedges = plain_yaml(self.text)["regimes"][regime].get("hedges", ())
        windows = [int(hedge["beta"].removesuffix("d")) for hedge in hedges if "beta" in hedge]
        return {
            pair: decimal_text(from_float(plain_beta(self.market, pair, as_of_us, days=days)))
            for days in windows
            for pair in ANOTHER_PLACE.items()
        }


@pytest.fixture(scope="module", params=POLICIES)
def ground(request: pytest.FixtureRequest, repository: Path, real_daily: Path) -> Ground:
    text = (repository / "policies" / f"{request.param}.yaml").read_text("utf-8")
    policy, findings = read_policy(text, request.param)
    assert policy is not None, findings
    market = with_outlook(load_market(real_daily))
    rules = plain_yaml((real_daily / "instruments.yaml").read_text("utf-8"))
    return Ground(request.param, text, policy, market, prepare(policy, market), rules)


def with_outlook(market: Market) -> Market:
    """Return the market with a desk's made-up outlook, a view every two weeks."""
    times = [FIRST + timedelta(weeks=week) for week in range(0, WEEKS, 2)]
    stamps = np.array([from_datetime(time) for time in times], dtype=np.int64)
    views = np.resize(np.array(OUTLOOK, dtype=np.float64), len(times))
    return replace(market, series={**market.series, "outlook": Series(stamps, views)})


def marks_at(market: Market, as_of_us: int) -> dict[str, str]:
    known = {name: rows_until(bars.time_us, as_of_us) for name, bars in market.bars.items()}
    return {
        name: decimal_text(from_float(float(market.bars[name].close[count - 1])))
        for name, count in known.items()
        if count
    }


def plain_beta(market: Market, pair: tuple[str, str], as_of_us: int, *, days: int) -> float:
    """Return covariance / variance of the daily returns of two symbols, counted day by day."""
    mine, theirs = (daily_returns(market, symbol, as_of_us, days=days) for symbol in pair)
    return covariance(mine, theirs) / variance(theirs)


def daily_returns(market: Market, symbol: str, as_of_us: int, *, days: int) -> list[float]:
    bars = market.bars[symbol]
    closes: Mapping[int, float] = dict(zip(bars.time_us.tolist(), bars.close.tolist(), strict=True))
    stamps = [as_of_us - day * DAY_US for day in range(days)]
    return [closes[stamp] / closes[stamp - DAY_US] - 1 for stamp in stamps]


def cash(as_of_us: int) -> Book:
    return Book(as_of_us, Account.SEPARATE, {"USDT": Decimal(100_000)})


def follow(ground: Ground) -> Iterator[tuple[Book, Plan]]:
    """Yield each Monday's book and plan: the first is cash, the next what the last plan left."""
    book = cash(from_datetime(FIRST))
    for week in range(WEEKS):
        book = replace(book, as_of_us=from_datetime(FIRST + timedelta(weeks=week)))
        plan = ground.plan(book)
        yield book, plan
        left = plan.book_after
        positions = tuple(Position(*each) for each in left.positions)
        book = replace(book, spot=dict(left.spot), wallets=dict(left.wallets), positions=positions)


@pytest.mark.parametrize("day", ["2021-05-24", "2021-11-08", "2022-06-20", "2023-03-13"])
def test_every_regime_can_be_entered_from_cash(ground: Ground, day: str) -> None:
    book = cash(from_datetime(datetime.fromisoformat(day).replace(tzinfo=UTC)))
    for regime in ground.policy.regimes:
        plan = ground.plan(book, regime.name)

        assert plan.status is PlanStatus.TRADE
        assert plan.residuals == () or max(abs(each.notional) for each in plan.residuals) < 25
        oracle = ground.oracle(regime.name, book.as_of_us)
        assert broken_promises(oracle, [(book, plan)]) == []


def test_a_hedge_is_the_share_of_coins_that_its_row_names(ground: Ground) -> None:
    book = cash(from_datetime(datetime(2022, 6, 20, tzinfo=UTC)))
    for regime, share in SHORTED.get(ground.name, {}).items():
        left = ground.plan(book, regime).book_after
        ether = float(dict(left.spot).get("ETH", 0))
        size = {symbol: float(contracts) for symbol, contracts, _ in left.positions}

        assert -size.get("ETH/USDT:USDT", 0) == pytest.approx(share * ether, abs=0.002)


def test_three_years_of_mondays_keep_every_promise(ground: Ground) -> None:
    found, statuses, regimes = [], [], set()
    for book, plan in follow(ground):
        oracle = ground.oracle(plan.regime.name, book.as_of_us)
        found += broken_promises(oracle, [(book, plan)])
        statuses.append(plan.status)
        regimes.add(plan.regime.name)

    assert found == []
    assert set(statuses) == {PlanStatus.TRADE, PlanStatus.HOLD}
    assert regimes == {regime.name for regime in ground.policy.regimes}
