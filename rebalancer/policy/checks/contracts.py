"""Contracts: settled in the quote coin or in their own, and rolled in one way."""

from collections.abc import Iterator

from rebalancer.model.instant import format_duration
from rebalancer.policy.checks.walk import walk_contracts, walk_hedges
from rebalancer.policy.compiled import OWN
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.nodes import Route
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import Symbol, parse_symbol

CODES = ("unsupported-settle-coin", "roll-of-one-contract", "conflicting-rolls")


def check_settle_coins(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per contract settled in neither the quote coin nor its own base coin."""
    quote = document.quote
    for route, symbol in _symbols(document):
        if quote is not None and symbol.settle != quote and not symbol.is_inverse:
            message = f"`{symbol.text}` is settled in {symbol.settle}, neither in {quote} "
            message += f"nor in {symbol.base}: not supported yet"
            hint = f"use the perpetual `{symbol.base}/{quote}:{quote}`"
            yield Problem(route, "unsupported-settle-coin", message, hint)


def _symbols(document: PolicyDocument) -> Iterator[tuple[Route, Symbol]]:
    for route, contract in walk_contracts(document):
        if contract.of is not None:
            yield (*route, "of"), contract.of
    for route, hedge in walk_hedges(document):
        if hedge.with_ is not None and hedge.with_ != OWN:
            yield (*route, "with"), parse_symbol(hedge.with_)


def check_rolls(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per roll of a single dated contract, and per second time of a roll."""
    first: dict[str, int] = {}
    for route, contract in walk_contracts(document):
        family, roll_us = contract.of, contract.roll
        if family is None or roll_us is None:
            continue
        if family.expiry is not None:
            message = f"`{family.text}` is one contract, and `roll` moves from each to the next"
            hint = f"write `of: {family.text.removesuffix(f'-{family.expiry}')}`, or no `roll`"
            yield Problem((*route, "roll"), "roll-of-one-contract", message, hint)
        elif first.setdefault(family.text, roll_us) != roll_us:
            message = f"`{family.text}` is rolled {format_duration(roll_us)} before expiry here, "
            message += f"elsewhere {format_duration(first[family.text])} before it"
            hint = "roll a family of contracts at one time"
            yield Problem((*route, "roll"), "conflicting-rolls", message, hint)
