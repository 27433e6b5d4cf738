"""Small policies, markets and books to plan for: round prices, no fees unless a test asks for them.

BTC costs 100 and ETH 10, spot and future alike, so every number can be checked by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import parse_instant
from rebalancer.model.instrument import Instrument, InstrumentKind, MarginTier
from rebalancer.model.market import Bars, Market
from rebalancer.model.plan import Order, Plan, RegimeLine, Trade
from rebalancer.planner.case import Case, build_case, trade_rules
from rebalancer.planner.exposure import Exposure, measure_exposure
from rebalancer.planner.limits import Facts, gather_facts, limit_table
from rebalancer.planner.plan_books import build_request_layout, stack_holdings
from rebalancer.planner.reading import read_book
from rebalancer.planner.request import PlanRequest, latest_marks
from rebalancer.planner.wanted import build_wanted
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from rebalancer.targets.build import build_targets

Floats = NDArray[np.float64]

AS_OF_US = parse_instant("2024-01-01")
PRICES = {
    "BTC/USDT": "100",
    "BTC/USDT:USDT": "100",
    "BTC/USD:BTC": "100",
    "ETH/USDT": "10",
    "ETH/USDT:USDT": "10",
}
ONE_TIER = (("0", "0.5%", "100"),)
BTC = "{BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT'}}"
BTC_AND_ETH = (
    "{BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT', share: 60%},"
    " ETH: {spot: ETH/USDT, future: 'ETH/USDT:USDT', share: 40%}}"
)
BTC_COIN = "{BTC: {spot: BTC/USDT, future: 'BTC/USD:BTC'}}"
WHOLE_LEGS = "execution: {max_leg_imbalance: 100%}"
"""A corridor so wide that legs are sent whole, for tests of other things than clips."""


def percent(text: str) -> Decimal:
    """The fraction that `0.5%` names."""
    return Decimal(text.removesuffix("%")) / 100


def spot_pair(
    base: str, *, step: str = "0.001", min_cost: str = "0", fee: str = "0%"
) -> Instrument:
    """A spot pair against USDT whose smallest order is one step."""
    return Instrument(
        symbol=f"{base}/USDT",
        kind=InstrumentKind.SPOT,
        base=base,
        quote="USDT",
        amount_step=Decimal(step),
        min_amount=Decimal(step),
        min_cost=Decimal(min_cost),
        price_step=Decimal("0.01"),
        taker_fee=percent(fee),
        maker_fee=percent(fee),
    )


def perpetual(
    base: str,
    *,
    step: str = "0.001",
    min_cost: str = "0",
    fee: str = "0%",
    leverage: str | None = None,
    tiers: Sequence[tuple[str, str, str]] = ONE_TIER,
) -> Instrument:
    """A linear perpetual whose tiers are (from, maintenance, max_leverage)."""
    return Instrument(
        symbol=f"{base}/USDT:USDT",
        kind=InstrumentKind.PERPETUAL,
        base=base,
        quote="USDT",
        amount_step=Decimal(step),
        min_amount=Decimal(step),
        min_cost=Decimal(min_cost),
        price_step=Decimal("0.01"),
        taker_fee=percent(fee),
        maker_fee=percent(fee),
        settle="USDT",
        leverage=None if leverage is None else Decimal(leverage),
        margin_tiers=tuple(
            MarginTier(Decimal(floor), percent(rate), Decimal(most)) for floor, rate, most in tiers
        ),
    )


def inverse(
    base: str,
    *,
    contract_size: str = "1",
    step: str = "1",
    fee: str = "0%",
    leverage: str | None = None,
    tiers: Sequence[tuple[str, str, str]] = ONE_TIER,
) -> Instrument:
    """An inverse perpetual in contracts of some dollars, margined in its own coin."""
    return replace(
        perpetual(base, step=step, fee=fee, leverage=leverage, tiers=tiers),
        symbol=f"{base}/USD:{base}",
        quote="USD",
        settle=base,
        contract_size=Decimal(contract_size),
    )


def dated(base: str, day: str, *, step: str = "0.001", fee: str = "0%") -> Instrument:
    """A linear future that expires on a day like `2024-03-29`, at eight in the morning."""
    return replace(
        perpetual(base, step=step, fee=fee),
        symbol=f"{base}/USDT:USDT-{day[2:].replace('-', '')}",
        kind=InstrumentKind.FUTURE,
        expiry_us=parse_instant(f"{day}T08:00Z"),
    )


def market_of(*instruments: Instrument, prices: Mapping[str, str] = PRICES) -> Market:
    """A market of one row per priced symbol, stamped at the plan's time."""
    every = (spot_pair("BTC"), perpetual("BTC"), spot_pair("ETH"), perpetual("ETH"), *instruments)
    by_symbol = {each.symbol: each for each in every}
    return Market(
        by_symbol,
        "2024-01-01",
        bars={symbol: bars_of(prices[symbol]) for symbol in by_symbol if symbol in prices},
    )


def bars_of(price: str, time_us: int = AS_OF_US) -> Bars:
    """One row: a bar that opened and closed at one price."""
    value = np.array([float(price)])
    return Bars(np.array([time_us]), value, value, value, value)


def policy_of(  # noqa: PLR0913  -- the keys of a policy, each with a quiet default
    sleeves: str,
    targets: str,
    *,
    assets: str = BTC,
    hedges: str = "[]",
    limits: str = "{}",
    stress: str = "",
    rebalance: str = "band: 0%",
    more: str = "",
) -> Policy:
    """The policy of one regime that these pieces of YAML make; a `cash` sleeve is there already."""
    text = f"""
rebalancer: 1
name: small
quote: USDT
assets: {assets}
sleeves: {{{sleeves}, cash: {{kind: cash}}}}
regimes: {{only: {{targets: {{{targets}}}, hedges: {hedges}}}}}
initial_regime: only
limits: {limits}
rebalance: {{every: 1w, {rebalance}}}
{f"stress: {{price_move: {stress}}}" if stress else ""}
{more}
"""
    policy, findings = read_policy(text.encode(), "small.yaml")
    assert policy is not None, [str(finding) for finding in findings]
    return policy


def book_of(
    *positions: tuple[str, str, str],
    wallet: str | None = None,
    coin_wallet: str | None = None,
    account: Account = Account.SEPARATE,
    **spot: str,
) -> Book:
    """A book of coins, a USDT and a BTC wallet and (symbol, contracts, entry) positions."""
    wallets = {"USDT": wallet, "BTC": coin_wallet}
    return Book(
        as_of_us=AS_OF_US,
        account=account,
        spot={coin: Decimal(amount) for coin, amount in spot.items()},
        wallets={coin: Decimal(held) for coin, held in wallets.items() if held is not None},
        positions=tuple(
            Position(symbol, Decimal(contracts), Decimal(entry))
            for symbol, contracts, entry in positions
        ),
    )


def plan_of(
    policy: Policy, book: Book, *, market: Market | None = None, as_of_us: int = AS_OF_US
) -> Plan:
    """The plan of one book at the small market's time."""
    return plans_of(policy, [book], market=market, as_of_us=as_of_us)[0]


def plans_of(
    policy: Policy,
    books: Sequence[Book],
    *,
    market: Market | None = None,
    as_of_us: int = AS_OF_US,
) -> tuple[Plan, ...]:
    """The plans of a batch of books."""
    known = market or market_of()
    history = prepare(policy, known, as_of_us=as_of_us)
    return decide(policy, known, history=history, books=books, moment=Moment(as_of_us))


def request_of(policy: Policy, market: Market | None = None) -> PlanRequest:
    """What a plan of the policy's first regime is asked for, without signals and funding."""
    known = market or market_of()
    regime = policy.regimes[0]
    settle = {name: str(each.settle) for name, each in known.instruments.items() if each.settle}
    return PlanRequest(
        policy=policy,
        regime=regime,
        targets=build_targets(policy, regime, settle=settle),
        regime_line=RegimeLine(regime.name, AS_OF_US, "the initial regime", AS_OF_US),
        instruments=known.instruments,
        instruments_as_of=known.instruments_as_of,
        marks=latest_marks(known, known.bars, as_of_us=AS_OF_US, prices={}),
        funding_apr={},
        as_of_us=AS_OF_US,
        observed_us=AS_OF_US,
    )


def case_of(policy: Policy, *books: Book, market: Market | None = None) -> Case:
    """The batch of books that the planner's arrays hold; all of one kind of account."""
    request, regime = request_of(policy, market), policy.regimes[0]
    readings = [read_book(request, book) for book in books]
    held = tuple(dict.fromkeys(symbol for reading in readings for symbol in reading.extra))
    layout = build_request_layout(request, account=books[0].account, extra=held)
    return build_case(
        layout,
        stack_holdings(layout, readings),
        prices=np.array([[float(request.marks[symbol]) for symbol in layout.symbols]]),
        wanted=build_wanted(request.targets, layout, band=float(policy.rebalance.band)),
        table=limit_table(request.regime.limits, layout),
        rules=trade_rules(policy, regime.limits),
    )


def facts_of(case: Case) -> Facts:
    """What the limits read of a case's books as they are."""
    exposure = measure_exposure(case.holdings, case.marks, layout=case.layout)
    return gather_facts(exposure, case.layout, scale=case.nav)


def linear_exposure(coin: Floats, future: Floats, *, margin: Floats, nav: Floats) -> Exposure:
    """Books whose futures are all linear: what a position gains is its notional."""
    one = np.ones((1, future.shape[1]))
    return Exposure(coin=coin, future=future, gain=future, margin=margin, nav=nav, coin_price=one)


def sent(plan: Plan) -> list[str]:
    """A plan's trades as short lines: `sell 0.5 BTC/USDT`, `send 12.34 USDT to futures`."""
    return [_line(trade) for trade in plan.trades]


def _line(trade: Trade) -> str:
    if isinstance(trade, Order):
        return f"{trade.side} {trade.amount.normalize():f} {trade.symbol}"
    digits = 2 if trade.coin == "USDT" else 8
    return f"send {trade.amount:.{digits}f} {trade.coin} to {trade.target}"
