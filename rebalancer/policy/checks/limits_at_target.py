"""Limits that a regime's own targets break, or meet with no room for a fee."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from rebalancer.errors import Severity
from rebalancer.policy.capital_document import HedgeDocument, RegimeDocument
from rebalancer.policy.checks.collateral import misfits
from rebalancer.policy.checks.limits import limit_text
from rebalancer.policy.checks.walk import is_readable
from rebalancer.policy.compile_capital import (
    WITH_FUTURE,
    compile_limits,
    compile_regime,
    compile_sleeve,
    contract_name,
)
from rebalancer.policy.compiled import OWN, Limits, Regime, Sleeve, SleeveKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.present import each, entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.target_exposure import TargetExposure, expose_targets, hedge_margins
from rebalancer.policy.values import percent_text

CODES = ("limit-broken-at-target", "limit-without-room", "hedge-beyond-cash")

_CHECKED = ("gross_leverage", "net_exposure", "futures_leverage", "asset_weight")


def check_limits_at_target(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per limit that targets break, and a warning per limit they just meet."""
    for name, regime, sleeves in _whole_regimes(document):
        exposure = expose_targets(regime, sleeves=sleeves, futures=_own_futures(document))
        for limit in _CHECKED:
            yield from _compare(name, limit, exposure=exposure, limits=regime.limits)


def _compare(
    name: str, limit: str, *, exposure: TargetExposure, limits: Limits
) -> Iterator[Problem]:
    bound = getattr(limits, limit)
    value: Fraction = getattr(exposure, limit)
    if bound is None or not exposure.gross_leverage:
        return
    low, high = bound if isinstance(bound, tuple) else (None, bound)
    route = ("regimes", name, "targets")
    numbers = f"`{limit}` {_text(limit, value)}, the limit is {limit_text(limit, bound)}"
    if value > high or (low is not None and value < low):
        message = f"the targets of `{name}` make {numbers}"
        hint = "change the targets or a leverage, or widen the limit"
        yield Problem(route, "limit-broken-at-target", message, hint, on_key=True)
    elif value in (low, high):
        message = f"the targets of `{name}` make {numbers}: a fee alone breaks it"
        hint = "leave room between the limit and the targets"
        warning = Severity.WARNING
        yield Problem(route, "limit-without-room", message, hint, severity=warning, on_key=True)


def check_hedge_margin(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a warning per regime whose cash cannot carry the margin of its hedges."""
    for name, regime, sleeves in _whole_regimes(document):
        weights = {sleeve: Fraction(amount.target) for sleeve, amount in regime.targets}
        for cash, margin in hedge_margins(regime, sleeves).items():
            if margin <= weights[cash]:
                continue
            message = f"the hedges of `{name}` need {_percent(margin)} of margin, "
            message += f"`{cash}` has {_percent(weights[cash])}: they are scaled to that"
            hint = "give the cash sleeve more, or the hedge more leverage"
            route, warning = ("regimes", name, "hedges"), Severity.WARNING
            yield Problem(route, "hedge-beyond-cash", message, hint, severity=warning, on_key=True)


def _whole_regimes(
    document: PolicyDocument,
) -> Iterator[tuple[str, Regime, dict[str, Sleeve]]]:
    """Yield the regimes of which everything they hold could be read and is known.

    How much a hedge by beta holds is not known before there are prices.
    """
    if not (is_readable(document.assets) and is_readable(document.sleeves)):
        return
    sleeves = {
        name: compile_sleeve(name, sleeve, document=document)
        for name, sleeve in entries(document.sleeves)
    }
    if not all(_has_instruments(sleeve, document) for sleeve in sleeves.values()):
        return
    limits = compile_limits(document.limits)
    for name, regime in entries(document.regimes):
        if is_readable(regime) and _is_resolved(regime, sleeves, document):
            compiled = compile_regime(name, regime, sleeves=tuple(sleeves.values()), limits=limits)
            yield name, compiled, sleeves


def _has_instruments(sleeve: Sleeve, document: PolicyDocument) -> bool:
    are_known = all(asset in (document.assets or {}) for asset, _ in sleeve.shares)
    is_basis, contracts = sleeve.kind is SleeveKind.BASIS, dict(sleeve.futures)
    return (
        are_known
        and (sleeve.kind not in WITH_FUTURE or len(contracts) == len(sleeve.shares))
        and not (is_basis and misfits(contracts, on_coin=sleeve.on_coin))
    )


def _is_resolved(
    regime: RegimeDocument, sleeves: Mapping[str, Sleeve], document: PolicyDocument
) -> bool:
    """Return whether every sleeve and contract of a regime is there, and every size known."""
    cash = {name for name, sleeve in sleeves.items() if sleeve.kind is SleeveKind.CASH}
    own = _own_futures(document)
    hedges = [hedge for _, hedge in each(regime.hedges)]
    return (
        set(regime.targets or ()) <= set(sleeves)
        and {hedge.margin_from for hedge in hedges if hedge.margin_from} <= cash
        and bool(cash or not hedges)
        and not any(hedge.beta for hedge in hedges)
        and all(_has_contracts(hedge, sleeves=sleeves, own=own) for hedge in hedges)
    )


def _has_contracts(
    hedge: HedgeDocument, *, sleeves: Mapping[str, Sleeve], own: Mapping[str, str]
) -> bool:
    sleeve = sleeves.get(hedge.of or "")
    return sleeve is not None and (
        hedge.with_ != OWN or all(asset in own for asset, _ in sleeve.shares)
    )


def _own_futures(document: PolicyDocument) -> dict[str, str]:
    names = {name: contract_name(asset.future) for name, asset in entries(document.assets)}
    return {asset: name for asset, name in names.items() if name}


def _text(limit: str, value: Fraction) -> str:
    return limit_text(limit, _rounded(value))


def _percent(value: Fraction) -> str:
    return percent_text(_rounded(value))


def _rounded(value: Fraction) -> Decimal:
    """Return a share of NAV to the digits that a message shows."""
    return round(Decimal(value.numerator) / Decimal(value.denominator), 6)
