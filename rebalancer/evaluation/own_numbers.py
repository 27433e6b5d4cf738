"""The numbers of a run's own account, for policies whose signals read them.

Such a policy's regimes depend on its account, and its account on its regimes. A run whose regimes
were replayed on the numbers of the run before agrees with that one up to the first step that those
numbers change, and is right up to there: so runs are repeated until one brings the very numbers
that it was replayed on. Nothing at a time ever depends on a number after it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.model.market import Floats, Market, Series
from rebalancer.policy.compiled import Policy, SourceKind

Run = Callable[[list[int], list[Market]], Sequence[Evaluation]]
"""Evaluates the policies at these places, each over its own market."""


def learn_own_numbers(
    policies: Sequence[Policy], markets: Sequence[Market], *, run: Run
) -> list[Market]:
    """Return the markets with the accounts' own numbers, for policies that read them.

    `markets` is one for all, or one for each; where a policy reads its account it is returned as
    one for each.
    """
    left = [row for row, policy in enumerate(policies) if reads_own_numbers(policy)]
    if not left:
        return list(markets)
    own = [markets[row if len(markets) > 1 else 0] for row in range(len(policies))]
    while left:
        changed = []
        for row, found in zip(left, run(left, [own[row] for row in left]), strict=True):
            numbers = own_numbers(found)
            if not _are_same(own[row].own, numbers):
                own[row] = replace(own[row], own=numbers)
                changed.append(row)
        left = changed
    return own


def reads_own_numbers(policy: Policy) -> bool:
    """Return whether a signal of a policy is a number of its portfolio."""
    return any(signal.source.kind is SourceKind.PORTFOLIO for signal in policy.signals)


def own_numbers(found: Evaluation) -> dict[str, Series]:
    """Return an account's numbers by name, at every bar before what is decided then.

    `drawdown` is NAV over its highest so far, less one: zero or negative. Where a number is not
    defined, as where no equity is left, it is not observed.
    """
    highest = np.maximum.accumulate(found.nav)
    drawdown = np.divide(found.nav, highest, out=np.full(len(highest), np.nan), where=highest > 0)
    numbers = {
        "drawdown": drawdown - 1,
        "margin_utilization": found.margin_utilization,
        "gross_leverage": found.gross_leverage,
    }
    return {name: _observed(found, values) for name, values in numbers.items()}


def _observed(found: Evaluation, values: Floats) -> Series:
    known = np.isfinite(values)
    return Series(found.time_us[known], values[known])


def _are_same(known: Mapping[str, Series], found: Mapping[str, Series]) -> bool:
    return known.keys() == found.keys() and all(
        np.array_equal(known[name].time_us, each.time_us)
        and np.array_equal(known[name].value, each.value)
        for name, each in found.items()
    )
