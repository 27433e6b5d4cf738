"""Small random cases for the judge: fine lots and small fees, so that money and limits decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import yaml

from rebalancer.model.book import Book
from rebalancer.model.instrument import Instrument, InstrumentKind, MarginTier
from rebalancer.model.market import Bars, Market
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.differential.judge.drawn_books import Rng, draw_book
from tests.oracle.arithmetic import FLOAT
from tests.oracle.checks import Oracle, make_oracle

AS_OF_US = 1_704_067_200_000_000

_MARKS = {"BTC": "41250.5", "ETH": "2290.25", "DOGE": "0.09125"}
_BASIS = ("0.996", "1", "1.002", "1.01")
_STEP = {"BTC": "0.000001", "ETH": "0.00001", "DOGE": "0.1"}
_KINDS = ("spot", "basis", "short", "long")


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """A policy of one regime, a market of one row and a book, with the oracle's view of them."""

    number: int
    text: str
    policy: Policy
    market: Market
    book: Book
    oracle: Oracle


def draw_case(seed: int, number: int) -> JudgedCase:
    """Return a case whose policy is valid; the same seed and number give the same case."""
    rng = np.random.default_rng([seed, number])
    coins = tuple(_MARKS)[: int(rng.integers(1, 4))]
    rules = {symbol: row for coin in coins for symbol, row in _rules(rng, coin).items()}
    marks = {symbol: mark for coin in coins for symbol, mark in _marks(rng, coin).items()}
    while True:
        text = _policy(rng, coins)
        policy, _ = read_policy(text.encode(), "judged.yaml")
        if policy is not None:
            break
    document = yaml.load(text, yaml.BaseLoader)  # noqa: S506  -- builds only text and containers
    oracle = make_oracle(document, "only", instruments=rules, marks=marks, arithmetic=FLOAT)
    market = Market(
        {symbol: _instrument(symbol, row) for symbol, row in rules.items()},
        "2024-01-01",
        bars={symbol: _one_bar(float(mark)) for symbol, mark in marks.items()},
    )
    return JudgedCase(
        number, text, policy, market, draw_book(rng, oracle, as_of_us=AS_OF_US), oracle
    )


def _marks(rng: Rng, coin: str) -> dict[str, str]:
    spot = Decimal(_MARKS[coin])
    future = (spot * Decimal(str(rng.choice(_BASIS)))).quantize(Decimal("0.00001"))
    return {f"{coin}/USDT": _MARKS[coin], f"{coin}/USDT:USDT": str(future)}


def _rules(rng: Rng, coin: str) -> dict[str, dict[str, Any]]:
    """Return rules whose leverage setting is under every tier's most for what a case can hold."""
    lots = {"amount_step": _STEP[coin], "min_amount": _STEP[coin], "min_cost": "0"}
    pair = {"base": coin, "quote": "USDT", "price_step": "0.00001", **lots}
    tiers = [("0", "0.5%", "100"), ("50000", "1%", "50"), ("500000", "2.5%", "20")]
    future = {
        **pair,
        "kind": "perpetual",
        "settle": "USDT",
        "taker_fee": "0.02%",
        "maker_fee": "0.01%",
        "leverage": str(rng.choice(["5", "10", "10", "20"])),
        "margin_tiers": [
            {"from": floor, "maintenance": rate, "max_leverage": most}
            for floor, rate, most in tiers
        ],
    }
    spot = {**pair, "kind": "spot", "taker_fee": "0.04%", "maker_fee": "0.02%"}
    return {f"{coin}/USDT": spot, f"{coin}/USDT:USDT": future}


def _instrument(symbol: str, row: dict[str, Any]) -> Instrument:
    tiers = tuple(
        MarginTier(
            Decimal(tier["from"]), _fraction(tier["maintenance"]), Decimal(tier["max_leverage"])
        )
        for tier in row.get("margin_tiers", ())
    )
    return Instrument(
        symbol=symbol,
        kind=InstrumentKind(row["kind"]),
        base=row["base"],
        quote=row["quote"],
        settle=row.get("settle"),
        amount_step=Decimal(row["amount_step"]),
        min_amount=Decimal(row["min_amount"]),
        min_cost=Decimal(row["min_cost"]),
        price_step=Decimal(row["price_step"]),
        taker_fee=_fraction(row["taker_fee"]),
        maker_fee=_fraction(row["maker_fee"]),
        leverage=Decimal(row["leverage"]) if "leverage" in row else None,
        margin_tiers=tiers,
    )


def _fraction(text: str) -> Decimal:
    return Decimal(text.removesuffix("%")) / 100


def _one_bar(price: float) -> Bars:
    value = np.array([price])
    return Bars(np.array([AS_OF_US]), value, value, value, value)


def _policy(rng: Rng, coins: Sequence[str]) -> str:
    """Return a policy of one regime; every weight is whole percents, so that sums are exact."""
    kinds = [str(kind) for kind in rng.choice(_KINDS, size=int(rng.integers(1, 4)), replace=False)]
    weights = _whole_percents(rng, len(kinds) + 1, least=5)
    lines = ["rebalancer: 1", "name: judged", "quote: USDT", "assets:"]
    for coin, share in zip(coins, _whole_percents(rng, len(coins), least=10), strict=True):
        lines.append(f"  {coin}: {{spot: {coin}/USDT, future: {coin}/USDT:USDT, share: {share}%}}")
    lines.append("sleeves:")
    for kind in kinds:
        leverage = "" if kind == "spot" else f", leverage: {rng.choice(['1', '1.5', '2', '3'])}"
        lines.append(f"  {kind}_sleeve: {{kind: {kind}{leverage}}}")
    lines += ["  cash: {kind: cash}", "regimes:", "  only:", "    targets:"]
    for kind, weight in zip(kinds, weights, strict=False):
        lines.append(f"      {kind}_sleeve: {_target(rng, weight)}")
    lines += [f"      cash: {weights[-1]}%", *_hedge(rng, kinds, coins), "initial_regime: only"]
    lines += [*_limits(rng), *_stress(rng, coins), "rebalance:", "  every: 1w"]
    return "\n".join([*lines, f"  band: {rng.choice(['1%', '2%', '5%'])}", ""])


def _whole_percents(rng: Rng, count: int, *, least: int) -> list[int]:
    """Return whole percents that sum to 100, each at least `least`."""
    free = 100 - least * count
    cuts = np.sort(rng.integers(0, free + 1, size=count - 1))
    parts = np.diff(np.concatenate([[0], cuts, [free]]))
    return [int(part) + least for part in parts]


def _target(rng: Rng, weight: int) -> str:
    if rng.random() < 0.15:
        low, high = max(0, weight - int(rng.integers(1, 10))), min(100, weight + 8)
        return f"{{target: {weight}%, range: [{low}%, {high}%]}}"
    return f"{weight}%"


def _hedge(rng: Rng, kinds: Sequence[str], coins: Sequence[str]) -> list[str]:
    if "spot" not in kinds or rng.random() < 0.6:
        return []
    future = "own" if rng.random() < 0.7 else f"{coins[0]}/USDT:USDT"
    ratio, leverage = int(rng.integers(1, 11)) * 10, rng.choice(["1", "2", "3"])
    row = f"{{of: spot_sleeve, ratio: {ratio}%, with: {future}, leverage: {leverage}}}"
    return ["    hedges:", f"      - {row}"]


def _limits(rng: Rng) -> list[str]:
    choices = {
        "gross_leverage": ["0.8", "1", "1.2", "1.5", "2"],
        "net_exposure": ["[-1%, 101%]", "[-5%, 60%]", "[-100%, 100%]", "[-2%, 80%]", "[0%, 100%]"],
        "futures_leverage": ["1", "1.5", "2", "3", "5"],
        "margin_utilization": ["15%", "30%", "60%", "90%"],
        "liquidation_distance": ["15%", "25%", "40%"],
        "asset_weight": ["40%", "60%"],
    }
    lines = [
        f"  {name}: {rng.choice(values)}" for name, values in choices.items() if rng.random() < 0.5
    ]
    return ["limits:", *lines] if lines else []


def _stress(rng: Rng, coins: Sequence[str]) -> list[str]:
    if rng.random() < 0.7:
        return []
    moves = [
        f"    {coin}: [{rng.choice(['-20%', '-35%'])}, {rng.choice(['20%', '40%'])}]"
        for coin in coins
    ]
    return ["stress:", "  price_move:", *moves]
