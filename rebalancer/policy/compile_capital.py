"""Assets, sleeves, regimes and limits of a document as compiled values."""

from dataclasses import fields, replace
from decimal import Decimal

from rebalancer.policy.capital_document import (
    AmountDocument,
    AssetDocument,
    FutureDocument,
    HedgeDocument,
    LimitsDocument,
    RegimeDocument,
    SleeveDocument,
)
from rebalancer.policy.compiled import Amount, Asset, Hedge, Limits, Regime, Sleeve, SleeveKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.fields import Collateral
from rebalancer.policy.present import each, entries, present
from rebalancer.policy.symbols import rolled_name

ONE, ZERO = Decimal(1), Decimal(0)
WITH_SPOT = frozenset({SleeveKind.SPOT, SleeveKind.BASIS})
WITH_FUTURE = frozenset({SleeveKind.BASIS, SleeveKind.SHORT, SleeveKind.LONG, SleeveKind.SYNTHETIC})


def asset_shares(document: PolicyDocument) -> dict[str, Decimal]:
    """Return each asset's default share: a sole asset's is 1, one left out is 0."""
    assets = dict(entries(document.assets))
    if len(assets) == 1:
        return {
            name: asset.share if asset.share is not None else ONE for name, asset in assets.items()
        }
    return {name: asset.share or ZERO for name, asset in assets.items()}


def sleeve_shares(document: PolicyDocument, sleeve: SleeveDocument) -> dict[str, Decimal]:
    """Return what of a sleeve each asset gets, assets that get nothing left out."""
    if sleeve.kind is SleeveKind.CASH:
        return {}
    shares = dict(entries(sleeve.shares)) if sleeve.shares else asset_shares(document)
    return {asset: share for asset, share in shares.items() if share}


def contract_name(document: FutureDocument | None) -> str | None:
    """Return a contract's symbol, `FAMILY-*` where dated ones are rolled, None for no contract."""
    if document is None or document.of is None:
        return None
    return document.of.text if document.roll is None else rolled_name(document.of)


def sleeve_futures(document: PolicyDocument, sleeve: SleeveDocument) -> dict[str, str]:
    """Return the contract of each asset of a sleeve that trades contracts, where there is one."""
    if sleeve.kind not in WITH_FUTURE:
        return {}
    own = {name: asset.future for name, asset in entries(document.assets)} | dict(
        entries(sleeve.future)
    )
    names = {asset: contract_name(own.get(asset)) for asset in sleeve_shares(document, sleeve)}
    return {asset: name for asset, name in names.items() if name}


def compile_asset(name: str, document: AssetDocument, *, share: Decimal) -> Asset:
    """Return an asset with its default share."""
    return Asset(
        name=name,
        spot=document.spot.text if document.spot else None,
        future=contract_name(document.future),
        share=share,
    )


def compile_sleeve(name: str, sleeve: SleeveDocument, *, document: PolicyDocument) -> Sleeve:
    """Return a sleeve with the shares and contracts of its assets."""
    return Sleeve(
        name=name,
        kind=present(sleeve.kind),
        leverage=sleeve.leverage or ONE,
        shares=tuple(sleeve_shares(document, sleeve).items()),
        futures=tuple(sleeve_futures(document, sleeve).items()),
        on_coin=sleeve.collateral is Collateral.COIN,
    )


def compile_limits(document: LimitsDocument | None) -> Limits:
    """Return limits; those that the document leaves out are None."""
    if document is None:
        return Limits()
    return Limits(**{limit.name: getattr(document, limit.name) for limit in fields(Limits)})


def compile_regime(
    name: str, document: RegimeDocument, *, sleeves: tuple[Sleeve, ...], limits: Limits
) -> Regime:
    """Return a regime with a target for every sleeve and its own limits over the policy's."""
    targets = dict(entries(document.targets))
    own = compile_limits(document.limits)
    tighter = {key: value for key in _limit_names() if (value := getattr(own, key)) is not None}
    cash = tuple(sleeve.name for sleeve in sleeves if sleeve.kind is SleeveKind.CASH)
    return Regime(
        name=name,
        targets=tuple(
            (sleeve.name, _amount(targets[sleeve.name]) if sleeve.name in targets else Amount(ZERO))
            for sleeve in sleeves
        ),
        hedges=tuple(_hedge(hedge, cash) for _, hedge in each(document.hedges)),
        limits=replace(limits, **tighter),
        min_dwell_us=document.min_dwell or 0,
        description=document.description or "",
    )


def _limit_names() -> tuple[str, ...]:
    return tuple(limit.name for limit in fields(Limits))


def _amount(document: AmountDocument) -> Amount:
    low, high = document.range or (None, None)
    return Amount(present(document.target), low, high)


def _hedge(document: HedgeDocument, cash: tuple[str, ...]) -> Hedge:
    return Hedge(
        of=present(document.of),
        ratio=_amount(present(document.ratio)),
        instrument=present(document.with_),
        leverage=document.leverage or ONE,
        margin_from=document.margin_from or cash[0],
        beta_us=document.beta,
    )
