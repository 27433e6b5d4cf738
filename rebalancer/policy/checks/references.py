"""Names that nothing defines, and definitions that nothing uses."""

from collections.abc import Iterator

from rebalancer.errors import Severity
from rebalancer.policy.checks.walk import (
    is_readable,
    names_of,
    signal_references,
    walk_conditions,
    walk_hedges,
    walk_targets,
)
from rebalancer.policy.compiled import OWN
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.hints import MOST_HINTS, did_you_mean
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import each, entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import parse_symbol

CODES = (
    "unknown-signal",
    "unknown-sleeve",
    "unknown-regime",
    "unknown-asset",
    "unknown-hedge-symbol",
    "unused-signal",
    "unused-sleeve",
)


def check_references(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per name of a signal, sleeve, regime, asset or symbol that is not known."""
    named = {
        "signal": ("signals", _signals(document)),
        "sleeve": ("sleeves", _sleeves(document)),
        "regime": ("regimes", _regimes(document)),
        "asset": ("assets", _assets(document)),
    }
    for kind, (section, references) in named.items():
        known = names_of(document, section)
        if known is None:
            continue
        unknown = [(route, name) for route, name in references if name not in known]
        for position, (route, name) in enumerate(unknown):
            hint = did_you_mean(name, sorted(known)) if position < MOST_HINTS else ""
            on_key = route[-1] == name
            message = f"unknown {kind} `{name}`"
            yield Problem(route, f"unknown-{kind}", message, hint, on_key=on_key)


def check_hedge_symbols(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per hedge in a contract on a coin that is none of the policy's assets."""
    known = names_of(document, "assets")
    contracts = [
        asset.future.of.text
        for _, asset in entries(document.assets)
        if asset.future and asset.future.of
    ]
    for route, hedge in walk_hedges(document):
        if hedge.with_ is None or hedge.with_ == OWN or known is None:
            continue
        if parse_symbol(hedge.with_).base not in known:
            message = f"`{hedge.with_}` is a contract on no asset of this policy"
            hint = did_you_mean(hedge.with_, contracts)
            yield Problem((*route, "with"), "unknown-hedge-symbol", message, hint)


def check_unused(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a warning per signal that no condition reads and per sleeve that no regime fills."""
    read = {name for _, name in _signals(document)}
    if is_readable(document.transitions or []):
        for name in sorted((names_of(document, "signals") or frozenset()) - read):
            message = f"no transition reads the signal `{name}`"
            yield _unused(("signals", name), "unused-signal", message)
    filled = {name for _, name, amount in walk_targets(document) if amount.target != 0}
    if document.regimes and is_readable(document.regimes):
        for name in sorted((names_of(document, "sleeves") or frozenset()) - filled):
            message = f"no regime gives the sleeve `{name}` any capital"
            yield _unused(("sleeves", name), "unused-sleeve", message)


def _unused(route: Route, code: str, message: str) -> Problem:
    hint = "remove it, or use it"
    return Problem(route, code, message, hint, severity=Severity.WARNING, on_key=True)


def _signals(document: PolicyDocument) -> Iterator[tuple[Route, str]]:
    for found in walk_conditions(document):
        yield from signal_references(found)


def _sleeves(document: PolicyDocument) -> Iterator[tuple[Route, str]]:
    for name, regime in entries(document.regimes):
        for sleeve in regime.targets or ():
            yield ("regimes", name, "targets", sleeve), sleeve
    for route, hedge in walk_hedges(document):
        if hedge.of is not None:
            yield (*route, "of"), hedge.of
        if hedge.margin_from is not None:
            yield (*route, "margin_from"), hedge.margin_from


def _regimes(document: PolicyDocument) -> Iterator[tuple[Route, str]]:
    if document.initial_regime is not None:
        yield ("initial_regime",), document.initial_regime
    for position, transition in each(document.transitions):
        for index, name in enumerate(transition.from_ or ()):
            yield ("transitions", position, "from", index), name
        if transition.to is not None:
            yield ("transitions", position, "to"), transition.to


def _assets(document: PolicyDocument) -> Iterator[tuple[Route, str]]:
    for name, sleeve in entries(document.sleeves):
        for asset in sleeve.shares or ():
            yield ("sleeves", name, "shares", asset), asset
        for asset in sleeve.future or ():
            yield ("sleeves", name, "future", asset), asset
    for asset in (document.stress.price_move if document.stress else None) or ():
        yield ("stress", "price_move", asset), asset
