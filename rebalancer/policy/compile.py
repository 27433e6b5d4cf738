"""A document without errors as the compiled policy that every later stage reads."""

from dataclasses import replace
from decimal import Decimal

from rebalancer.model.instant import DAY_US
from rebalancer.policy.compile_capital import (
    asset_shares,
    compile_asset,
    compile_limits,
    compile_regime,
    compile_sleeve,
    contract_name,
)
from rebalancer.policy.compile_conditions import compile_signal, compile_transition
from rebalancer.policy.compiled import (
    Asset,
    OnBreach,
    Policy,
    Rebalance,
    Sleeve,
    TradeTo,
    Unmanaged,
    WhenStale,
)
from rebalancer.policy.digest import digest_policy
from rebalancer.policy.document import (
    DataDocument,
    ExecutionDocument,
    PolicyDocument,
    RebalanceDocument,
)
from rebalancer.policy.present import each, entries, present

DEFAULT_MAX_AGE_US = 2 * DAY_US
DEFAULT_LEG_IMBALANCE = Decimal("0.05")


def compile_policy(document: PolicyDocument) -> Policy:
    """Return the compiled policy of a document in which no check found an error."""
    shares = asset_shares(document)
    assets = tuple(
        compile_asset(name, asset, share=shares[name]) for name, asset in entries(document.assets)
    )
    sleeves = tuple(
        compile_sleeve(name, sleeve, document=document)
        for name, sleeve in entries(document.sleeves)
    )
    limits = compile_limits(document.limits)
    data = document.data or DataDocument()
    execution = document.execution or ExecutionDocument()
    policy = Policy(
        name=present(document.name),
        description=document.description or "",
        quote=present(document.quote),
        assets=assets,
        signals=tuple(compile_signal(*entry) for entry in entries(document.signals)),
        sleeves=sleeves,
        regimes=tuple(
            compile_regime(name, regime, sleeves=sleeves, limits=limits)
            for name, regime in entries(document.regimes)
        ),
        initial_regime=present(document.initial_regime),
        transitions=tuple(compile_transition(one) for _, one in each(document.transitions)),
        limits=limits,
        stress=_stress(document),
        rebalance=_rebalance(present(document.rebalance)),
        slippage=execution.slippage or Decimal(0),
        max_age_us=data.max_age or DEFAULT_MAX_AGE_US,
        when_stale=data.when_stale or WhenStale.REDUCE_ONLY,
        unmanaged=document.unmanaged or Unmanaged.REFUSE,
        digest="",
        rolls=_rolls(document, assets=assets, sleeves=sleeves),
        max_leg_imbalance=_leg_imbalance(execution),
        price_collar=execution.price_collar,
    )
    return replace(policy, digest=digest_policy(policy))


def _stress(document: PolicyDocument) -> tuple[tuple[str, Decimal, Decimal], ...]:
    moves = document.stress.price_move if document.stress else None
    return tuple((asset, low, high) for asset, (low, high) in entries(moves))


def _rolls(
    document: PolicyDocument, *, assets: tuple[Asset, ...], sleeves: tuple[Sleeve, ...]
) -> tuple[tuple[str, int], ...]:
    """Return how long before expiry each rolled family moves on, of those that are traded."""
    traded = {asset.future for asset in assets}
    traded |= {name for sleeve in sleeves for _, name in sleeve.futures}
    contracts = [asset.future for _, asset in entries(document.assets)]
    for _, sleeve in entries(document.sleeves):
        contracts += [contract for _, contract in entries(sleeve.future)]
    rolls = {
        name: one.roll
        for one in contracts
        if one and one.roll and (name := contract_name(one)) and name in traded
    }
    return tuple(rolls.items())


def _leg_imbalance(document: ExecutionDocument) -> Decimal:
    written = document.max_leg_imbalance
    return DEFAULT_LEG_IMBALANCE if written is None else written


def _rebalance(document: RebalanceDocument) -> Rebalance:
    moment = document.on
    day_us = (moment.weekday or 0) * DAY_US if moment else 0
    return Rebalance(
        every_us=present(document.every),
        offset_us=day_us + moment.after_midnight_us if moment else 0,
        band=document.band or Decimal(0),
        to=document.to or TradeTo.EDGE,
        min_trade=document.min_trade or Decimal(0),
        on_breach=document.on_breach or OnBreach.WAIT,
    )
