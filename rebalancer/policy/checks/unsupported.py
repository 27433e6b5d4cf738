"""What the language says and no plan carries out yet: refused, never ignored."""

from collections.abc import Iterator

from rebalancer.policy.capital_document import FutureDocument, LimitsDocument
from rebalancer.policy.checks.walk import walk_hedges
from rebalancer.policy.compiled import OWN, SleeveKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.fields import Collateral
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import Symbol, parse_symbol

CODES = (
    "unsupported-inverse-contract",
    "unsupported-dated-contract",
    "unsupported-settle-coin",
    "unsupported-roll",
    "unsupported-coin-collateral",
    "unsupported-synthetic-sleeve",
    "unsupported-beta-hedge",
    "unsupported-hedge-range",
    "unsupported-portfolio-signal",
    "unsupported-asset-weight",
    "unsupported-turnover",
    "unsupported-order-notional",
    "unsupported-leg-imbalance",
    "unsupported-price-collar",
)

_LIMITS = {
    "asset_weight": "unsupported-asset-weight",
    "turnover": "unsupported-turnover",
    "order_notional": "unsupported-order-notional",
}


def _refuse(route: Route, code: str, what: str, hint: str) -> Problem:
    return Problem(route, code, f"{what} not supported yet", hint)


def check_contracts(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per contract that is not a perpetual settled in the quote coin."""
    for name, asset in entries(document.assets):
        if asset.future is not None:
            yield from _contract(document, ("assets", name, "future"), asset.future)
    for name, sleeve in entries(document.sleeves):
        for asset_name, future in entries(sleeve.future):
            yield from _contract(document, ("sleeves", name, "future", asset_name), future)
    for route, hedge in walk_hedges(document):
        if hedge.with_ is not None and hedge.with_ != OWN:
            yield from _symbol(document, (*route, "with"), parse_symbol(hedge.with_))


def _contract(document: PolicyDocument, route: Route, future: FutureDocument) -> Iterator[Problem]:
    if future.roll is not None:
        hint = "name one perpetual, such as `future: BTC/USDT:USDT`"
        yield _refuse((*route, "roll"), "unsupported-roll", "rolling dated contracts is", hint)
    if future.of is not None:
        yield from _symbol(document, (*route, "of"), future.of)


def _symbol(document: PolicyDocument, route: Route, symbol: Symbol) -> Iterator[Problem]:
    quote = document.quote or "USDT"
    hint = f"use the perpetual `{symbol.base}/{quote}:{quote}`"
    if symbol.is_inverse:
        what = f"the coin-margined contract `{symbol.text}` is"
        yield _refuse(route, "unsupported-inverse-contract", what, hint)
    elif document.quote is not None and symbol.settle != document.quote:
        what = f"`{symbol.text}`, settled in {symbol.settle} and not in {quote}, is"
        yield _refuse(route, "unsupported-settle-coin", what, hint)
    if symbol.expiry is not None:
        what = f"the dated contract `{symbol.text}` is"
        yield _refuse(route, "unsupported-dated-contract", what, hint)


def check_sleeve_kinds(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per synthetic sleeve and per basis sleeve on coin collateral."""
    for name, sleeve in entries(document.sleeves):
        if sleeve.kind is SleeveKind.SYNTHETIC:
            hint = "hold the future in a sleeve of kind long"
            route = ("sleeves", name, "kind")
            yield _refuse(route, "unsupported-synthetic-sleeve", "a synthetic sleeve is", hint)
        if sleeve.collateral is Collateral.COIN:
            hint = "leave it out: the margin is in the quote coin"
            route = ("sleeves", name, "collateral")
            yield _refuse(route, "unsupported-coin-collateral", "coin collateral is", hint)


def check_hedge_forms(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per hedge by beta and per range of a hedge ratio."""
    for route, hedge in walk_hedges(document):
        if hedge.beta is not None:
            hint = "write the ratio that the beta comes to"
            yield _refuse((*route, "beta"), "unsupported-beta-hedge", "a hedge by beta is", hint)
        if hedge.ratio is not None and hedge.ratio.range is not None:
            hint = "write the ratio alone; the band says what is left alone"
            place = (*route, "ratio", "range")
            yield _refuse(place, "unsupported-hedge-range", "a range of a hedge ratio is", hint)


def check_portfolio_signals(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per signal that reads the portfolio."""
    for name, signal in entries(document.signals):
        if signal.portfolio is not None:
            hint = "read the market, or a named series"
            route = ("signals", name, "portfolio")
            what = "a signal that reads the portfolio is"
            yield _refuse(route, "unsupported-portfolio-signal", what, hint)


def check_limit_kinds(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per limit that no plan keeps yet."""
    yield from _limits(("limits",), document.limits)
    for name, regime in entries(document.regimes):
        yield from _limits(("regimes", name, "limits"), regime.limits)


def _limits(route: Route, limits: LimitsDocument | None) -> Iterator[Problem]:
    for limit, code in _LIMITS.items():
        if limits is not None and getattr(limits, limit) is not None:
            hint = "leave it out, and watch it by hand"
            yield _refuse((*route, limit), code, f"the limit `{limit}` is", hint)


def check_execution(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per rule of execution that no plan keeps yet."""
    execution = document.execution
    if execution is not None and execution.max_leg_imbalance is not None:
        hint, route = "leave it out", ("execution", "max_leg_imbalance")
        what = "`max_leg_imbalance` is"
        yield _refuse(route, "unsupported-leg-imbalance", what, hint)
    if execution is not None and execution.price_collar is not None:
        hint, route = "leave it out, or write `none`", ("execution", "price_collar")
        yield _refuse(route, "unsupported-price-collar", "`price_collar` is", hint)
