"""Sleeves: keys that fit their kind, shares that add up, instruments for what they hold."""

from collections.abc import Iterator
from decimal import Decimal

from rebalancer.model.decimals import decimal_text
from rebalancer.policy.capital_document import SleeveDocument
from rebalancer.policy.checks.walk import is_whole, is_written
from rebalancer.policy.compile_capital import (
    WITH_FUTURE,
    WITH_SPOT,
    sleeve_futures,
    sleeve_shares,
)
from rebalancer.policy.compiled import SleeveKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import parse_contract
from rebalancer.policy.values import percent_text

CODES = ("key-not-for-kind", "shares-sum", "missing-spot", "missing-future", "out-of-range")

_KINDS_OF_KEY = {
    "leverage": WITH_FUTURE,
    "future": WITH_FUTURE,
    "shares": WITH_FUTURE | WITH_SPOT,
    "collateral": frozenset({SleeveKind.BASIS}),
}


def check_sleeve_keys(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per key that says nothing for its sleeve's kind."""
    for name, sleeve in entries(document.sleeves):
        for key, kinds in _KINDS_OF_KEY.items():
            if is_written(sleeve, key) and sleeve.kind is not None and sleeve.kind not in kinds:
                message = f"`{key}` says nothing for a sleeve of kind {sleeve.kind}"
                words = ", ".join(kind for kind in SleeveKind if kind in kinds)
                hint = f"remove it; it is for {words}"
                route = ("sleeves", name, key)
                yield Problem(route, "key-not-for-kind", message, hint, on_key=True)


def check_synthetic_leverage(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per synthetic sleeve whose margin would be more than its own capital."""
    for name, sleeve in entries(document.sleeves):
        if sleeve.kind is SleeveKind.SYNTHETIC and sleeve.leverage is not None:
            if sleeve.leverage >= 1:
                continue
            message = "`leverage` of a synthetic sleeve must be at least 1, was "
            message += decimal_text(sleeve.leverage)
            hint = "its margin, the coins' worth / leverage, comes out of its own capital"
            yield Problem(("sleeves", name, "leverage"), "out-of-range", message, hint)


def check_sleeve_shares(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per sleeve whose shares do not sum to 100%."""
    for name, sleeve in entries(document.sleeves):
        if sleeve.shares is not None and is_whole(sleeve.shares):
            total = sum((share for _, share in entries(sleeve.shares)), Decimal(0))
            if total != 1:
                message = f"the shares of `{name}` sum to {percent_text(total)}, not to 100%"
                yield Problem(("sleeves", name, "shares"), "shares-sum", message, on_key=True)


def check_sleeve_instruments(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per asset of a sleeve that lacks the spot pair or the contract it needs."""
    for name, sleeve in entries(document.sleeves):
        if not is_whole(document.assets) or (is_written(sleeve, "shares") and not sleeve.shares):
            continue
        for asset in sleeve_shares(document, sleeve):
            yield from _missing(document, name, sleeve=sleeve, asset=asset)


def _missing(
    document: PolicyDocument, name: str, *, sleeve: SleeveDocument, asset: str
) -> Iterator[Problem]:
    found = (document.assets or {}).get(asset)
    if found is None or sleeve.kind is None:
        return
    needs_spot = _needs_spot(document, sleeve=sleeve, asset=asset)
    if needs_spot and not is_written(found, "spot"):
        message = f"the sleeve `{name}` {needs_spot}, and `{asset}` has no `spot`"
        hint = f"add `spot: {asset}/{document.quote or 'USDT'}` to the asset"
        yield Problem(("sleeves", name), "missing-spot", message, hint, on_key=True)
    has_own = asset in (sleeve.future or {})
    if sleeve.kind in WITH_FUTURE and not has_own and not is_written(found, "future"):
        message = f"the sleeve `{name}` trades a contract, and `{asset}` has no `future`"
        quote = document.quote or "USDT"
        hint = f"add `future: {asset}/{quote}:{quote}` to the asset, or take it out of `shares`"
        yield Problem(("sleeves", name), "missing-future", message, hint, on_key=True)


def _needs_spot(document: PolicyDocument, *, sleeve: SleeveDocument, asset: str) -> str:
    """Return what a sleeve needs an asset's spot pair for, empty where it needs none."""
    if sleeve.kind in WITH_SPOT:
        return "holds spot"
    contract = sleeve_futures(document, sleeve).get(asset)
    if contract and parse_contract(contract).is_inverse:
        return f"has its margin in {asset}"
    return ""
