"""Small histories to run policies over: daily bars from Monday 2024-01-01 on, opens by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import DAY_US, parse_instant
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, FundingHistory, Market
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.small_plans import perpetual, spot_pair

Floats = NDArray[np.float64]

FIRST_US = parse_instant("2024-01-01")
"""The close of the first bar: a Monday."""

BTC_SPOT = replace(spot_pair("BTC"), taker_fee=Decimal("0.001"))
BTC_SWAP = replace(perpetual("BTC"), taker_fee=Decimal("0.0005"))


def day(number: float) -> int:
    """The time so many days after the first bar."""
    return FIRST_US + round(number * DAY_US)


def daily(
    closes: Sequence[float],
    *,
    opens: Sequence[float] | None = None,
    highs: Sequence[float] | None = None,
    lows: Sequence[float] | None = None,
    first_us: int = FIRST_US,
    step_us: int = DAY_US,
) -> Bars:
    """Bars that each open where the one before closed, unless said otherwise."""
    close = np.array(closes, dtype=np.float64)
    start = np.concatenate([close[:1], close[:-1]]) if opens is None else np.array(opens, float)
    high = np.maximum(start, close) if highs is None else np.array(highs, float)
    low = np.minimum(start, close) if lows is None else np.array(lows, float)
    return Bars(first_us + step_us * np.arange(len(close)), start, high, low, close)


def funding(rates: Mapping[float, float], *, hours: float = 8.0) -> FundingHistory:
    """Funding rates by day number."""
    times = np.array([day(number) for number in sorted(rates)], dtype=np.int64)
    rate = np.array([rates[number] for number in sorted(rates)])
    return FundingHistory(times, rate, np.full(len(rate), hours))


def market_of(
    *instruments: Instrument,
    bars: Mapping[str, Bars],
    funded: Mapping[str, FundingHistory] | None = None,
) -> Market:
    known = {one.symbol: one for one in (instruments or (BTC_SPOT, BTC_SWAP))}
    return Market(known, "2024-01-01", bars=bars, funding=funded or {})


def btc_market(closes: Sequence[float], *, rates: Mapping[float, float] | None = None) -> Market:
    """BTC, spot and perpetual at one price, with funding that is not missing."""
    bars = daily(closes)
    known = {float(number) / 3: 0.0 for number in range(-2, 3 * len(closes))} | dict(rates or {})
    return market_of(
        bars={"BTC/USDT": bars, "BTC/USDT:USDT": bars},
        funded={"BTC/USDT:USDT": funding(known)},
    )


def policy_of(
    sleeves: str,
    targets: str,
    *,
    assets: str = "{BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT'}}",
    limits: str = "{}",
    rebalance: str = "every: 1w",
    more: str = "",
) -> Policy:
    """The policy of one regime that these pieces of YAML make; a `cash` sleeve is there already."""
    text = f"""
rebalancer: 1
name: small
quote: USDT
assets: {assets}
sleeves: {{{sleeves}, cash: {{kind: cash}}}}
regimes: {{only: {{targets: {{{targets}}}}}}}
initial_regime: only
limits: {limits}
rebalance: {{{rebalance}}}
{more}
"""
    policy, findings = read_policy(text.encode(), "small.yaml")
    assert policy is not None, [str(finding) for finding in findings]
    return policy


IDLE = policy_of("core: {kind: spot}", "cash: 100%", rebalance="every: 52w, on: thursday 00:00")
"""Never decides within the first weeks of 2024: what a book does, it does by itself."""


def book_of(
    *positions: tuple[str, str, str],
    wallets: Mapping[str, str] | None = None,
    account: Account = Account.SEPARATE,
    **spot: str,
) -> Book:
    return Book(
        as_of_us=FIRST_US,
        account=account,
        spot={coin: Decimal(amount) for coin, amount in spot.items()},
        wallets={coin: Decimal(amount) for coin, amount in (wallets or {}).items()},
        positions=tuple(
            Position(symbol, Decimal(contracts), Decimal(entry))
            for symbol, contracts, entry in positions
        ),
    )


def run_of(
    policy: Policy,
    market: Market,
    *,
    book: Book | None = None,
    fill: FillRule = FillRule.NEXT_OPEN,
) -> Evaluation:
    """The evaluation of 100,000 in cash, or of a book, over the whole market."""
    return evaluate(policy, market, book=book or book_of(USDT="100000"), fill=fill)


def closes_accounts(evaluation: Evaluation) -> bool:
    """Whether start NAV and the attribution make end NAV, to 1e-9 of NAV."""
    found = evaluation.attribution
    gained = found.spot + found.futures + found.funding
    paid = found.fees + found.slippage + found.liquidation
    return abs(found.start_nav + gained - paid - found.end_nav) <= 1e-9 * abs(found.start_nav)
