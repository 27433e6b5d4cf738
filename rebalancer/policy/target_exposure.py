"""What a regime holds exactly at its targets, before fees and at a basis of zero."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rebalancer.policy.compiled import OWN, Hedge, Regime, Sleeve, SleeveKind
from rebalancer.policy.symbols import parse_symbol

Shares = defaultdict[str, Fraction]


def _zeros() -> Shares:
    return defaultdict(Fraction)


@dataclass(frozen=True, slots=True)
class TargetExposure:
    """Shares of NAV: spot by asset, signed futures notional by symbol, margin by settle coin."""

    spot: Shares = field(default_factory=_zeros)
    futures: Shares = field(default_factory=_zeros)
    margin: Shares = field(default_factory=_zeros)

    @property
    def gross_leverage(self) -> Fraction:
        """Return (spot + absolute futures notional) / NAV."""
        return _total(map(abs, (*self.spot.values(), *self.futures.values())))

    @property
    def net_exposure(self) -> Fraction:
        """Return net delta / NAV."""
        return _total((*self.spot.values(), *self.futures.values()))

    @property
    def futures_leverage(self) -> Fraction:
        """Return futures notional / margin of the worst wallet, 0 without contracts."""
        notional = _zeros()
        for symbol, value in self.futures.items():
            notional[_wallet(symbol)] += abs(value)
        held = [(coin, value) for coin, value in notional.items() if value]
        return max((value / self.margin[coin] for coin, value in held), default=Fraction())

    @property
    def asset_weight(self) -> Fraction:
        """Return the largest absolute delta of one coin / NAV."""
        delta = _zeros()
        for coin, value in self.spot.items():
            delta[coin] += value
        for symbol, value in self.futures.items():
            delta[parse_symbol(symbol).base] += value
        return max(map(abs, delta.values()), default=Fraction())


def expose_targets(
    regime: Regime, *, sleeves: Mapping[str, Sleeve], futures: Mapping[str, str]
) -> TargetExposure:
    """Return the exposure of a regime's targets, netted across its sleeves and hedges.

    `futures` are the assets' own contracts. Hedges that their cash sleeve cannot carry are scaled
    to what it can, as the planner does.
    """
    exposure = TargetExposure()
    weights = {name: Fraction(amount.target) for name, amount in regime.targets}
    for name, weight in weights.items():
        _add_sleeve(exposure, sleeves[name], weight=weight)
    margins = hedge_margins(regime, sleeves)
    for hedge in regime.hedges:
        cash, needed = weights[hedge.margin_from], margins[hedge.margin_from]
        scale = min(Fraction(1), cash / needed) if needed else Fraction(1)
        spot = _spot_of(sleeves[hedge.of], weights[hedge.of])
        _add_hedge(exposure, hedge, spot={a: v * scale for a, v in spot.items()}, futures=futures)
    return exposure


def hedge_margins(regime: Regime, sleeves: Mapping[str, Sleeve]) -> dict[str, Fraction]:
    """Return the margin that a regime's hedges ask of each cash sleeve, as a share of NAV."""
    weights = {name: Fraction(amount.target) for name, amount in regime.targets}
    margins = _zeros()
    for hedge in regime.hedges:
        spot = _total(_spot_of(sleeves[hedge.of], weights[hedge.of]).values())
        notional = Fraction(hedge.ratio.target) * spot
        margins[hedge.margin_from] += notional / Fraction(hedge.leverage)
    return margins


def _add_sleeve(exposure: TargetExposure, sleeve: Sleeve, *, weight: Fraction) -> None:
    futures, leverage = dict(sleeve.futures), Fraction(sleeve.leverage)
    spot = _spot_of(sleeve, weight)
    for asset, share in sleeve.shares:
        part = weight * Fraction(share)
        exposure.spot[asset] += spot.get(asset, Fraction())
        match sleeve.kind:
            case SleeveKind.BASIS:
                notional, margin = -spot[asset], part / (leverage + 1)
            case SleeveKind.SHORT:
                notional, margin = -part * leverage, part
            case SleeveKind.LONG:
                notional, margin = part * leverage, part
            case SleeveKind.SYNTHETIC:
                notional, margin = part, part / leverage
            case _:
                continue
        exposure.futures[futures[asset]] += notional
        exposure.margin[_wallet(futures[asset])] += margin


def _spot_of(sleeve: Sleeve, weight: Fraction) -> dict[str, Fraction]:
    leverage = Fraction(sleeve.leverage)
    part = {SleeveKind.SPOT: Fraction(1), SleeveKind.BASIS: leverage / (leverage + 1)}
    if sleeve.kind not in part:
        return {}
    return {asset: weight * Fraction(share) * part[sleeve.kind] for asset, share in sleeve.shares}


def _add_hedge(
    exposure: TargetExposure,
    hedge: Hedge,
    *,
    spot: Mapping[str, Fraction],
    futures: Mapping[str, str],
) -> None:
    for asset, value in spot.items():
        symbol = futures[asset] if hedge.instrument == OWN else hedge.instrument
        notional = Fraction(hedge.ratio.target) * value
        exposure.futures[symbol] -= notional
        exposure.margin[_wallet(symbol)] += notional / Fraction(hedge.leverage)


def _wallet(symbol: str) -> str:
    return str(parse_symbol(symbol).settle)


def _total(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction())
