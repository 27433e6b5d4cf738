"""Signals, transforms and conditions as a policy file spells them."""

from pydantic import ConfigDict, Field

from rebalancer.policy import fields
from rebalancer.policy.compiled import Comparison, Connective, SourceKind, TransformKind
from rebalancer.policy.fields import (
    AnySymbol,
    Duration,
    FutureSymbol,
    Name,
    Operand,
    Share,
    SpotSymbol,
    Weight,
)
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import each
from rebalancer.policy.section import Section


class QuantileDocument(Section):
    """A quantile over a window."""

    window: Duration | None = Field(description="The window (t - D, t].", examples=["90d"])
    q: Weight | None = Field(description="Which quantile; 0.5 is the median.", examples=["90%"])


class AgainstDocument(Section):
    """A statistic of returns against another symbol's."""

    to: AnySymbol | None = Field(description="The other symbol.", examples=["BTC/USDT"])
    window: Duration | None = Field(description="The window (t - D, t].", examples=["90d"])


class TransformDocument(Section):
    """One transform: exactly one of these keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    mean: Duration | None = Field(None, description="The mean of the window.")
    median: Duration | None = Field(None, description="The median of the window.")
    min: Duration | None = Field(None, description="The lowest value of the window.")
    max: Duration | None = Field(None, description="The highest value of the window.")
    std: Duration | None = Field(None, description="The standard deviation (n - 1).")
    ema: Duration | None = Field(None, description="The exponential mean with this half-life.")
    quantile: QuantileDocument | None = Field(None, description="A quantile of the window.")
    zscore: Duration | None = Field(None, description="(x - mean) / standard deviation.")
    rank: Duration | None = Field(None, description="The share of the window that is at most x.")
    change: Duration | None = Field(None, description="x / x before - 1.")
    difference: Duration | None = Field(None, description="x - x before.")
    log_change: Duration | None = Field(None, description="ln(x / x before).")
    lag: Duration | None = Field(None, description="The value this long before.")
    drawdown: Duration | None = Field(None, description="x / highest - 1, never above zero.")
    rally: Duration | None = Field(None, description="x / lowest - 1, never below zero.")
    over_mean: Duration | None = Field(None, description="x / mean - 1.")
    days_since_low: Duration | None = Field(None, description="Days since the window's low.")
    days_since_high: Duration | None = Field(None, description="Days since the window's high.")
    volatility: Duration | None = Field(
        None, description="The volatility of log returns, annualised on 365 days."
    )
    beta: AgainstDocument | None = Field(None, description="Beta of returns to another symbol's.")
    correlation: AgainstDocument | None = Field(
        None, description="Correlation of returns with another symbol's."
    )

    @property
    def kinds(self) -> tuple[TransformKind, ...]:
        """The transforms that the file writes here; a sound document has one."""
        return tuple(kind for kind in TransformKind if kind in self.model_fields_set)


class SignalDocument(Section):
    """One number measured from the market: exactly one source, then transforms."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [str(kind)]} for kind in SourceKind],
            "dependentRequired": {"basis": ["over"], "over": ["basis"]},
        }
    )

    price: AnySymbol | None = Field(None, description="Source: the close of a symbol.")
    funding: FutureSymbol | None = Field(
        None, description="Source: a contract's funding rate, annualised simply."
    )
    basis: FutureSymbol | None = Field(
        None, description="Source: (future - spot) / spot; needs `over`."
    )
    over: SpotSymbol | None = Field(None, description="The spot pair a basis is measured over.")
    series: Name | None = Field(None, description="Source: a named series of the market folder.")
    portfolio: fields.PortfolioWord | None = Field(
        None, description="Source: a number of the portfolio at decision times."
    )
    apply: list[TransformDocument | None] | None = Field(
        None, description="Transforms, applied in this order."
    )
    cadence: Duration | None = Field(None, description="The spacing of observations.")
    max_age: Duration | None = Field(
        None, description="How long an observation counts; three cadences by default."
    )
    range: fields.NumberRange | None = Field(
        None, description="The lowest and highest value to assume in proofs."
    )

    @property
    def sources(self) -> tuple[SourceKind, ...]:
        """The sources that the file writes here; a sound document has one."""
        return tuple(kind for kind in SourceKind if kind in self.model_fields_set)


class ConditionDocument(Section):
    """A comparison of one signal, or conditions joined by `all`, `any` or `not`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [key]} for key in ("signal", *Connective)],
            "dependentRequired": {key: ["for"] for key in ("share", "coverage", "max_gap")},
        }
    )

    signal: Name | None = Field(None, description="The signal to compare.")
    above: Operand | None = Field(None, description="True above this number or signal.")
    at_least: Operand | None = Field(None, description="True at this number or signal, or above.")
    below: Operand | None = Field(None, description="True below this number or signal.")
    at_most: Operand | None = Field(None, description="True at this number or signal, or below.")
    between: fields.OperandPair | None = Field(
        None, description="True from the first to the second, both included."
    )
    outside: fields.OperandPair | None = Field(
        None, description="True below the first or above the second."
    )
    all: list["ConditionDocument | None"] | None = Field(
        None, json_schema_extra={"minItems": 1}, description="True when every part is true."
    )
    any: list["ConditionDocument | None"] | None = Field(
        None, json_schema_extra={"minItems": 1}, description="True when some part is true."
    )
    not_: "ConditionDocument | None" = Field(
        None, alias="not", description="True when the part is false."
    )
    for_: Duration | None = Field(
        None, alias="for", description="How long it must have held without a break."
    )
    share: Share | None = Field(
        None, description="The part of the known observations that must be true; all by default."
    )
    coverage: Share | None = Field(
        None, description="The part of `for` that observations must cover; 90% by default."
    )
    max_gap: fields.Count | None = Field(
        None, description="The longest gap, in intervals, that does not break `for`; 3 by default."
    )

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The comparisons that the file writes here; a sound leaf has one."""
        return tuple(kind for kind in Comparison if kind in self.model_fields_set)

    @property
    def connectives(self) -> tuple[Connective, ...]:
        """The connectives that the file writes here; a sound composite has one."""
        names = {name.rstrip("_") for name in self.model_fields_set}
        return tuple(kind for kind in Connective if kind in names)

    @property
    def parts(self) -> tuple[tuple[Route, "ConditionDocument"], ...]:
        """The conditions right inside this one that could be read, each with the way to it."""
        inner: list[tuple[Route, ConditionDocument]] = []
        for name, items in (("all", self.all), ("any", self.any)):
            inner += [((name, position), part) for position, part in each(items)]
        return (*inner, *(((("not",), self.not_),) if self.not_ else ()))
