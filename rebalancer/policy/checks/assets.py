"""Assets: their symbols are of their coin and the policy's quote, their shares add up."""

from collections.abc import Iterator

from rebalancer.policy.checks.walk import is_whole, is_written
from rebalancer.policy.compiled import SleeveKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import Symbol
from rebalancer.policy.values import percent_text

CODES = ("symbol-mismatch", "asset-is-quote", "empty-asset", "missing-share", "shares-sum")


def check_symbols(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per symbol of an asset that is of another coin or quote."""
    for name, asset in entries(document.assets):
        if asset.spot:
            route: Route = ("assets", name, "spot")
            yield from _mismatch(document, route, asset=name, symbol=asset.spot)
        if asset.future and asset.future.of:
            route = ("assets", name, "future")
            yield from _mismatch(document, route, asset=name, symbol=asset.future.of)
    for name, sleeve in entries(document.sleeves):
        for asset_name, future in entries(sleeve.future):
            if future.of and asset_name in (document.assets or {}):
                route = ("sleeves", name, "future", asset_name)
                yield from _mismatch(document, route, asset=asset_name, symbol=future.of)


def _mismatch(
    document: PolicyDocument, route: Route, *, asset: str, symbol: Symbol
) -> Iterator[Problem]:
    if symbol.base != asset:
        message = f"`{symbol.text}` is of the coin {symbol.base}, not of {asset}"
        hint = f"a symbol of this asset starts with `{asset}/`"
        yield Problem(route, "symbol-mismatch", message, hint)
    elif document.quote not in {None, symbol.quote} and symbol.settle in {None, document.quote}:
        message = f"`{symbol.text}` is priced in {symbol.quote}, the policy in {document.quote}"
        hint = f"use a symbol that is priced in {document.quote}, or change `quote`"
        yield Problem(route, "symbol-mismatch", message, hint)


def check_asset_contents(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per asset that is the quote coin or that has nothing to hold."""
    for name, asset in entries(document.assets):
        if name == document.quote:
            message = f"`{name}` is the quote coin, which every portfolio holds"
            hint = "hold it in a sleeve of kind cash"
            yield Problem(("assets", name), "asset-is-quote", message, hint, on_key=True)
        if not is_written(asset, "spot") and not is_written(asset, "future"):
            message = f"`{name}` has neither `spot` nor `future`"
            hint = f"add `spot: {name}/{document.quote or 'USDT'}`"
            yield Problem(("assets", name), "empty-asset", message, hint, on_key=True)


def check_asset_shares(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem where the assets' shares do not sum to 100%, or all are left out."""
    assets = dict(entries(document.assets))
    written = [asset for asset in assets.values() if is_written(asset, "share")]
    if not assets or not is_whole(document.assets):
        return
    if not written and len(assets) > 1:
        for name, sleeve in entries(document.sleeves):
            if sleeve.kind not in {None, SleeveKind.CASH} and not is_written(sleeve, "shares"):
                message = f"no asset has a `share`, and the sleeve `{name}` has no `shares`"
                hint = "give each asset its share of a sleeve, such as `share: 50%`"
                yield Problem(("sleeves", name), "missing-share", message, hint, on_key=True)
        return
    shares = [asset.share for asset in written if asset.share is not None]
    if written and len(shares) == len(written) and sum(shares) != 1:
        message = f"the assets' shares sum to {percent_text(sum(shares))}, not to 100%"  # type: ignore[arg-type]
        yield Problem(("assets",), "shares-sum", message, on_key=True)
