"""Limits of a regime: they may only be tighter than the policy's."""

from collections.abc import Iterator
from decimal import Decimal

from rebalancer.model.decimals import decimal_text
from rebalancer.policy.capital_document import LimitsDocument
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.values import percent_text

CODES = ("looser-limit",)

FRACTIONS = frozenset(
    {"net_exposure", "margin_utilization", "liquidation_distance", "asset_weight", "turnover"}
)
"""The limits that a person writes as percentages."""

_MONEY = frozenset({"order_notional"})
_MINIMA = frozenset({"liquidation_distance"})


def check_regime_limits(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per limit of a regime that allows more than the policy's."""
    if document.limits is None:
        return
    for name, regime in entries(document.regimes):
        if regime.limits is not None:
            yield from _looser(("regimes", name, "limits"), regime.limits, policy=document.limits)


def _looser(route: Route, own: LimitsDocument, *, policy: LimitsDocument) -> Iterator[Problem]:
    for limit in LimitsDocument.model_fields:
        ours, theirs = getattr(own, limit), getattr(policy, limit)
        if ours is not None and theirs is not None and _is_looser(limit, ours, theirs):
            message = f"`{limit}` {limit_text(limit, ours)} is looser than the policy's "
            message += limit_text(limit, theirs)
            hint = "a regime may only tighten a limit"
            yield Problem((*route, limit), "looser-limit", message, hint)


def _is_looser(
    limit: str,
    ours: Decimal | tuple[Decimal, Decimal],
    theirs: Decimal | tuple[Decimal, Decimal],
) -> bool:
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        return ours[0] < theirs[0] or ours[1] > theirs[1]
    return ours < theirs if limit in _MINIMA else ours > theirs  # type: ignore[operator]


def limit_text(limit: str, value: Decimal | tuple[Decimal, Decimal]) -> str:
    """Return a limit's number with its unit, an interval as `[-1%, 101%]`."""
    if isinstance(value, tuple):
        return f"[{', '.join(limit_text(limit, end) for end in value)}]"
    if limit in _MONEY:
        return f"{value:,f}"
    return percent_text(value) if limit in FRACTIONS else decimal_text(value)
