"""Targets: they sum to 100%, and lie inside their ranges."""

from collections.abc import Iterator
from decimal import Decimal

from rebalancer.policy.capital_document import AmountDocument
from rebalancer.policy.checks.walk import is_whole, walk_hedges, walk_targets
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import entries
from rebalancer.policy.problem import Problem
from rebalancer.policy.values import percent_text

CODES = ("targets-sum", "target-outside-range")


def check_target_sums(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per regime whose targets do not sum to 100%."""
    for name, regime in entries(document.regimes):
        targets = [amount.target for _, amount in entries(regime.targets)]
        known = [target for target in targets if target is not None]
        if not is_whole(regime.targets) or len(known) < len(targets):
            continue
        total = sum(known, Decimal(0))
        if total != 1:
            message = f"the targets of `{name}` sum to {percent_text(total)}, not to 100%"
            hint = f"{percent_text(abs(1 - total))} is {'missing' if total < 1 else 'too much'}"
            route = ("regimes", name, "targets")
            yield Problem(route, "targets-sum", message, hint, on_key=True)


def check_ranges(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per target or hedge ratio that lies outside its own range."""
    for route, _, amount in walk_targets(document):
        yield from _outside(route, amount)
    for route, hedge in walk_hedges(document):
        if hedge.ratio is not None:
            yield from _outside((*route, "ratio"), hedge.ratio)


def _outside(route: Route, amount: AmountDocument) -> Iterator[Problem]:
    if amount.target is None or amount.range is None:
        return
    low, high = amount.range
    if not low <= amount.target <= high:
        ends = f"{percent_text(low)} and {percent_text(high)}"
        message = f"the target {percent_text(amount.target)} is not within its range {ends}"
        hint = "the range is what is left alone around the target"
        yield Problem((*route, "range"), "target-outside-range", message, hint)
