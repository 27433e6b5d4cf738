"""The transition table: a policy's regimes and transitions as numbers, compiled once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rebalancer.model.market import Times
from rebalancer.model.observations import Booleans
from rebalancer.policy.compiled import Policy, Transition


@dataclass(frozen=True, slots=True, eq=False)
class TransitionTable:
    """Regimes and transitions by number, in the policy's order.

    `leaves` (transition, regime) is whether a transition leaves a regime; `targets` and `urgent`
    are (transition,), `min_dwell_us` is (regime,); `initial` is the number of the initial regime.
    """

    regimes: tuple[str, ...]
    transitions: tuple[Transition, ...]
    leaves: Booleans
    targets: Times
    urgent: Booleans
    min_dwell_us: Times
    initial: int

    def leaving(self, regime: str) -> Iterator[tuple[int, Transition]]:
        """Yield the numbered transitions that leave a regime, in the order they are tried."""
        for number, transition in enumerate(self.transitions):
            if regime in transition.sources:
                yield number, transition


def compile_table(policy: Policy) -> TransitionTable:
    """Return the transition table of a policy."""
    regimes = tuple(regime.name for regime in policy.regimes)
    transitions = policy.transitions
    leaves = [[regime in each.sources for regime in regimes] for each in transitions]
    targets = [regimes.index(each.target) for each in transitions]
    return TransitionTable(
        regimes=regimes,
        transitions=transitions,
        leaves=np.array(leaves, dtype=np.bool_).reshape(len(transitions), len(regimes)),
        targets=np.array(targets, dtype=np.int64),
        urgent=np.array([each.urgent for each in transitions], dtype=np.bool_),
        min_dwell_us=np.array([each.min_dwell_us for each in policy.regimes], dtype=np.int64),
        initial=regimes.index(policy.initial_regime),
    )
