"""Small markets and policies, built from numbers that a reader can follow."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np

from rebalancer.model.instant import DAY_US, WEEK_US, parse_duration, parse_instant
from rebalancer.model.market import Bars, FundingHistory, Market, Series, Times
from rebalancer.policy.compiled import (
    Comparison,
    Condition,
    Leaf,
    Limits,
    Operand,
    Policy,
    Rebalance,
    Regime,
    Signal,
    SignalReference,
    Source,
    SourceKind,
    Timing,
    Transform,
    TransformKind,
    Transition,
    Unmanaged,
    WhenStale,
)

MONDAY = parse_instant("2024-01-01")
MARKET_OF = "2024-01-01"


def days(*numbers: float) -> Times:
    """Times so many days after Monday 2024-01-01."""
    return np.array([MONDAY + round(number * DAY_US) for number in numbers], dtype=np.int64)


def bars(time_us: Times, closes: Iterable[float]) -> Bars:
    close = np.array(list(closes), dtype=np.float64)
    return Bars(time_us, close, close, close, close)


def price_market(time_us: Times, closes: Iterable[float], symbol: str = "BTC/USDT") -> Market:
    return Market({}, MARKET_OF, bars={symbol: bars(time_us, closes)})


def funding_market(
    time_us: Times, rates: Iterable[float], hours: Iterable[float], symbol: str = "BTC/USDT:USDT"
) -> Market:
    history = FundingHistory(time_us, np.array(list(rates)), np.array(list(hours), dtype=float))
    return Market({}, MARKET_OF, funding={symbol: history})


def series_market(**values: tuple[Times, Sequence[float]]) -> Market:
    rows = {name: Series(times, np.array(numbers)) for name, (times, numbers) in values.items()}
    return Market({}, MARKET_OF, series=rows)


def series_signal(
    name: str, *, cadence_us: int | None = None, max_age_us: int | None = None
) -> Signal:
    source = Source(SourceKind.SERIES, name)
    return Signal(name, source, cadence_us=cadence_us, max_age_us=max_age_us)


def price_signal(
    kind: TransformKind, window: str, *, q: str | None = None, to: str | None = None
) -> Signal:
    quantile = None if q is None else Decimal(q)
    transform = Transform(kind, parse_duration(window), quantile, to)
    return Signal("measured", Source(SourceKind.PRICE, "BTC/USDT"), (transform,))


def leaf(signal: str, comparison: Comparison, *operands: str, timing: Timing | None = None) -> Leaf:
    """A leaf against decimals, or against the signals named with a leading `$`."""
    return Leaf(signal, comparison, tuple(map(_operand, operands)), timing)


def _operand(text: str) -> Operand:
    return SignalReference(text[1:]) if text.startswith("$") else Decimal(text)


def held(duration: str, *, share: str = "1", coverage: str = "0.9", max_gap: int = 3) -> Timing:
    return Timing(parse_duration(duration), Decimal(share), Decimal(coverage), max_gap)


def transition(
    name: str, source: str | tuple[str, ...], target: str, when: Condition, *, urgent: bool = False
) -> Transition:
    sources = (source,) if isinstance(source, str) else source
    return Transition(name, sources, target, when, urgent)


def policy_of(
    signals: Iterable[Signal],
    transitions: Iterable[Transition],
    *,
    regimes: Sequence[Regime] = (Regime("calm", ()), Regime("storm", ())),
    every_us: int = WEEK_US,
    offset_us: int = 0,
) -> Policy:
    """A policy that steps through regimes and holds nothing; the first regime is the initial."""
    return Policy(
        name="small",
        description="",
        quote="USDT",
        assets=(),
        signals=tuple(signals),
        sleeves=(),
        regimes=tuple(regimes),
        initial_regime=regimes[0].name,
        transitions=tuple(transitions),
        limits=Limits(),
        stress=(),
        rebalance=Rebalance(every_us, offset_us),
        slippage=Decimal(0),
        max_age_us=2 * DAY_US,
        when_stale=WhenStale.REDUCE_ONLY,
        unmanaged=Unmanaged.REFUSE,
        digest="sha256:0",
    )
