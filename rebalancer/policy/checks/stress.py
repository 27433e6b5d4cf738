"""Stress: a row for every asset, each around no move at all."""

from collections.abc import Iterator

from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.values import percent_text

CODES = ("missing-stress-row", "out-of-range")


def check_stress_rows(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per asset without a stress row."""
    moves = document.stress.price_move if document.stress else None
    if moves is None:
        return
    for asset in document.assets or ():
        if asset not in moves:
            message, hint = f"`{asset}` has no stress row", f"add `{asset}: [-40%, 40%]`, say"
            route = ("stress", "price_move")
            yield Problem(route, "missing-stress-row", message, hint, on_key=True)


def check_stress_moves(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per stress row that does not hold a price that stays where it is."""
    for asset, (low, high) in entries(document.stress.price_move if document.stress else None):
        if not low <= 0 <= high:
            message = f"`{asset}` must move from at most 0% to at least 0%, "
            message += f"was [{percent_text(low)}, {percent_text(high)}]"
            yield Problem(("stress", "price_move", asset), "out-of-range", message)
