"""Hedges: of a sleeve that holds spot, with contracts it has, on margin from one cash sleeve."""

from collections.abc import Iterator

from rebalancer.policy.capital_document import HedgeDocument
from rebalancer.policy.checks.walk import is_written, walk_hedges
from rebalancer.policy.compile_capital import WITH_SPOT, sleeve_shares
from rebalancer.policy.compiled import OWN, SleeveKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.fields import Collateral
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import parse_symbol

CODES = (
    "hedge-without-spot",
    "missing-future",
    "missing-spot",
    "margin-from-not-cash",
    "ambiguous-margin-from",
    "duplicate-hedge",
)


def check_hedged_sleeves(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per hedge of a sleeve that holds no spot."""
    sleeves = dict(entries(document.sleeves))
    for route, hedge in walk_hedges(document):
        sleeve = sleeves.get(hedge.of or "")
        if sleeve is None or sleeve.kind is None:
            continue
        on_coin = sleeve.kind is SleeveKind.BASIS and sleeve.collateral is Collateral.COIN
        if sleeve.kind not in WITH_SPOT or on_coin:
            what = "holds coins as collateral" if on_coin else f"is of kind {sleeve.kind}"
            message = f"`{hedge.of}` {what} and has no spot to hedge"
            hint = "hedge a sleeve of kind spot"
            yield Problem((*route, "of"), "hedge-without-spot", message, hint)


def check_own_contracts(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per `with: own` of an asset that has no contract."""
    sleeves, assets = dict(entries(document.sleeves)), dict(entries(document.assets))
    for route, hedge in walk_hedges(document):
        if hedge.with_ != OWN or hedge.of not in sleeves:
            continue
        for name in sleeve_shares(document, sleeves[hedge.of]):
            if name in assets and not is_written(assets[name], "future"):
                message = f"`{name}` has no `future` of its own to hedge with"
                hint = "add one to the asset, or hedge with a symbol"
                yield Problem((*route, "with"), "missing-future", message, hint)


def check_margin_coins(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per hedge whose margin is a coin that no spot pair of the policy buys."""
    assets = dict(entries(document.assets))
    for route, hedge in walk_hedges(document):
        if hedge.with_ is None or hedge.with_ == OWN:
            continue
        symbol = parse_symbol(hedge.with_)
        asset = assets.get(symbol.base)
        if symbol.is_inverse and asset is not None and not is_written(asset, "spot"):
            message = f"the margin of `{symbol.text}` is {symbol.base}, and `{symbol.base}` has "
            message += "no `spot`"
            hint = f"add `spot: {symbol.base}/{document.quote or 'USDT'}` to the asset"
            yield Problem((*route, "with"), "missing-spot", message, hint)


def check_margin_sleeves(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per hedge whose margin comes from no cash sleeve, or from one of many."""
    sleeves = dict(entries(document.sleeves))
    cash = [name for name, sleeve in sleeves.items() if sleeve.kind is SleeveKind.CASH]
    is_known = len(sleeves) == len(document.sleeves or {}) and all(
        sleeve.kind for sleeve in sleeves.values()
    )
    for route, hedge in walk_hedges(document):
        if hedge.margin_from in sleeves:
            kind = sleeves[hedge.margin_from].kind
            if kind not in {None, SleeveKind.CASH}:
                message = f"`{hedge.margin_from}` is of kind {kind}, margin comes from cash"
                hint = (
                    f"cash sleeves are {', '.join(cash)}" if cash else "add a sleeve of kind cash"
                )
                yield Problem((*route, "margin_from"), "margin-from-not-cash", message, hint)
        elif is_known and document.sleeves and not is_written(hedge, "margin_from"):
            yield from _default_margin(route, cash)


def _default_margin(route: Route, cash: list[str]) -> Iterator[Problem]:
    if not cash:
        message, hint = "no sleeve of kind cash pays the margin", "add one to `sleeves`"
        yield Problem(route, "margin-from-not-cash", message, hint)
    elif len(cash) > 1:
        message = f"the margin may come from any of {', '.join(cash)}"
        hint = f"add `margin_from: {cash[0]}`"
        yield Problem(route, "ambiguous-margin-from", message, hint)


def check_repeated_hedges(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per hedge of the same sleeve in the same contract as an earlier one."""
    seen: set[tuple[Route, str, str]] = set()
    for route, hedge in walk_hedges(document):
        if hedge.of is None or hedge.with_ is None:
            continue
        same = (route[:2], hedge.of, hedge.with_)
        if same in seen:
            message = f"`{hedge.of}` is already hedged with {_instrument(hedge)} in this regime"
            yield Problem(route, "duplicate-hedge", message, "make it one hedge, with one ratio")
        seen.add(same)


def _instrument(hedge: HedgeDocument) -> str:
    return "its own contracts" if hedge.with_ == OWN else f"`{hedge.with_}`"
