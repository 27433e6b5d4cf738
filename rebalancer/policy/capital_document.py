"""Assets, sleeves, regimes and limits as a policy file spells them."""

from typing import Annotated

from pydantic import Field

from rebalancer.policy import fields
from rebalancer.policy.fields import Duration, FutureSymbol, Name, SpotSymbol, Weight
from rebalancer.policy.section import Section
from rebalancer.policy.short_form import ShortForm


class FutureDocument(Section):
    """A contract: a symbol, or the nearest dated one of a family with the time of its roll."""

    of: FutureSymbol | None = Field(description="A contract, or the family of dated contracts.")
    roll: Duration | None = Field(
        None, description="How long before expiry to move to the next contract."
    )


FutureForm = Annotated[FutureDocument, ShortForm("of", fields.FUTURE_SCHEMA)]


class AssetDocument(Section):
    """What a sleeve may hold of one coin."""

    spot: SpotSymbol | None = Field(None, description="The spot pair, such as BTC/USDT.")
    future: FutureForm | None = Field(None, description="The contract, such as BTC/USDT:USDT.")
    share: Weight | None = Field(None, description="The default split inside a sleeve.")


class SleeveDocument(Section):
    """A part of capital and what it holds."""

    kind: fields.SleeveKindWord | None = Field(
        description="spot, cash, basis (spot with a short), short, long or synthetic.",
        examples=["spot"],
    )
    leverage: fields.Ratio | None = Field(
        None, description="Futures notional over the margin it is given; 1 by default."
    )
    shares: dict[str, Weight | None] | None = Field(
        None, description="The split by asset, in place of the assets' own shares."
    )
    collateral: fields.CollateralWord | None = Field(
        None, description="What a basis sleeve puts up as margin; quote by default."
    )
    future: dict[str, FutureForm | None] | None = Field(
        None, description="Contracts by asset, in place of the assets' own."
    )


class AmountDocument(Section):
    """A target or a ratio with the range around it that is left alone."""

    target: Weight | None = Field(description="The share asked for.", examples=["60%"])
    range: fields.WeightRange | None = Field(
        None, description="The interval left alone, in place of the band."
    )


AmountForm = Annotated[AmountDocument, ShortForm("target", fields.WEIGHT_SCHEMA)]


class HedgeDocument(Section):
    """A short against the spot of a sleeve."""

    of: Name | None = Field(description="The sleeve whose spot is hedged.", examples=["core"])
    ratio: AmountForm | None = Field(
        description="How much of its spot value to short.", examples=["50%"]
    )
    with_: fields.HedgeInstrument | None = Field(
        alias="with",
        description="`own` for each asset's own future, or one symbol for all.",
        examples=["own"],
    )
    leverage: fields.Ratio | None = Field(
        None, description="Notional over the margin it is given; 1 by default."
    )
    beta: Duration | None = Field(
        None, description="Scale by the beta to the instrument over this window."
    )
    margin_from: Name | None = Field(
        None, description="The cash sleeve that pays the margin; the only one by default."
    )


class LimitsDocument(Section):
    """Numbers that hold at the target, after the plan and at every step of it."""

    gross_leverage: fields.Ratio | None = Field(
        None, description="Highest (spot + futures notional) / NAV."
    )
    net_exposure: fields.Exposure | None = Field(
        None, description="Lowest and highest net delta / NAV."
    )
    futures_leverage: fields.Ratio | None = Field(
        None, description="Highest futures notional / wallet equity, of any wallet."
    )
    margin_utilization: fields.Share | None = Field(
        None, description="Highest initial margin / wallet equity, of any wallet."
    )
    liquidation_distance: fields.Distance | None = Field(
        None, description="Smallest relative move of the marks that may liquidate a wallet."
    )
    asset_weight: fields.Ratio | None = Field(None, description="Highest delta of one asset / NAV.")
    turnover: fields.Ratio | None = Field(
        None, description="Highest half of traded notional / NAV of one plan."
    )
    order_notional: fields.PositiveMoney | None = Field(
        None, description="Largest single order, in the quote coin."
    )


class RegimeDocument(Section):
    """A mode of the policy: how capital is split while it lasts."""

    targets: dict[str, AmountForm | None] | None = Field(
        description="Shares of capital by sleeve; they sum to 100%.", examples=["{core: 100%}"]
    )
    hedges: list[HedgeDocument | None] | None = Field(None, description="Shorts against sleeves.")
    limits: LimitsDocument | None = Field(
        None, description="Limits of this regime; only tighter than the policy's."
    )
    min_dwell: Duration | None = Field(
        None, description="How long the regime stays, unless a transition is urgent."
    )
    description: fields.Text | None = Field(None, description="What the regime is for.")
