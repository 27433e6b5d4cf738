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
)
from rebalancer.policy.compile_conditions import compile_signal, compile_transition
from rebalancer.policy.compiled import (
    OnBreach,
    Policy,
    Rebalance,
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


def compile_policy(document: PolicyDocument) -> Policy:
    """Return the compiled policy of a document in which no check found an error."""
    shares = asset_shares(document)
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
        assets=tuple(
            compile_asset(name, asset, share=shares[name])
            for name, asset in entries(document.assets)
        ),
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
    )
    return replace(policy, digest=digest_policy(policy))


def _stress(document: PolicyDocument) -> tuple[tuple[str, Decimal, Decimal], ...]:
    moves = document.stress.price_move if document.stress else None
    return tuple((asset, low, high) for asset, (low, high) in entries(moves))


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
