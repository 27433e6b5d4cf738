"""What a regime holds exactly at its targets, before fees and at a basis of zero."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rebalancer.policy.compiled import OWN, Hedge, Regime, Sleeve, SleeveKind
from rebalancer.policy.symbols import parse_contract

Shares = defaultdict[str, Fraction]


def _zeros() -> Shares:
    return defaultdict(Fraction)


@dataclass(frozen=True, slots=True)
class TargetExposure:
    """Shares of NAV: coins by asset, signed futures notional by contract, margin by settle coin.

    `coins` are those of spot and those that are margin of a coin-margined wallet, which is why the
    margin of such a wallet is in both. A contract is its symbol or `FAMILY-*`.
    """

    coins: Shares = field(default_factory=_zeros)
    futures: Shares = field(default_factory=_zeros)
    margin: Shares = field(default_factory=_zeros)

    @property
    def gross_leverage(self) -> Fraction:
        """Return (coins + absolute futures notional) / NAV."""
        return _total(map(abs, (*self.coins.values(), *self.futures.values())))

    @property
    def net_exposure(self) -> Fraction:
        """Return net delta / NAV."""
        return _total((*self.coins.values(), *self.futures.values()))

    @property
    def futures_leverage(self) -> Fraction:
        """Return futures notional / margin of the worst wallet, 0 without contracts."""
        notional = _zeros()
        for contract, value in self.futures.items():
            notional[_wallet(contract)] += abs(value)
        held = [(coin, value) for coin, value in notional.items() if value]
        return max((value / self.margin[coin] for coin, value in held), default=Fraction())

    @property
    def asset_weight(self) -> Fraction:
        """Return the largest absolute delta of one coin / NAV."""
        delta = _zeros()
        for coin, value in self.coins.items():
            delta[coin] += value
        for contract, value in self.futures.items():
            delta[parse_contract(contract).base] += value
        return max(map(abs, delta.values()), default=Fraction())


def expose_targets(
    regime: Regime, *, sleeves: Mapping[str, Sleeve], futures: Mapping[str, str]
) -> TargetExposure:
    """Return the exposure of a regime's targets, netted across its sleeves and hedges.

    `futures` are the assets' own contracts. No hedge is by beta: what those hold, prices say, not
    the policy. Hedges that their cash sleeve cannot carry are scaled
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
    """Return the margin that a regime's hedges ask of each cash sleeve, as a share of NAV.

    No hedge is by beta.
    """
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
        part, held = weight * Fraction(share), spot.get(asset, Fraction())
        exposure.coins[asset] += held
        match sleeve.kind:
            case SleeveKind.BASIS if sleeve.on_coin:
                notional, margin = -part, part
            case SleeveKind.BASIS:
                notional, margin = -held, part - held
            case SleeveKind.SHORT:
                notional, margin = -part * leverage, part
            case SleeveKind.LONG:
                notional, margin = part * leverage, part
            case SleeveKind.SYNTHETIC:
                notional, margin = part, part / leverage
            case _:
                continue
        _add_contract(exposure, futures[asset], notional=notional, margin=margin)


def _spot_of(sleeve: Sleeve, weight: Fraction) -> dict[str, Fraction]:
    """Return the spot that a sleeve holds outside the wallets, by asset."""
    leverage = Fraction(sleeve.leverage)
    part = {SleeveKind.SPOT: Fraction(1), SleeveKind.BASIS: leverage / (leverage + 1)}
    if sleeve.kind not in part or sleeve.on_coin:
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
        contract = futures[asset] if hedge.instrument == OWN else hedge.instrument
        notional = Fraction(hedge.ratio.target) * value
        margin = notional / Fraction(hedge.leverage)
        _add_contract(exposure, contract, notional=-notional, margin=margin)


def _add_contract(
    exposure: TargetExposure, contract: str, *, notional: Fraction, margin: Fraction
) -> None:
    """Add a position and its margin, which a coin-margined wallet holds in coins."""
    exposure.futures[contract] += notional
    exposure.margin[_wallet(contract)] += margin
    symbol = parse_contract(contract)
    if symbol.is_inverse:
        exposure.coins[symbol.base] += margin


def _wallet(contract: str) -> str:
    return str(parse_contract(contract).settle)


def _total(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction())
