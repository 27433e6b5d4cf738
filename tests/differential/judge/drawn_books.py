"""Random books near a policy's targets or far off them, sound but often outside its limits."""

from decimal import ROUND_DOWN, Decimal

import numpy as np

from rebalancer.model.book import Account, Book, Position
from tests.differential.judge.nearness import contract_targets
from tests.oracle.arithmetic import Number
from tests.oracle.checks import Oracle
from tests.oracle.instruments import Instrument

Rng = np.random.Generator

CENT = Decimal("0.01")


def draw_book(rng: Rng, oracle: Oracle, *, as_of_us: int) -> Book:
    """Return the first drawn book whose wallet is well above maintenance margin."""
    while True:
        nav = float(rng.choice([300_000, 1_000_000, 3_000_000]))
        spread = float(rng.choice([0.01, 0.03, 0.1, 0.3]))
        account = Account.UNIFIED if rng.random() < 0.25 else Account.SEPARATE
        spots = _draw_spots(rng, oracle, spread=spread)
        margin = float(oracle.sheet.wallets[0].target) + abs(rng.normal(0, spread))
        margin = min(margin, (1 - sum(spots)) * rng.uniform(0.5, 1.0))
        stretch = float(rng.choice([1.0, 1.0, 1.5, 3.0]))
        positions = _draw_positions(rng, oracle, value=nav * stretch, spread=spread)
        maintained, profit = _sum_positions(oracle, positions)
        if margin * nav < 1.2 * maintained or margin * nav < profit:
            continue
        spot = {"USDT": _round_down((1 - sum(spots) - margin) * nav, CENT)}
        for row, weight in zip(oracle.ctx.coins, spots, strict=True):
            spot[row.base] = _round_down(weight * nav / float(row.mark), _step(row))
        wallets = {"USDT": _round_down(margin * nav - profit, CENT)}
        return Book(as_of_us, account, spot, wallets, positions)


def _draw_spots(rng: Rng, oracle: Oracle, *, spread: float) -> list[float]:
    spots = [
        max(0.0, float(coin.target) + float(rng.normal(0, spread))) for coin in oracle.sheet.coins
    ]
    scale = max(1.0, sum(spots) / float(rng.uniform(0.7, 1.0)))
    return [weight / scale for weight in spots]


def _draw_positions(
    rng: Rng, oracle: Oracle, *, value: float, spread: float
) -> tuple[Position, ...]:
    """Return positions around their targets of a value, some missing, entered at other prices."""
    targets = contract_targets(oracle.ctx, oracle.sheet)
    positions = []
    for row, target in zip(oracle.ctx.contracts, targets, strict=True):
        weight = target + float(rng.normal(0, spread)) if rng.random() < 0.8 else 0.0
        contracts = _round_down(weight * value / float(row.unit_value), _step(row))
        entry = Decimal(f"{float(row.mark) * np.exp(rng.normal(0, 0.05)):.5g}")
        if contracts:
            positions.append(Position(row.symbol, contracts, Decimal(format(entry, "f"))))
    return tuple(positions)


def _sum_positions(oracle: Oracle, positions: tuple[Position, ...]) -> tuple[float, float]:
    """Return the maintenance margin and the profit of some positions."""
    maintained: Number = 0.0
    profit: Number = 0.0
    for each in positions:
        row, contracts = oracle.ctx.by_symbol[each.symbol], float(each.contracts)
        maintained += row.maintenance(abs(contracts) * row.unit_value)
        profit += contracts * row.size * (row.mark - float(each.entry_price))
    return float(maintained), float(profit)


def _round_down(amount: float, step: Decimal) -> Decimal:
    return Decimal(amount).quantize(step, rounding=ROUND_DOWN)


def _step(row: Instrument) -> Decimal:
    return Decimal(str(row.step))
