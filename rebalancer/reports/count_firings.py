"""Counts how often each transition of a policy fires in a replayed history."""

import numpy as np

from rebalancer.model.calendar import calendar_times
from rebalancer.model.history import History
from rebalancer.model.truth import Truth, TruthValues, truth_at
from rebalancer.policy.compiled import Policy
from rebalancer.policy.nodes import Places
from rebalancer.reports.firings import Firings


def count_firings(policy: Policy, history: History, *, places: Places) -> list[Firings]:
    """Return one count for each transition, in the policy's order."""
    path, rebalance = history.path, policy.rebalance
    times = calendar_times(
        rebalance.every_us,
        rebalance.offset_us,
        start_us=path.start_us,
        until_us=path.until_us,
    )
    firings = []
    for number, transition in enumerate(policy.transitions):
        truths = truth_at(history.truths[transition.name], times)
        firings.append(
            Firings(
                place=places.of_value(("transitions", number)),
                transition=transition.name,
                fired_us=tuple(s.at_us for s in path.steps if s.because == transition.name),
                start_us=path.start_us,
                until_us=path.until_us,
                true=_share(truths, Truth.TRUE),
                unknown=_share(truths, Truth.UNKNOWN),
            )
        )
    return firings


def _share(truths: TruthValues, truth: Truth) -> float:
    return float(np.mean(truths == truth)) if len(truths) else 0.0
