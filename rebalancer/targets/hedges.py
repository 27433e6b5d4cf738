"""The parts of a regime's hedges: shorts of what sleeves hold in spot, paid from cash sleeves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rebalancer.model.beta import HedgedPair
from rebalancer.model.target_parts import Part, SizedShort
from rebalancer.policy.compiled import OWN, Hedge
from rebalancer.targets.beta_factor import BetaFactor, read_factor
from rebalancer.targets.context import (
    ONE,
    ZERO,
    Context,
    Scaled,
    scale_amount,
    spot_share,
)


@dataclass(frozen=True, slots=True)
class HedgeParts:
    """What the hedges of a regime ask for, what was scaled, and what nobody knows."""

    shorts: tuple[SizedShort, ...]
    futures: tuple[Part, ...]
    margin: tuple[Part, ...]
    warnings: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Leg:
    """One asset of a hedge: `weight` of spot and the contract that is shorted against it.

    `is_own` says that the contract is the asset's own, so that its short follows the coins that
    are held. `ratio` has the beta in it.
    """

    hedge: Hedge
    spot: str
    contract: str
    weight: Fraction
    is_own: bool
    beta: BetaFactor

    @property
    def label(self) -> str:
        return f"hedge of {self.hedge.of}"

    @property
    def ratio(self) -> Scaled:
        return scale_amount(self.hedge.ratio).times(self.beta.value)

    @property
    def margin(self) -> Scaled:
        return self.ratio.times(self.weight / Fraction(self.hedge.leverage))


def build_hedges(context: Context) -> HedgeParts:
    """Return the parts of a regime's hedges, scaled to what their cash sleeves can carry."""
    hedges = context.regime.hedges
    legs = [leg for hedge in hedges for leg in _legs(context, hedge)]
    carried = {
        cash: _carried_share(context, cash, legs=legs)
        for cash in dict.fromkeys(hedge.margin_from for hedge in hedges)
    }
    sized = [leg for leg in legs if not leg.ratio.is_nothing]
    return HedgeParts(
        shorts=tuple(_short(leg, carried) for leg in sized if leg.is_own),
        futures=tuple(_other_assets(sized, carried)),
        margin=tuple(_margin(context, leg, carried=carried) for leg in sized),
        warnings=tuple(_warnings(hedges, legs, carried=carried)),
        unknown=tuple(dict.fromkeys(leg.beta.unknown for leg in legs if leg.beta.unknown)),
    )


def _legs(context: Context, hedge: Hedge) -> Iterator[_Leg]:
    """Yield the assets that the hedged sleeve holds in spot, where the hedge asks for a short."""
    sleeve = context.policy.sleeve(hedge.of)
    capital = Fraction(context.amount_of(hedge.of).target) * spot_share(sleeve)
    if not capital or scale_amount(hedge.ratio).is_nothing:
        return
    for name, share in sleeve.shares:
        asset = context.policy.asset(name)
        contract = asset.future if hedge.instrument == OWN else hedge.instrument
        if asset.spot is None or contract is None or not share:
            continue
        yield _Leg(
            hedge=hedge,
            spot=asset.spot,
            contract=contract,
            weight=capital * Fraction(share),
            is_own=contract == asset.future or _coin(contract) == _coin(asset.spot),
            beta=_beta(context, hedge, pair=(asset.spot, contract)),
        )


def _coin(symbol: str) -> str:
    return symbol.partition("/")[0]


def _beta(context: Context, hedge: Hedge, *, pair: tuple[str, str]) -> BetaFactor:
    """Return the factor of a pair of spot and contract: 1 for a hedge that asks for no beta."""
    if hedge.beta_us is None:
        return BetaFactor()
    return read_factor(HedgedPair(*pair, hedge.beta_us), context.betas)


def _carried_share(context: Context, cash: str, *, legs: Sequence[_Leg]) -> Fraction:
    """Return the share of its hedges' margin that a cash sleeve's own weight can carry, ≤ 1."""
    asked = sum((leg.margin.target for leg in legs if leg.hedge.margin_from == cash), ZERO)
    return min(ONE, Fraction(context.amount_of(cash).target) / asked) if asked else ONE


def _short(leg: _Leg, carried: Mapping[str, Fraction]) -> SizedShort:
    """Return the short of an asset's own contract, in coins for each coin that is held."""
    ratio = leg.ratio.times(carried[leg.hedge.margin_from])
    return SizedShort(
        label=leg.label,
        source=leg.hedge.of,
        future=leg.contract,
        spot=leg.spot,
        ratio=ratio.target,
        is_basis=False,
        low=ratio.low,
        high=ratio.high,
        note=leg.beta.note,
    )


def _other_assets(legs: Sequence[_Leg], carried: Mapping[str, Fraction]) -> Iterator[Part]:
    """Yield for each hedge the one short that stands against other assets than its own."""
    for hedge in dict.fromkeys(leg.hedge for leg in legs):
        others = [leg for leg in legs if leg.hedge == hedge and not leg.is_own]
        held = sum((leg.weight * leg.beta.value for leg in others), ZERO)
        if held:
            notional = scale_amount(hedge.ratio).times(-held * carried[hedge.margin_from])
            note = "; ".join(leg.beta.note for leg in others if leg.beta.note)
            yield notional.as_part(others[0].label, hedge.instrument, note=note)


def _margin(context: Context, leg: _Leg, *, carried: Mapping[str, Fraction]) -> Part:
    margin = leg.margin.times(carried[leg.hedge.margin_from])
    return margin.as_part(leg.label, context.wallet_of(leg.contract))


def _warnings(
    hedges: Sequence[Hedge], legs: Sequence[_Leg], *, carried: Mapping[str, Fraction]
) -> Iterator[str]:
    yield from dict.fromkeys(leg.beta.warning for leg in legs if leg.beta.warning)
    for hedge in hedges:
        factor = carried[hedge.margin_from]
        if factor < 1:
            yield (
                f"hedge of `{hedge.of}` is scaled to {float(factor):.2%}: cash sleeve "
                f"`{hedge.margin_from}` cannot carry more margin"
            )
