"""Coin collateral: with coin-margined contracts, for all of them, and at leverage 1."""

from collections.abc import Iterator, Mapping

from rebalancer.model.decimals import decimal_text
from rebalancer.policy.checks.walk import is_readable
from rebalancer.policy.compile_capital import sleeve_futures
from rebalancer.policy.compiled import SleeveKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.fields import Collateral
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import parse_contract

CODES = ("collateral-mismatch", "out-of-range")


def check_collateral(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per contract of a basis sleeve that its collateral is no margin for."""
    for name, sleeve in entries(document.sleeves):
        if sleeve.kind is not SleeveKind.BASIS or not is_readable(sleeve):
            continue
        on_coin = sleeve.collateral is Collateral.COIN
        for contract in misfits(sleeve_futures(document, sleeve), on_coin=on_coin):
            symbol = parse_contract(contract)
            if on_coin:
                message = f"`{name}` has coin collateral, and `{contract}` is margined in "
                message += f"{symbol.settle}"
                hint = f"use a coin-margined contract such as `{symbol.base}/USD:{symbol.base}`"
            else:
                message = f"`{contract}` is margined in {symbol.base}, and `{name}` has no coin "
                message += "collateral"
                hint = (
                    "add `collateral: coin`, or use a contract that is margined in the quote coin"
                )
            yield Problem(("sleeves", name), "collateral-mismatch", message, hint, on_key=True)


def misfits(contracts: Mapping[str, str], *, on_coin: bool) -> list[str]:
    """Return the contracts of a basis sleeve that its collateral is no margin for."""
    return [
        contract
        for contract in contracts.values()
        if parse_contract(contract).is_inverse is not on_coin
    ]


def check_collateral_leverage(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per sleeve on coin collateral that asks for another leverage than 1."""
    for name, sleeve in entries(document.sleeves):
        on_coin = sleeve.kind is SleeveKind.BASIS and sleeve.collateral is Collateral.COIN
        if on_coin and sleeve.leverage is not None and sleeve.leverage != 1:
            message = "`leverage` must be 1 with coin collateral, was "
            message += decimal_text(sleeve.leverage)
            hint = "remove it: each coin is the margin of a short of its own worth"
            yield Problem(("sleeves", name, "leverage"), "out-of-range", message, hint)
