"""The policy document: every key a policy file may have, as the file spells it.

A value is None where the file leaves it out, or where it could not be read and a finding says so.
The descriptions are what an editor shows while a policy is written.
"""

from pydantic import Field

from rebalancer.policy import fields
from rebalancer.policy.capital_document import (
    AssetDocument,
    LimitsDocument,
    RegimeDocument,
    SleeveDocument,
)
from rebalancer.policy.fields import Duration, Name, Weight
from rebalancer.policy.section import Section
from rebalancer.policy.signal_document import ConditionDocument, SignalDocument


class TransitionDocument(Section):
    """A step from one regime to another."""

    name: fields.Title | None = Field(
        description="What happened, as plans will say it.", examples=["premium pays"]
    )
    from_: fields.Names | None = Field(
        alias="from", description="The regime it leaves, or a list of them.", examples=["calm"]
    )
    to: Name | None = Field(description="The regime it enters.", examples=["defensive"])
    when: ConditionDocument | None = Field(
        description="The condition that fires it.",
        examples=["{signal: funding_apr, above: 10%}"],
    )
    urgent: fields.Boolean | None = Field(
        None, description="Tried at every observation, not only at calendar times."
    )


class StressDocument(Section):
    """Moves after which limits still hold."""

    price_move: dict[str, fields.PriceMove | None] | None = Field(
        json_schema_extra=fields.COINS,
        description="Lowest and highest move by asset.",
        examples=["{BTC: [-35%, 40%]}"],
    )


class RebalanceDocument(Section):
    """The calendar, and when a drift is worth a trade."""

    every: fields.CalendarStep | None = Field(
        description="The calendar's step: hours, days or weeks from Monday 1970-01-05.",
        examples=["1w"],
    )
    on: fields.CalendarMoment | None = Field(
        None, description="The UTC time on the calendar; `monday 00:00` for weeks, else `00:00`."
    )
    band: Weight | None = Field(None, description="The drift left alone, as a share of NAV.")
    to: fields.TradeToWord | None = Field(
        None, description="Where a breach of the band is traded back to."
    )
    min_trade: fields.Money | None = Field(
        None, description="The smallest order worth sending, in the quote coin."
    )
    on_breach: fields.OnBreachWord | None = Field(
        None, description="Whether a broken limit waits for the calendar."
    )


class ExecutionDocument(Section):
    """What trading is assumed to cost and how far legs may drift apart."""

    slippage: Weight | None = Field(None, description="A reserve on every trade's notional.")
    max_leg_imbalance: Weight | None = Field(
        None, description="How far an asset's delta may stray while legs are traded; 5% by default."
    )
    price_collar: fields.PriceCollar | None = Field(
        None,
        description="Refuse a price further than this from the previous close; none by default.",
    )


class DataDocument(Section):
    """How old data may be."""

    max_age: Duration | None = Field(None, description="The oldest a price may be; 2d by default.")
    when_stale: fields.WhenStaleWord | None = Field(
        None, description="What a plan does on stale data; reduce_only by default."
    )


class VerifyDocument(Section):
    """What proofs assume and which refuted claims are accepted."""

    nav: fields.MoneyRange | None = Field(
        None, description="The lowest and highest NAV to prove for."
    )
    accept: dict[str, fields.Text | None] | None = Field(
        None, description="Refuted claims that are accepted, each with its reason."
    )


class PolicyDocument(Section):
    """A policy: how a spot and futures portfolio is split, when that changes, and its limits."""

    rebalancer: fields.Version | None = Field(
        description="The version of the policy language.", examples=["1"]
    )
    name: Name | None = Field(description="The policy's name.", examples=["core"])
    description: fields.Text | None = Field(None, description="What the policy is for.")
    quote: fields.Coin | None = Field(
        description="The unit of account; weights are shares of NAV in it.", examples=["USDT"]
    )
    assets: dict[str, AssetDocument | None] | None = Field(
        json_schema_extra=fields.COINS,
        description="What sleeves may hold.",
        examples=["{BTC: {spot: BTC/USDT}}"],
    )
    signals: dict[str, SignalDocument | None] | None = Field(
        None, json_schema_extra=fields.NAMED, description="Numbers measured from the market."
    )
    sleeves: dict[str, SleeveDocument | None] | None = Field(
        json_schema_extra=fields.NAMED,
        description="Parts of capital.",
        examples=["{core: {kind: spot}}"],
    )
    regimes: dict[str, RegimeDocument | None] | None = Field(
        json_schema_extra=fields.NAMED,
        description="Splits of capital by sleeve.",
        examples=["{calm: {targets: {core: 100%}}}"],
    )
    initial_regime: Name | None = Field(
        description="The regime that history starts in.", examples=["calm"]
    )
    transitions: list[TransitionDocument | None] | None = Field(
        None, description="Tried in this order; the first whose `when` is true wins."
    )
    limits: LimitsDocument | None = Field(
        None, description="Numbers that hold at the target, after the plan and at every step."
    )
    stress: StressDocument | None = Field(
        None, description="Moves after which leverage and exposure still hold."
    )
    rebalance: RebalanceDocument | None = Field(
        description="The calendar and the band.", examples=["{every: 1w}"]
    )
    execution: ExecutionDocument | None = Field(None, description="How trades are sent.")
    data: DataDocument | None = Field(None, description="The oldest data to plan on.")
    unmanaged: fields.UnmanagedWord | None = Field(
        None, description="What to do with holdings that the policy does not name."
    )
    verify: VerifyDocument | None = Field(None, description="Settings of proofs.")
