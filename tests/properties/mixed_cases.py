"""Random cases that mix linear, inverse and dated contracts, coin wallets, huge and tiny lots."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.market import Market
from rebalancer.model.plan import BookAfter
from rebalancer.policy import read_policy
from tests.properties.random_cases import (
    AS_OF_US,
    COINS,
    PRICES,
    SPOT_STEPS,
    RandomCase,
    Rng,
    Rules,
    future_row,
    instrument_of,
    money,
    one_bar,
    plain_text,
    random_limits,
    random_shares,
    random_stress,
    random_target,
    spot_row,
    whole,
)

_DATED = "240329"
_KINDS = ("spot", "basis", "dollar", "short", "long", "synthetic")


def mixed_case(rng: Rng) -> RandomCase:
    """Return a random policy of one regime over contracts of every kind."""
    coins = COINS[: int(rng.integers(1, 4))]
    rules: Rules = {}
    prices: dict[str, float] = {}
    for coin in coins:
        spot = PRICES[coin] * float(np.exp(rng.normal(0, 0.3)))
        rules |= _rules_of(rng, coin)
        prices[f"{coin}/USDT"] = float(f"{spot:.6g}")
        for symbol in contracts_of(coin):
            spread = 0.02 if symbol.endswith(_DATED) else 0.004
            prices[symbol] = float(f"{spot * float(np.exp(rng.normal(0, spread))):.6g}")
    return RandomCase(
        policy=_mixed_policy(rng, coins),
        market=Market(
            {symbol: instrument_of(symbol, row) for symbol, row in rules.items()},
            "2024-01-01",
            bars={symbol: one_bar(price) for symbol, price in prices.items()},
        ),
        rules={"instruments": rules},
        marks={symbol: plain_text(price) for symbol, price in prices.items()},
        coins=coins,
    )


def contracts_of(coin: str) -> tuple[str, ...]:
    """Return the four contracts of a coin: linear and inverse, perpetual and dated."""
    linear, inverse = f"{coin}/USDT:USDT", f"{coin}/USD:{coin}"
    return linear, f"{linear}-{_DATED}", inverse, f"{inverse}-{_DATED}"


def _rules_of(rng: Rng, coin: str) -> Rules:
    rows = {f"{coin}/USDT": spot_row(rng, coin)}
    for symbol in contracts_of(coin):
        row = future_row(rng, coin)
        if symbol.endswith(_DATED):
            row |= {"kind": "future", "expiry": "2024-03-29T08:00:00Z"}
        if ":USDT" not in symbol:
            row |= _inverse_row(rng, coin)
        rows[symbol] = row
    return rows


def _inverse_row(rng: Rng, coin: str) -> dict[str, Any]:
    """Return what differs in a coin-margined contract: size in USD, tiers in coins."""
    floors = ["0", *(plain_text(float(f"{usd / PRICES[coin]:.3g}")) for usd in (5e4, 1e6, 1e7))]
    rates = (("0.4%", "125"), ("0.5%", "100"), ("1%", "50"), ("2.5%", "20"))
    return {
        "quote": "USD",
        "settle": coin,
        "contract_size": "100" if coin == "BTC" else "10",
        "amount_step": str(rng.choice(["1", "1", "10"])),
        "min_amount": "1",
        "min_cost": str(rng.choice(["0", "100"])),
        "margin_tiers": [
            {"from": floor, "maintenance": rate, "max_leverage": most}
            for floor, (rate, most) in zip(floors, rates, strict=True)
        ],
    }


def _mixed_policy(rng: Rng, coins: tuple[str, ...]) -> str:
    count = int(rng.integers(1, 5))
    kinds = [str(kind) for kind in rng.choice(_KINDS, size=count, replace=False)]
    weights = random_shares(rng, len(kinds) + 1, least=int(rng.choice([0, 2, 5])))
    lines = ["rebalancer: 1", "name: mixed", "quote: USDT", "assets:"]
    shares = random_shares(rng, len(coins), least=5)
    for coin, share in zip(coins, shares, strict=True):
        future = str(rng.choice(contracts_of(coin)[:2]))
        if rng.random() < 0.3:
            future = f"{{of: {coin}/USDT:USDT, roll: 7d}}"
        lines.append(f"  {coin}: {{spot: {coin}/USDT, future: {future}, share: {share}%}}")
    lines.append("sleeves:")
    lines += [f"  {kind}_sleeve: {_sleeve(rng, kind, coins)}" for kind in kinds]
    lines += ["  cash: {kind: cash}", "regimes:", "  only:", "    targets:"]
    for kind, weight in zip([*kinds, "cash"], weights, strict=True):
        name = "cash" if kind == "cash" else f"{kind}_sleeve"
        lines.append(f"      {name}: {random_target(rng, weight)}")
    lines += _mixed_hedge(rng, kinds, coins)
    lines += ["initial_regime: only", *_mixed_limits(rng), *random_stress(rng, coins)]
    band, to = rng.choice(["0%", "1%", "2%", "5%"]), rng.choice(["edge", "target"])
    lines += ["rebalance:", "  every: 1w", f"  band: {band}", f"  to: {to}"]
    lines.append(f"  min_trade: {rng.choice(['0', '25', '100'])}")
    lines += ["execution:", f"  max_leg_imbalance: {rng.choice(['1%', '5%', '5%', '20%'])}"]
    if rng.random() < 0.3:
        lines.append("  slippage: 5bp")
    return "\n".join(lines) + "\n"


def _sleeve(rng: Rng, kind: str, coins: tuple[str, ...]) -> str:
    if kind == "spot":
        return "{kind: spot}"
    leverage = rng.choice(["1", "1.5", "2", "3"])
    if kind == "dollar":
        futures = _override(rng, coins, (2, 3))
        return f"{{kind: basis, collateral: coin, future: {futures}}}"
    if kind == "basis":
        override = _override(rng, coins, (0, 1)) if rng.random() < 0.3 else ""
    else:
        override = _override(rng, coins, (0, 1, 2, 3)) if rng.random() < 0.6 else ""
    extra = f", future: {override}" if override else ""
    return f"{{kind: {kind}, leverage: {leverage}{extra}}}"


def _override(rng: Rng, coins: tuple[str, ...], choices: tuple[int, ...]) -> str:
    """Return contracts by asset, each one of its coin's four by number."""
    place = int(rng.choice(choices))
    return "{" + ", ".join(f"{coin}: {contracts_of(coin)[place]}" for coin in coins) + "}"


def _mixed_hedge(rng: Rng, kinds: list[str], coins: tuple[str, ...]) -> list[str]:
    if "spot" not in kinds or rng.random() < 0.5:
        return []
    contract = str(rng.choice(contracts_of(coins[0])))
    instrument = "own" if rng.random() < 0.6 else contract
    ratio, leverage = int(rng.integers(1, 10)) * 10, rng.choice(["1", "2", "3"])
    asked = f"{ratio}%"
    if rng.random() < 0.4:
        asked = f"{{target: {ratio}%, range: [{max(ratio - 15, 0)}%, {min(ratio + 10, 100)}%]}}"
    hedge = f"{{of: spot_sleeve, ratio: {asked}, with: {instrument}, leverage: {leverage}}}"
    return ["    hedges:", f"      - {hedge}"]


def _mixed_limits(rng: Rng) -> list[str]:
    choices = {
        "asset_weight": ["60%", "100%", "150%"],
        "turnover": ["10%", "30%", "100%"],
        "order_notional": ["50000", "250000", "5000000"],
    }
    own = [f"  {name}: {rng.choice(each)}" for name, each in choices.items() if rng.random() < 0.25]
    plain = random_limits(rng)
    return [*(plain or ["limits:"]), *own] if own or plain else []


def mixed_books(rng: Rng, case: RandomCase, count: int) -> list[Book]:
    """Return random books with coin wallets and positions of every kind, many outside limits.

    A quarter of them are at their targets but for the profit that their positions have made since:
    much of it must leave its wallet, and can leave only realised.
    """
    fresh = [_mixed_book(rng, case) for _ in range(count)]
    settled = [replace(book, account=Account.SEPARATE) for book in fresh[: count // 4]]
    policy, _ = read_policy(case.policy.encode(), "random.yaml")
    if policy is None or not settled:
        return fresh
    history = prepare(policy, case.market, as_of_us=AS_OF_US)
    plans = decide(policy, case.market, history=history, books=settled, moment=Moment(AS_OF_US))
    won = [
        _won(rng, case, book, after=plan.book_after)
        for book, plan in zip(settled, plans, strict=True)
    ]
    return won + fresh[count // 4 :]


def _won(rng: Rng, case: RandomCase, book: Book, *, after: BookAfter) -> Book:
    """Return the book after a plan, its positions won, a part of its wallets given out."""
    positions = []
    for symbol, contracts, _ in after.positions:
        moved = float(np.exp(abs(rng.normal(0, 0.8)) * (-1 if contracts > 0 else 1)))
        entry = Decimal(f"{float(case.marks[symbol]) * moved:.6g}")
        positions.append(Position(symbol, contracts, Decimal(format(entry, "f"))))
    kept = Decimal(f"{rng.uniform(0.3, 1):.2f}")
    wallets = {
        coin: (amount * kept).quantize(Decimal("0.01" if coin == "USDT" else "0.00000001"))
        for coin, amount in after.wallets
    }
    return replace(book, spot=dict(after.spot), wallets=wallets, positions=tuple(positions))


def _mixed_book(rng: Rng, case: RandomCase) -> Book:
    nav = float(10 ** rng.uniform(3, 8))
    parts = rng.dirichlet(np.full(2 * len(case.coins) + 2, rng.choice([0.3, 1.0, 5.0]))) * nav
    spot, wallets = {"USDT": money(parts[-1])}, {"USDT": money(parts[-2])}
    named = [symbol for symbol in case.market.instruments if _is_named(case.policy, symbol)]
    spread = float(rng.choice([0.05, 0.3, 1.0]))
    for place, coin in enumerate(case.coins):
        mark = float(case.marks[f"{coin}/USDT"])
        spot[coin] = whole(parts[2 * place] / mark, SPOT_STEPS[coin])
        has_wallet = any(symbol.startswith(f"{coin}/USD:") for symbol in named)
        if has_wallet and rng.random() < 0.8:
            coins = Decimal(f"{parts[2 * place + 1] / mark:.8f}")
            wallets[coin] = coins
    drawn = [_position(rng, case, symbol, size=spread * nav / 2) for symbol in named]
    positions = tuple(position for position in drawn if position)
    account = Account.UNIFIED if rng.random() < 0.3 else Account.SEPARATE
    return Book(AS_OF_US, account, spot, wallets, positions)


def _position(rng: Rng, case: RandomCase, symbol: str, *, size: float) -> Position | None:
    """Return a position of about `size`, or none; a third of them won or lost much."""
    row = case.rules["instruments"][symbol]
    if row["kind"] == "spot" or rng.random() < 0.5:
        return None
    mark = float(case.marks[symbol])
    per_contract = float(row["contract_size"]) * (mark if row["settle"] == "USDT" else 1.0)
    contracts = whole(rng.normal(0, size) / per_contract, row["amount_step"])
    if not contracts:
        return None
    moved = float(np.exp(rng.normal(0, 0.4 if rng.random() < 1 / 3 else 0.1)))
    return Position(symbol, contracts, Decimal(format(Decimal(f"{mark * moved:.6g}"), "f")))


def _is_named(policy: str, symbol: str) -> bool:
    """Return whether a policy trades a contract, by name or as the next one of its family."""
    if re.search(rf"(?<!of: ){re.escape(symbol)}(?![-\w])", policy):
        return True
    family, dated, _ = symbol.partition(f"-{_DATED}")
    return bool(dated) and f"{{of: {family}, roll" in policy
