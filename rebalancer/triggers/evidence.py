"""What each part of a condition says at a time, and what it still needs to be true."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rebalancer.model.instant import format_duration
from rebalancer.model.observations import as_of_rows
from rebalancer.model.regime_path import Evidence
from rebalancer.model.signal_history import SignalHistory, values_at
from rebalancer.model.truth import Truth, TruthHistory, carry_truth, truth_at
from rebalancer.policy.compiled import (
    Composite,
    Condition,
    Connective,
    Leaf,
    SignalReference,
    Timing,
)
from rebalancer.triggers.runs import DEFAULT_MAX_GAP, held_for
from rebalancer.triggers.text import comparison_text, condition_text, leaf_text, timing_text


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A part of a condition at a time; `negated` inside an odd number of `not`s."""

    history: TruthHistory
    signals: Mapping[str, SignalHistory]
    at_us: int
    negated: bool = False

    @property
    def truth(self) -> Truth:
        """Return the part's truth, the opposite where negated."""
        truth = Truth(int(truth_at(self.history, np.array([self.at_us]))[0]))
        return Truth(Truth.TRUE - truth) if self.negated else truth

    @property
    def bare(self) -> Truth:
        """Return the truth without the part's own timing, never negated."""
        steps = self.history.time_us, self.history.bare
        return Truth(int(carry_truth(*steps, at_us=np.array([self.at_us]))[0]))

    def worded(self, text: str) -> str:
        """Return a condition's text, denied where negated."""
        return f"not ({text})" if self.negated else text

    def held_for(self, timing: Timing | None) -> int | None:
        """Return how long the bare truth has been the same, in microseconds."""
        max_gap = timing.max_gap if timing else DEFAULT_MAX_GAP
        return held_for(self.history, self.at_us, max_gap=max_gap)


def collect_evidence(
    condition: Condition,
    history: TruthHistory,
    *,
    signals: Mapping[str, SignalHistory],
    at_us: int,
) -> tuple[Evidence, ...]:
    """Return one piece of evidence for each leaf, in order, and one for each timed composite.

    `history` is the condition's own, as `compute_truth` gave it. A leaf inside a `not` is shown
    denied, with the opposite truth; times are microseconds.
    """
    return _collect(condition, _View(history, signals, at_us))


def _collect(condition: Condition, view: _View) -> tuple[Evidence, ...]:
    """Return the evidence of a condition's parts, then its own."""
    if isinstance(condition, Leaf):
        return (_leaf_evidence(condition, view),)
    negated = view.negated != (condition.connective is Connective.NOT)
    found: list[Evidence] = []
    for part, history in zip(condition.parts, view.history.parts, strict=True):
        found += _collect(part, _View(history, view.signals, view.at_us, negated=negated))
    if condition.timing is not None:
        found.append(_composite_evidence(condition, condition.timing, view))
    return tuple(found)


def _leaf_evidence(leaf: Leaf, view: _View) -> Evidence:
    """Return the evidence of a leaf."""
    value = float(values_at(view.signals[leaf.signal], np.array([view.at_us]))[0])
    return Evidence(
        signal=leaf.signal,
        value=None if np.isnan(value) else value,
        condition=view.worded(leaf_text(leaf)),
        truth=view.truth,
        held_for_us=view.held_for(leaf.timing),
        needs=_leaf_needs(leaf, view),
    )


def _composite_evidence(condition: Composite, timing: Timing, view: _View) -> Evidence:
    """Return the evidence of a composite's own timing."""
    return Evidence(
        signal=None,
        value=None,
        condition=view.worded(condition_text(condition)),
        truth=view.truth,
        held_for_us=view.held_for(timing),
        needs=_composite_needs(timing, view),
    )


def _leaf_needs(leaf: Leaf, view: _View) -> str:
    """Return what a leaf needs to be true, nothing when it is."""
    if view.truth is Truth.TRUE:
        return ""
    if view.bare is Truth.UNKNOWN:
        return _knowledge_needs(leaf, view)
    if view.negated:
        return view.worded(leaf_text(leaf))
    if leaf.timing is not None and view.bare is Truth.TRUE:
        return _time_needs(leaf.timing, view)
    return comparison_text(leaf)


def _composite_needs(timing: Timing, view: _View) -> str:
    """Return what a composite's timing needs to be true, nothing when it is."""
    if view.truth is Truth.TRUE:
        return ""
    if view.negated:
        return "a break"
    if view.bare is Truth.TRUE:
        return _time_needs(timing, view)
    return f"to hold {timing_text(timing)}"


def _time_needs(timing: Timing, view: _View) -> str:
    """Return how much longer a condition that holds now must hold."""
    left_us = timing.for_us - (view.held_for(timing) or 0)
    if left_us > 0:
        return f"{format_duration(left_us)} more"
    return f"fewer missing observations in {format_duration(timing.for_us)}"


def _knowledge_needs(leaf: Leaf, view: _View) -> str:
    """Return which of a leaf's signals is not known, and why."""
    at = np.array([view.at_us])
    thresholds = [part.signal for part in leaf.operands if isinstance(part, SignalReference)]
    name = next(
        name
        for name in (leaf.signal, *thresholds)
        if np.isnan(values_at(view.signals[name], at)[0])
    )
    history = view.signals[name]
    row = int(as_of_rows(history.time_us, at)[0])
    if row < 0:
        return f"an observation of `{name}`"
    if view.at_us >= history.expiry_us[row]:
        age = format_duration(view.at_us - int(history.time_us[row]))
        return f"a fresh observation of `{name}`, the last is {age} old"
    return f"more history of `{name}`"
