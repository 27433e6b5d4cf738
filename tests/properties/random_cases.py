"""Random policies, markets and books from a seed: many of them tight, coarse or already broken."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import parse_instant
from rebalancer.model.instrument import Instrument, InstrumentKind, MarginTier
from rebalancer.model.market import Bars, Market

AS_OF_US = 1_704_067_200_000_000
Rng = np.random.Generator
Rules = dict[str, dict[str, Any]]

COINS = ("BTC", "ETH", "DOGE")
PRICES = {"BTC": 42_137.3, "ETH": 2_281.07, "DOGE": 0.08913}
SPOT_STEPS = {"BTC": "0.00001", "ETH": "0.0001", "DOGE": "1"}
_FUTURE_STEPS = {"BTC": "0.001", "ETH": "0.01", "DOGE": "1"}


@dataclass(frozen=True, slots=True)
class RandomCase:
    """One policy as YAML, a market of one row, and the same rules and marks as plain text."""

    policy: str
    market: Market
    rules: Rules
    marks: dict[str, str]
    coins: tuple[str, ...]


def random_case(rng: Rng) -> RandomCase:
    """Return a random policy of one regime with the market it trades in."""
    coins = COINS[: int(rng.integers(1, 4))]
    rules = {symbol: row for coin in coins for symbol, row in _random_rules(rng, coin).items()}
    prices = {}
    for coin in coins:
        spot = PRICES[coin] * float(np.exp(rng.normal(0, 0.3)))
        prices[f"{coin}/USDT"] = float(f"{spot:.6g}")
        basis = float(np.exp(rng.normal(0, 0.004)))
        prices[f"{coin}/USDT:USDT"] = float(f"{spot * basis:.6g}")
    instruments = {symbol: instrument_of(symbol, row) for symbol, row in rules.items()}
    bars = {symbol: one_bar(price) for symbol, price in prices.items()}
    return RandomCase(
        policy=_random_policy(rng, coins),
        market=Market(instruments, "2024-01-01", bars=bars),
        rules={"instruments": rules},
        marks={symbol: plain_text(price) for symbol, price in prices.items()},
        coins=coins,
    )


def one_bar(price: float) -> Bars:
    """Return one row: a bar that opened and closed at one price."""
    value = np.array([price])
    return Bars(np.array([AS_OF_US]), value, value, value, value)


def plain_text(value: float) -> str:
    """Return a float without an exponent."""
    return format(Decimal(repr(value)), "f")


def _random_rules(rng: Rng, coin: str) -> Rules:
    return {f"{coin}/USDT": spot_row(rng, coin), f"{coin}/USDT:USDT": future_row(rng, coin)}


def spot_row(rng: Rng, coin: str) -> dict[str, Any]:
    """Return the rules of a coin's spot pair, as an instruments file writes them."""
    return {
        "kind": "spot", "base": coin, "quote": "USDT", "amount_step": SPOT_STEPS[coin],
        "min_amount": SPOT_STEPS[coin], "min_cost": str(rng.choice(["0", "5", "10"])),
        "price_step": "0.00001", "taker_fee": "0.1%", "maker_fee": "0.1%",
    }  # fmt: skip


def future_row(rng: Rng, coin: str) -> dict[str, Any]:
    """Return the rules of a coin's linear perpetual: fine or coarse lots, four margin tiers."""
    coarse = int(rng.choice([1, 1, 1, 10, 100]))
    cheap = rng.random() < 0.5
    step = format(Decimal(_FUTURE_STEPS[coin]) * coarse, "f")
    future: dict[str, Any] = {
        "kind": "perpetual", "base": coin, "quote": "USDT", "settle": "USDT",
        "contract_size": "1", "amount_step": step, "min_amount": step,
        "min_cost": "5" if cheap else "100", "price_step": "0.00001", "taker_fee": "0.05%",
        "maker_fee": "0.02%", "liquidation_fee": "1.25%",
        "margin_tiers": [
            {"from": "0", "maintenance": "0.5%", "max_leverage": "100"},
            {"from": "50000", "maintenance": "1%", "max_leverage": "50"},
            {"from": "1000000", "maintenance": "2.5%", "max_leverage": "20"},
            {"from": "10000000", "maintenance": "10%", "max_leverage": "5"},
        ],
    }  # fmt: skip
    if rng.random() < 0.3:
        future["leverage"] = str(rng.choice(["2", "5", "20"]))
    return future


def instrument_of(symbol: str, row: dict[str, Any]) -> Instrument:
    """Return the instrument that a row of an instruments file describes."""
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
        amount_step=Decimal(row["amount_step"]),
        min_amount=Decimal(row["min_amount"]),
        min_cost=Decimal(row["min_cost"]),
        price_step=Decimal(row["price_step"]),
        taker_fee=_fraction(row["taker_fee"]),
        maker_fee=_fraction(row["maker_fee"]),
        settle=row.get("settle"),
        contract_size=Decimal(row.get("contract_size", "1")),
        expiry_us=parse_instant(row["expiry"]) if "expiry" in row else None,
        liquidation_fee=_fraction(row.get("liquidation_fee", "0%")),
        leverage=Decimal(row["leverage"]) if "leverage" in row else None,
        margin_tiers=tiers,
    )


def _fraction(text: str) -> Decimal:
    return Decimal(text.removesuffix("%")) / 100


_KINDS = ("spot", "basis", "short", "long")


def _random_policy(rng: Rng, coins: tuple[str, ...]) -> str:
    """Return a policy of one regime; every number is whole percents, so that sums are exact."""
    kinds = [str(kind) for kind in rng.choice(_KINDS, size=int(rng.integers(1, 4)), replace=False)]
    weights = random_shares(rng, len(kinds) + 1, least=int(rng.choice([0, 2, 5])))
    shares = random_shares(rng, len(coins), least=5)
    leverages = {kind: str(rng.choice(["1", "1.5", "2", "3"])) for kind in kinds}
    lines = ["rebalancer: 1", "name: random", "quote: USDT", "assets:"]
    for coin, share in zip(coins, shares, strict=True):
        lines.append(f"  {coin}: {{spot: {coin}/USDT, future: {coin}/USDT:USDT, share: {share}%}}")
    lines.append("sleeves:")
    for kind in kinds:
        leverage = "" if kind == "spot" else f", leverage: {leverages[kind]}"
        lines.append(f"  {kind}_sleeve: {{kind: {kind}{leverage}}}")
    lines += ["  cash: {kind: cash}", "regimes:", "  only:", "    targets:"]
    for kind, weight in zip([*kinds, "cash"], weights, strict=True):
        name = "cash" if kind == "cash" else f"{kind}_sleeve"
        lines.append(f"      {name}: {random_target(rng, weight)}")
    lines += _random_hedge(rng, kinds, coins)
    lines += ["initial_regime: only", *random_limits(rng), *random_stress(rng, coins)]
    band, to = rng.choice(["0%", "1%", "2%", "5%"]), rng.choice(["edge", "target"])
    lines += ["rebalance:", "  every: 1w", f"  band: {band}", f"  to: {to}"]
    lines.append(f"  min_trade: {rng.choice(['0', '25', '100'])}")
    if rng.random() < 0.3:
        lines += ["execution:", "  slippage: 5bp"]
    return "\n".join(lines) + "\n"


def random_shares(rng: Rng, count: int, *, least: int) -> list[int]:
    """Return whole percents that sum to 100, each at least `least`."""
    free = 100 - least * count
    cuts = np.sort(rng.integers(0, free + 1, size=count - 1))
    parts = np.diff(np.concatenate([[0], cuts, [free]]))
    return [int(part) + least for part in parts]


def random_target(rng: Rng, weight: int) -> str:
    """Return a target, some with a range around it."""
    if rng.random() < 0.2:
        low, high = max(0, weight - int(rng.integers(0, 10))), min(100, weight + 8)
        return f"{{target: {weight}%, range: [{low}%, {high}%]}}"
    return f"{weight}%"


def _random_hedge(rng: Rng, kinds: list[str], coins: tuple[str, ...]) -> list[str]:
    if "spot" not in kinds or rng.random() < 0.6:
        return []
    instrument = "own" if rng.random() < 0.7 else f"{coins[0]}/USDT:USDT"
    ratio, leverage = int(rng.integers(1, 11)) * 10, rng.choice(["1", "2", "3"])
    return [
        "    hedges:",
        f"      - {{of: spot_sleeve, ratio: {ratio}%, with: {instrument}, leverage: {leverage}}}",
    ]


def random_limits(rng: Rng) -> list[str]:
    """Return the lines of random limits, none at all for some."""
    choices = {
        "gross_leverage": ["1", "1.2", "1.5", "2", "3"],
        "net_exposure": ["[-1%, 101%]", "[-5%, 60%]", "[-100%, 100%]", "[-2%, 80%]", "[0%, 100%]"],
        "futures_leverage": ["1", "1.5", "2", "3", "5"],
        "margin_utilization": ["15%", "30%", "60%", "90%"],
        "liquidation_distance": ["15%", "25%", "40%"],
    }
    lines = [
        f"  {name}: {rng.choice(values)}" for name, values in choices.items() if rng.random() < 0.6
    ]
    return ["limits:", *lines] if lines else []


def random_stress(rng: Rng, coins: tuple[str, ...]) -> list[str]:
    """Return the lines of a random stress box, none for half."""
    if rng.random() < 0.5:
        return []
    low, high = rng.choice(["-20%", "-35%", "-50%"]), rng.choice(["20%", "40%", "60%"])
    return ["stress:", "  price_move:", *(f"    {coin}: [{low}, {high}]" for coin in coins)]


def random_books(rng: Rng, case: RandomCase, count: int) -> list[Book]:
    """Return random books: most far from any target, many outside their limits."""
    return [_random_book(rng, case) for _ in range(count)]


def _random_book(rng: Rng, case: RandomCase) -> Book:
    nav = float(10 ** rng.uniform(3, 8))
    unified = rng.random() < 0.3
    parts = rng.dirichlet(np.full(len(case.coins) + 2, rng.choice([0.3, 1.0, 5.0]))) * nav
    spot = {"USDT": money(parts[-1])}
    positions = []
    spread = float(rng.choice([0.05, 0.3, 1.0]))
    for coin, value in zip(case.coins, parts, strict=False):
        spot[coin] = whole(value / float(case.marks[f"{coin}/USDT"]), SPOT_STEPS[coin])
        symbol = f"{coin}/USDT:USDT"
        mark, step = float(case.marks[symbol]), case.rules["instruments"][symbol]["amount_step"]
        contracts = whole(rng.normal(0, spread) * nav / mark, step)
        if contracts and rng.random() < 0.7:
            entry = Decimal(f"{mark * float(np.exp(rng.normal(0, 0.1))):.6g}")
            positions.append(Position(symbol, contracts, Decimal(format(entry, "f"))))
    account = Account.UNIFIED if unified else Account.SEPARATE
    return Book(AS_OF_US, account, spot, {"USDT": money(parts[-2])}, tuple(positions))


def money(value: float) -> Decimal:
    """Return an amount in cents."""
    return Decimal(f"{value:.2f}")


def whole(amount: float, step: str) -> Decimal:
    """Return whole steps of an amount."""
    return int(amount / float(step)) * Decimal(step)
