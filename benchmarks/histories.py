"""Generated markets, weekly policies and a book of cash: what runs over history are timed on."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from rebalancer.adapters.instruments_file import load_instruments
from rebalancer.model.book import Book
from rebalancer.model.instant import DAY_US, parse_instant
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, Floats, FundingHistory, Market, Times
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy

FOLDER = Path(__file__).parent / "three-assets"
FIRST_US = parse_instant("2019-01-07")
"""The close of the first bar: a Monday."""

HOUR_US = DAY_US // 24
DAYS = 1827
HOURS = 43_800
CAPITAL = 100_000
FEE = 0.001
SHARES: Mapping[str, int] = {"BTC": 50, "ETH": 30, "SOL": 20}
"""The assets and their share of the spot sleeve in percent."""

SEED = 20_190_107
_START = {"BTC": 40_000.0, "ETH": 2_000.0}
_SPREAD, _MOST_OUTSIDE = 0.04, 0.003


def build_market(rows: int, *, step_us: int = DAY_US, shares: Mapping[str, int] = SHARES) -> Market:
    """Return bars of every asset's spot and perpetual, and funding every eight hours."""
    random = np.random.default_rng(SEED)
    times = FIRST_US + step_us * np.arange(rows)
    paid = np.arange(FIRST_US, times[-1] + 1, DAY_US // 3)
    bars: dict[str, Bars] = {}
    funding: dict[str, FundingHistory] = {}
    for asset in shares:
        steps = random.normal(0, _SPREAD * np.sqrt(step_us / DAY_US), rows)
        close = _START.get(asset, 100.0) * np.exp(np.cumsum(steps))
        bars[f"{asset}/USDT"] = bars[f"{asset}/USDT:USDT"] = _bars(times, close)
        rate = random.normal(1e-4, 1e-4, len(paid))
        funding[f"{asset}/USDT:USDT"] = FundingHistory(paid, rate, np.full(len(paid), 8.0))
    return Market(_instruments(shares), "2023-12-31", bars=bars, funding=funding)


def _bars(times: Times, close: Floats) -> Bars:
    opened = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(opened, close) * (1 + _MOST_OUTSIDE)
    return Bars(times, opened, high, np.minimum(opened, close) * (1 - _MOST_OUTSIDE), close)


def _instruments(shares: Mapping[str, int]) -> dict[str, Instrument]:
    """Return the rules of `three-assets/`; an asset that is not there has those of SOL."""
    rules = load_instruments(FOLDER / "instruments.yaml").by_symbol
    found: dict[str, Instrument] = {}
    for asset in shares:
        for tail in ("/USDT", "/USDT:USDT"):
            rule = rules.get(asset + tail) or rules["SOL" + tail]
            found[asset + tail] = replace(rule, symbol=asset + tail, base=asset)
    return found


def build_policy(*, spot: Decimal = Decimal(80), shares: Mapping[str, int] = SHARES) -> Policy:
    """Return fixed weights, traded back to every Monday: `spot` percent of NAV by these shares.

    Every limit is on, the stress box too; no contract is held, though each asset has one.
    """
    assets = ", ".join(
        f"{asset}: {{spot: {asset}/USDT, future: '{asset}/USDT:USDT', share: {share}%}}"
        for asset, share in shares.items()
    )
    moves = ", ".join(f"{asset}: [-60%, 70%]" for asset in shares)
    return _read(f"""
rebalancer: 1
name: weekly
quote: USDT
assets: {{{assets}}}
sleeves: {{core: {{kind: spot}}, liquidity: {{kind: cash}}}}
regimes: {{only: {{targets: {{core: {spot}%, liquidity: {100 - spot}%}}}}}}
initial_regime: only
limits: {{gross_leverage: 1.25, net_exposure: [-1%, 101%], futures_leverage: 1.6,
         margin_utilization: 60%, liquidation_distance: 25%}}
stress: {{price_move: {{{moves}}}}}
rebalance: {{every: 1w, band: 0%, to: target}}
""")


def build_hedged_policy(*, core: Decimal = Decimal(40)) -> Policy:
    """Return the policy of `three-assets/`, which holds futures: funding, margin, transfers.

    `core` percent of NAV are spot without a hedge, and 85 with the hedged ones.
    """
    text = (FOLDER / "policy.yaml").read_text()
    targets = f"core: {core}%, hedged_yield: {85 - core}%"
    return _read(text.replace("core: 40%, hedged_yield: 45%", targets))


def _read(text: str) -> Policy:
    policy, findings = read_policy(text.encode(), "policy.yaml")
    if policy is None:
        raise ValueError("; ".join(str(finding) for finding in findings))
    return policy


def build_book() -> Book:
    """Return the capital, in cash."""
    return Book(as_of_us=FIRST_US, spot={"USDT": Decimal(CAPITAL)})
