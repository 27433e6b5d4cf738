"""A hundred thousand books planned in one batch, against bare numpy that knows no limits."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Measurement, compare, take_turns
from rebalancer.adapters.instruments_file import load_instruments
from rebalancer.adapters.policy_file import load_policy
from rebalancer.model.book import Account
from rebalancer.planner.case import TradeRules, build_case, trade_rules
from rebalancer.planner.exposure import Holdings, build_marks, measure_exposure
from rebalancer.planner.layout import Layout, build_layout
from rebalancer.planner.limits import LimitTable, gather_facts, limit_residuals, limit_table
from rebalancer.planner.quantities import Quantities, plan_quantities
from rebalancer.planner.wanted import Wanted, build_wanted
from rebalancer.targets.build import build_targets

Floats = NDArray[np.float64]

BOOKS = 100_000
DRIFT = 0.06
SEED = 20_231_225
FOLDER = Path(__file__).parent / "three-assets"
MARKS: Mapping[str, float] = {
    "BTC/USDT": 42_283.58,
    "ETH/USDT": 2_281.87,
    "SOL/USDT": 101.72,
    "BTC/USDT:USDT": 42_297.8,
    "ETH/USDT:USDT": 2_282.51,
    "SOL/USDT:USDT": 101.69,
}
_MEASURE_PEAK = """
from benchmarks.peak_memory import read_peak
from benchmarks.plan_batch import build_batch, plan_batch
plan_batch(build_batch(inside=True))
print(read_peak())
"""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Books (batch,) as arrays, and what is the same for all of them."""

    layout: Layout
    wanted: Wanted
    table: LimitTable
    rules: TradeRules
    prices: Floats
    holdings: Holdings


def measure() -> list[Measurement]:
    """Return the ratios of books inside and outside their limits, and the peak memory."""
    inside, outside = build_batch(inside=True), build_batch(inside=False)
    times = take_turns(
        {
            "bare": lambda: bare_numpy(inside),
            "inside": lambda: plan_batch(inside),
            "outside": lambda: plan_batch(outside),
        }
    )
    bare = times["bare"]
    return [
        compare("100,000 books inside their limits / bare numpy", times["inside"], bare, bar=15),
        compare(
            "100,000 books outside their limits / bare numpy", times["outside"], bare, bar=None
        ),
        _peak_memory(),
    ]


def _peak_memory() -> Measurement:
    """Return the peak of a process that does nothing else, interpreter and books included."""
    command = [sys.executable, "-c", _MEASURE_PEAK]
    done = subprocess.run(  # noqa: S603  -- our own command
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )
    peak = float(done.stdout)
    name = "100,000 books inside their limits, peak MiB"
    return Measurement(name, unit="MiB", median=peak, least=peak, most=peak, bar=1024)


def build_batch(*, inside: bool) -> Batch:
    """Return books that have drifted and start inside, or outside, their limits."""
    policy = load_policy(FOLDER / "policy.yaml")
    rules = load_instruments(FOLDER / "instruments.yaml").by_symbol
    (regime,) = policy.regimes
    settle = {symbol: str(rule.settle) for symbol, rule in rules.items() if rule.is_future}
    layout = build_layout(policy, rules, account=Account.SEPARATE)
    targets = build_targets(policy, regime, settle=settle)
    wanted = build_wanted(targets, layout, band=float(policy.rebalance.band))
    table = limit_table(regime.limits, layout)
    prices = np.array([[MARKS[symbol] for symbol in layout.symbols]])
    random = np.random.default_rng(SEED)
    found: list[Holdings] = []
    while sum(part.cash.size for part in found) < BOOKS:
        drifted = _drifted_books(random, layout, wanted, prices)
        held = _holds_limits(drifted, layout, table, prices)
        found.append(drifted.take(np.flatnonzero(held == inside)))
    return Batch(layout, wanted, table, trade_rules(policy, regime.limits), prices, _first(found))


def _drifted_books(
    random: np.random.Generator, layout: Layout, wanted: Wanted, prices: Floats
) -> Holdings:
    """Return books of 10k to 10M USDT: every coin, short, wallet and the cash about 6 % off."""
    count, target = layout.spot_count, wanted.spot.target
    spot_prices, marks = prices[:, :count], prices[:, count:]

    def drifted(values: Floats) -> Floats:
        return values * (1 + DRIFT * random.standard_normal((BOOKS, values.shape[1])))

    nav = 10 ** random.uniform(4, 7, (BOOKS, 1))
    shorts = target / spot_prices @ wanted.sized[0].T
    spot = _whole(drifted(target / spot_prices) * nav, layout.lot[:count])
    size = -_whole(drifted(shorts) * nav, layout.lot[count:])
    entry = drifted(marks)
    profit = (size * (marks - entry)).sum(axis=1, keepdims=True)
    wallet = _whole(drifted(wanted.wallet.target) * nav - profit, np.array([0.01]))
    free = np.array([[1 - target.sum() - wanted.wallet.target.sum()]])
    cash = _whole(drifted(free) * nav, np.array([0.01]))[:, 0]
    return Holdings(spot, size, entry, cash, wallet)


def _whole(amounts: Floats, step: Floats) -> Floats:
    return np.rint(amounts / step) * step


def _holds_limits(
    books: Holdings, layout: Layout, table: LimitTable, prices: Floats
) -> NDArray[np.bool_]:
    exposure = measure_exposure(books, build_marks(prices, layout), layout=layout)
    facts = gather_facts(exposure, layout, scale=exposure.nav)
    rows = limit_residuals(facts, table, ceilings=table.ceilings[None])
    return np.asarray(rows.max(axis=1) <= 0)


def _first(parts: list[Holdings]) -> Holdings:
    """Return the first hundred thousand books, batch contiguous as the planner stacks them."""

    def joined(name: str) -> Floats:
        return np.asfortranarray(np.concatenate([getattr(part, name) for part in parts])[:BOOKS])

    return Holdings(*(joined(name) for name in Holdings.__slots__))


def plan_batch(batch: Batch) -> Quantities:
    """Plan the batch: limits with stress, lots, minimums, pairs of legs, transfers, fees."""
    case = build_case(
        batch.layout,
        batch.holdings,
        prices=batch.prices,
        wanted=batch.wanted,
        table=batch.table,
        rules=batch.rules,
    )
    return plan_quantities(case)


def bare_numpy(batch: Batch) -> tuple[Floats, Floats, Floats]:
    """Return weights, signed lots and fee of the batch: no limits, transfers or pairs of legs."""
    layout, books, prices, wanted = batch.layout, batch.holdings, batch.prices, batch.wanted
    marks = prices[:, layout.spot_count :]
    held = np.concatenate([books.spot, books.size], axis=1)
    values = held * prices
    equity = books.wallet[:, 0] + (books.size * (marks - books.entry)).sum(axis=1)
    nav = books.cash + values[:, : layout.spot_count].sum(axis=1) + equity
    weights = values / nav[:, None]
    low = np.concatenate([wanted.spot.low, -wanted.spot.high @ wanted.sized[0].T], axis=1)
    high = np.concatenate([wanted.spot.high, -wanted.spot.low @ wanted.sized[0].T], axis=1)
    change = (np.clip(weights, low, high) - weights) * nav[:, None] / prices
    quotient = np.abs(change) / layout.lot
    lots = np.where(change * held < 0, np.ceil(quotient), np.floor(quotient))
    amount = lots * layout.lot
    notional = amount * prices
    small = (amount < layout.min_amount) | (notional < layout.min_cost)
    lots[small] = 0.0
    notional[small] = 0.0
    return weights, lots * np.sign(change), (notional * layout.fee).sum(axis=1)
