"""The regime machine: a `transitions` state machine compiled from a policy's table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from transitions import Machine

from rebalancer.model.truth import Truth
from rebalancer.policy.compiled import Transition
from rebalancer.regime.table import TransitionTable

_STEP = "step"
"""The machine's one event; a policy without transitions has none."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to step: the time, whether it is a calendar time, and each transition's truth."""

    at_us: int
    on_calendar: bool
    truths: Sequence[int]


class MachineModel:
    """The machine's model: the regime (`state`), since when, and which transition fired last."""

    state: str

    def __init__(self, since_us: int) -> None:
        self.since_us = since_us
        self.fired: Transition | None = None


class RegimeMachine:
    """Steps one path through the regimes, at most one step per time.

    A transition passes when its condition is true (unknown never is) and it is tried: at a
    calendar time any, once the regime has lasted its `min_dwell`; an urgent one always.
    """

    def __init__(self, table: TransitionTable, *, start_us: int) -> None:
        self._present = MachineModel(start_us)
        self._machine = Machine(
            model=self._present,
            states=list(table.regimes),
            initial=table.regimes[table.initial],
            auto_transitions=False,
            ignore_invalid_triggers=True,
        )
        for regime, dwell_us in zip(table.regimes, table.min_dwell_us.tolist(), strict=True):
            for number, transition in table.leaving(regime):
                self._machine.add_transition(
                    _STEP,
                    regime,
                    transition.target,
                    conditions=[
                        partial(_is_true, number=number),
                        partial(self._is_tried, urgent=transition.urgent, dwell_us=dwell_us),
                    ],
                    before=partial(self._remember, transition=transition),
                )

    @property
    def regime(self) -> str:
        """Return the present regime."""
        return self._present.state

    @property
    def since_us(self) -> int:
        """Return the time of the last step, or of the start."""
        return self._present.since_us

    def step(self, attempt: Attempt) -> Transition | None:
        """Return the transition that fires, the first in order that passes; None if none does."""
        self._present.fired = None
        if _STEP in self._machine.events:
            self._machine.dispatch(_STEP, attempt)
        return self._present.fired

    def _is_tried(self, attempt: Attempt, *, urgent: bool, dwell_us: int) -> bool:
        """Return whether a transition is tried at this time, in this regime."""
        has_dwelt = attempt.at_us - self._present.since_us >= dwell_us
        return urgent or (attempt.on_calendar and has_dwelt)

    def _remember(self, attempt: Attempt, *, transition: Transition) -> None:
        """Note which transition fires, and when."""
        self._present.fired = transition
        self._present.since_us = attempt.at_us


def _is_true(attempt: Attempt, *, number: int) -> bool:
    """Return whether a transition's condition is true."""
    return attempt.truths[number] == Truth.TRUE
