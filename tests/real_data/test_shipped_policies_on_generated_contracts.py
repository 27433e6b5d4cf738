"""The shipped policies on dated and coin-margined contracts, for which nothing was recorded.

The market is generated: bitcoin from 40,000 up to 64,000 and down to 36,000 in 150 days, three
quarterly contracts at a premium of 8 % a year, and a coin-margined perpetual whose longs pay at
first and are paid at the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.history import History
from rebalancer.model.instant import from_datetime
from rebalancer.model.market import Market
from rebalancer.model.plan import Plan, PlanStatus, TradeKind
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.oracle.arithmetic import EXACT
from tests.oracle.checks import make_oracle
from tests.oracle.given import Given
from tests.properties.held_to_the_oracle import broken_promises, plain_yaml

FIRST = datetime(2025, 1, 6, tzinfo=UTC)
DAYS = 150
QUARTERS = ("250328", "250627", "250926")
ROLLED_BY = datetime(2025, 3, 22, tzinfo=UTC)
"""The first midnight within seven days of 2025-03-28 08:00."""
TURNS = 130
"""The day from which longs are paid and the dated premium is gone."""
TIERS = "[{from: 0, maintenance: 0.4%, max_leverage: 100}]"
INSTRUMENTS = "\n".join(
    [
        "as_of: 2025-01-06",
        "instruments:",
        "  BTC/USDT: {kind: spot, base: BTC, quote: USDT, amount_step: 0.00001,",
        "    min_amount: 0.00001, min_cost: 5, price_step: 0.01,",
        "    taker_fee: 0.1%, maker_fee: 0.1%}",
        "  BTC/USD:BTC: {kind: perpetual, base: BTC, quote: USD, settle: BTC, contract_size: 100,",
        "    amount_step: 1, min_amount: 1, min_cost: 0, price_step: 0.1,",
        f"    taker_fee: 0.05%, maker_fee: 0.02%, margin_tiers: {TIERS}}}",
        *(
            f"  BTC/USDT:USDT-{day}: {{kind: future, base: BTC, quote: USDT, settle: USDT,"
            f" expiry: 20{day[:2]}-{day[2:4]}-{day[4:]}T08:00:00Z,"
            " contract_size: 1, amount_step: 0.001, min_amount: 0.001, min_cost: 100,"
            f" price_step: 0.1, taker_fee: 0.05%, maker_fee: 0.02%, margin_tiers: {TIERS}}}"
            for day in QUARTERS
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Ground:
    """A shipped policy on the generated market."""

    text: str
    policy: Policy
    market: Market
    history: History
    rules: Any
    prices: dict[tuple[datetime, str], str]

    def plan(self, book: Book, regime: str | None = None) -> Plan:
        moment = Moment(book.as_of_us, regime=regime)
        plans = decide(self.policy, self.market, history=self.history, books=[book], moment=moment)
        return plans[0]

    def findings(self, book: Book, plan: Plan, time: datetime) -> list[str]:
        """What the oracle finds in a plan."""
        oracle = make_oracle(
            plain_yaml(self.text),
            plan.regime.name,
            instruments=self.rules,
            marks={symbol: price for (at, symbol), price in self.prices.items() if at == time},
            arithmetic=EXACT,
            given=Given(as_of=time.isoformat()),
        )
        return broken_promises(oracle, [(book, plan)])


def spot_close(day: int) -> float:
    """Bitcoin on a day: up by a half and more in two months, then down to 36,000, in waves."""
    line = float(np.interp(day, [0, 60, 140, 150], [40_000, 64_000, 36_000, 38_000]))
    return line * (1 + 0.02 * float(np.sin(day / 2.5)))


def closes() -> Iterator[tuple[datetime, str, str]]:
    """Yield time, symbol and close of every bar."""
    for day in range(DAYS):
        time, spot = FIRST + timedelta(days=day), spot_close(day)
        yield time, "BTC/USDT", f"{spot:.2f}"
        yield time, "BTC/USD:BTC", f"{spot * (1.0003 if day < TURNS else 0.9995):.1f}"
        for quarter in QUARTERS:
            expiry = datetime.strptime(quarter, "%y%m%d").replace(hour=8, tzinfo=UTC)
            left = (expiry - time).total_seconds() / 86_400
            if left > 0:
                yield time, f"BTC/USDT:USDT-{quarter}", f"{spot * (1 + 0.08 * left / 365):.1f}"


def write_market(folder: Path) -> None:
    """Write the generated market as a market folder."""
    (folder / "instruments.yaml").write_text(INSTRUMENTS, "utf-8")
    rows = [
        f"{time.isoformat()},{symbol},{close},{close},{close},{close}"
        for time, symbol, close in closes()
    ]
    write_rows(folder / "prices.csv", "timestamp,symbol,open,high,low,close", rows)
    rates = [
        f"{(FIRST + timedelta(hours=8 * print_)).isoformat()},BTC/USD:BTC,"
        f"{0.0001 if print_ < 3 * TURNS else -0.0002},8"
        for print_ in range(3 * DAYS)
    ]
    write_rows(folder / "funding.csv", "timestamp,symbol,funding_rate,interval_hours", rates)
    series = [
        f"{(FIRST + timedelta(days=day)).isoformat()},premium_apr,{0.08 if day < TURNS else 0.005}"
        for day in range(DAYS)
    ]
    series += [
        f"{(FIRST + timedelta(days=day)).isoformat()},hurdle_rate,0.045"
        for day in range(0, DAYS, 30)
    ]
    write_rows(folder / "series.csv", "timestamp,name,value", series)


def write_rows(path: Path, head: str, rows: Sequence[str]) -> None:
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def ground_of(name: str, repository: Path, folder: Path) -> Ground:
    text = (repository / "policies" / f"{name}.yaml").read_text("utf-8")
    policy, findings = read_policy(text, name)
    assert policy is not None, findings
    write_market(folder)
    market = load_market(folder)
    prices = {(time, symbol): close for time, symbol, close in closes()}
    return Ground(text, policy, market, prepare(policy, market), plain_yaml(INSTRUMENTS), prices)


@dataclass(frozen=True, slots=True)
class Day:
    """One day's plan, and the book it was made for."""

    time: datetime
    book: Book
    plan: Plan

    def contracts(self) -> dict[str, Decimal]:
        """Return what the plan leaves in contracts."""
        return {symbol: size for symbol, size, _ in self.plan.book_after.positions}

    @property
    def holds_dust(self) -> bool:
        """Whether a coin wallet without a contract has more digits than a NAV is printed with."""
        return bool(self.book.wallets.get("BTC")) and not self.book.positions


def follow(ground: Ground) -> list[Day]:
    """Return every day's plan: the first book is cash, the next what the last plan left."""
    book = Book(0, Account.SEPARATE, {"USDT": Decimal(100_000)})
    days = []
    for number in range(DAYS):
        time = FIRST + timedelta(days=number)
        book = replace(book, as_of_us=from_datetime(time))
        plan = ground.plan(book)
        days.append(Day(time, book, plan))
        left = plan.book_after
        positions = tuple(Position(*each) for each in left.positions)
        book = replace(book, spot=dict(left.spot), wallets=dict(left.wallets), positions=positions)
    return days


@pytest.mark.parametrize(
    "name", ["dated-cash-and-carry", "synthetic-dollar", "coin-margined-sculpting"]
)
def test_every_day_keeps_every_promise(name: str, repository: Path, tmp_path: Path) -> None:
    ground = ground_of(name, repository, tmp_path)
    days = follow(ground)

    checked = [day for day in days if not day.holds_dust]
    found = [each for day in checked for each in ground.findings(day.book, day.plan, day.time)]
    assert found == []
    assert len(checked) > DAYS - 40
    assert {day.plan.status for day in days} == {PlanStatus.TRADE, PlanStatus.HOLD}


def test_the_short_rolls_a_week_before_its_contract_expires(
    repository: Path, tmp_path: Path
) -> None:
    days = follow(ground_of("dated-cash-and-carry", repository, tmp_path))
    held = {day.time: day.contracts() for day in days if day.contracts()}

    for time, contracts in held.items():
        quarter = "250328" if time < ROLLED_BY else "250627"
        assert set(contracts) == {f"BTC/USDT:USDT-{quarter}"}
    assert min(held) < ROLLED_BY < max(held)
    assert days[-1].contracts() == {}
    assert {day.plan.regime.name for day in days} == {"waiting", "locked"}


def test_the_carry_is_hedged_coin_for_coin(repository: Path, tmp_path: Path) -> None:
    for day in follow(ground_of("dated-cash-and-carry", repository, tmp_path)):
        coins = dict(day.plan.book_after.spot).get("BTC", Decimal(0))
        assert abs(coins + sum(day.contracts().values())) < Decimal("0.004")


def test_a_synthetic_dollar_stands_still_while_bitcoin_does_not(
    repository: Path, tmp_path: Path
) -> None:
    days = follow(ground_of("synthetic-dollar", repository, tmp_path))
    earning = [day for day in days if day.contracts()]
    navs = [float(day.plan.nav_after) for day in earning]

    assert max(navs) / min(navs) - 1 < 0.004
    closes_ = [spot_close((day.time - FIRST).days) for day in earning]
    assert max(closes_) / min(closes_) > 1.6
    assert days[-1].contracts() == {}
    assert float(days[-1].plan.nav) > 99_000


def test_hedging_more_sells_no_coin(repository: Path, tmp_path: Path) -> None:
    ground = ground_of("coin-margined-sculpting", repository, tmp_path)
    as_of = from_datetime(FIRST + timedelta(days=100))
    all_in = {"BTC": Decimal("1.9"), "USDT": Decimal(4_000)}  # 96 % in coins at 50,745
    book = Book(as_of, Account.SEPARATE, all_in)

    plan = ground.plan(book, "bearish")

    kinds = [(trade.kind, getattr(trade, "symbol", "BTC")) for trade in plan.trades]
    assert (TradeKind.TRANSFER, "BTC") in kinds
    assert (TradeKind.ORDER, "BTC/USD:BTC") in kinds
    assert (TradeKind.ORDER, "BTC/USDT") not in kinds
