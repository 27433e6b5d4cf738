"""What a plan is asked for: a policy's regime at a time, and the market's marks and rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from rebalancer.errors import UsageError
from rebalancer.model.decimals import from_float
from rebalancer.model.instant import format_duration
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Market, rows_until
from rebalancer.model.plan import RegimeLine
from rebalancer.model.rates import funding_apr
from rebalancer.model.target_parts import RegimeTargets
from rebalancer.planner.layout import policy_symbols
from rebalancer.policy.compiled import Policy, Regime
from rebalancer.policy.resolve_contracts import ResolvedPolicy


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """When to decide, and what the caller sets by hand instead of the market.

    `regime` names the regime to plan for (None: the replayed one); `prices` override closes.
    """

    as_of_us: int
    regime: str | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class PlanRequest:
    """Everything of a decision but the books.

    `policy` names its contracts as of then; `left` are those its families have rolled out of.
    `marks` are the latest closes at or before `as_of_us` by symbol, exact; a symbol without one
    had no row yet. `stale_signals` and `stale_prices` (by symbol) say in words which data is
    older than it may be, `notes` what else a reader of the plan should know. `funding_apr` is
    each contract's last observed rate, annualised simply. `previous` are the closes
    before the marks, by symbol.
    """

    policy: Policy
    regime: Regime
    targets: RegimeTargets
    regime_line: RegimeLine
    instruments: Mapping[str, Instrument]
    instruments_as_of: str
    marks: Mapping[str, Decimal]
    funding_apr: Mapping[str, float]
    as_of_us: int
    observed_us: int | None
    stale_signals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stale_prices: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    previous: Mapping[str, Decimal] = field(default_factory=dict)


def build_request(
    rolled: ResolvedPolicy,
    market: Market,
    *,
    moment: Moment,
    symbols: frozenset[str],
    line: RegimeLine,
    targets: RegimeTargets,
) -> PlanRequest:
    """Return the request of a moment, read off rows stamped at or before it.

    `symbols` are those that the policy or any book names; raises UsageError where a price is set
    by hand for another. Stale signals are the caller's to add: it knows their history.
    """
    policy = rolled.policy
    for symbol in moment.prices:
        if symbol not in symbols:
            raise UsageError(
                f"price for `{symbol}`: neither policy `{policy.name}` nor a book names it"
            )
    as_of_us = moment.as_of_us
    return PlanRequest(
        policy=policy,
        regime=policy.regime(line.name),
        targets=targets,
        regime_line=line,
        instruments=market.instruments,
        instruments_as_of=market.instruments_as_of,
        marks=latest_marks(market, symbols, as_of_us=as_of_us, prices=moment.prices),
        left=rolled.left,
        previous=previous_closes(market, symbols, as_of_us=as_of_us, by_hand=moment.prices),
        funding_apr=latest_funding_apr(market, symbols, as_of_us=as_of_us),
        as_of_us=as_of_us,
        observed_us=last_row_us(market, policy_symbols(policy), as_of_us=as_of_us),
        stale_prices=find_stale_prices(
            market, symbols - set(moment.prices), as_of_us=as_of_us, max_age_us=policy.max_age_us
        ),
    )


def latest_marks(
    market: Market, symbols: Iterable[str], *, as_of_us: int, prices: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Return the last close at or before a time by symbol, exact; `prices` override the market's.

    A symbol without a row by then is left out.
    """
    marks = {}
    for symbol in sorted(set(symbols)):
        if symbol in prices:
            marks[symbol] = prices[symbol]
        elif symbol in market.bars:
            bars = market.bars[symbol]
            count = rows_until(bars.time_us, as_of_us)
            if count:
                marks[symbol] = from_float(float(bars.close[count - 1]))
    return {symbol: mark for symbol, mark in marks.items() if symbol in market.instruments}


def previous_closes(
    market: Market, symbols: Iterable[str], *, as_of_us: int, by_hand: Iterable[str]
) -> dict[str, Decimal]:
    """Return the close before each symbol's mark, exact: the last one where the mark is by hand."""
    closes, overridden = {}, set(by_hand)
    for symbol in sorted(set(symbols) & set(market.bars)):
        bars = market.bars[symbol]
        count = rows_until(bars.time_us, as_of_us) - (symbol not in overridden)
        if count > 0:
            closes[symbol] = from_float(float(bars.close[count - 1]))
    return closes


def find_stale_prices(
    market: Market, symbols: Iterable[str], *, as_of_us: int, max_age_us: int
) -> dict[str, str]:
    """Return in words which prices are older than they may be; a symbol without rows is not."""
    notes = {}
    for symbol in sorted(set(symbols) & set(market.bars)):
        times = market.bars[symbol].time_us
        count = rows_until(times, as_of_us)
        if count and as_of_us - int(times[count - 1]) > max_age_us:
            age = format_duration(as_of_us - int(times[count - 1]))
            notes[symbol] = (
                f"price of `{symbol}` is {age} old, over `data.max_age` "
                f"of {format_duration(max_age_us)}"
            )
    return notes


def latest_funding_apr(
    market: Market, symbols: Iterable[str], *, as_of_us: int
) -> dict[str, float]:
    """Return each contract's last funding rate at or before a time as a simple rate a year."""
    rates = {}
    for symbol in set(symbols) & set(market.funding):
        funding = market.funding[symbol]
        count = rows_until(funding.time_us, as_of_us)
        if count:
            hours = float(funding.interval_hours[count - 1])
            rate = float(funding.rate[count - 1])
            rates[symbol] = float(funding_apr(rate, interval_hours=hours))
    return rates


def last_row_us(market: Market, symbols: Iterable[str], *, as_of_us: int) -> int | None:
    """Return the time of the last price row at or before a time, None where there is none."""
    times = []
    for symbol in set(symbols) & set(market.bars):
        stamped = market.bars[symbol].time_us
        count = rows_until(stamped, as_of_us)
        if count:
            times.append(int(stamped[count - 1]))
    return max(times, default=None)
