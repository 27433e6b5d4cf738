"""The truth of every condition of a policy, from its signals' histories."""

from collections.abc import Iterable, Mapping

from rebalancer.model.signal_history import SignalHistory
from rebalancer.model.truth import TruthHistory
from rebalancer.policy.compiled import Condition, Leaf, Transition
from rebalancer.triggers.comparison import compare_leaf
from rebalancer.triggers.composition import join_histories
from rebalancer.triggers.timing import apply_timing


def compute_truths(
    transitions: Iterable[Transition], signals: Mapping[str, SignalHistory]
) -> dict[str, TruthHistory]:
    """Return the truth of each transition's condition over time, by the transition's name.

    Truth is a function of signal history alone; a condition used twice is computed once.
    """
    seen: dict[Condition, TruthHistory] = {}
    return {
        transition.name: compute_truth(transition.when, signals, seen=seen)
        for transition in transitions
    }


def compute_truth(
    condition: Condition,
    signals: Mapping[str, SignalHistory],
    *,
    seen: dict[Condition, TruthHistory] | None = None,
) -> TruthHistory:
    """Return the truth of one condition over time; `seen` keeps those already computed."""
    seen = {} if seen is None else seen
    if condition in seen:
        return seen[condition]
    if isinstance(condition, Leaf):
        history = compare_leaf(condition, signals)
    else:
        parts = [compute_truth(part, signals, seen=seen) for part in condition.parts]
        history = join_histories(condition.connective, parts)
    if condition.timing is not None:
        history = apply_timing(history, condition.timing)
    seen[condition] = history
    return history
