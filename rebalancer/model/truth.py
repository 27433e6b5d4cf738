"""Three-valued truth (Kleene) as a function of time."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.market import Times
from rebalancer.model.observations import Observations, as_of_rows

TruthValues = NDArray[np.int8]


class Truth(IntEnum):
    """False, unknown and true, in this order: `all` is the minimum, `any` the maximum."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2

    @property
    def text(self) -> str:
        """Return the truth as reports print it: false, unknown or true."""
        return self.name.lower()


def negate(truths: TruthValues) -> TruthValues:
    """Return the opposite truths; unknown stays unknown."""
    return np.asarray(Truth.TRUE - truths, dtype=np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class TruthHistory:
    """A condition's truth as a step function of time, arrays (step,).

    Steps lie at the observations (`is_observation`) and where a carried value becomes too old.
    `bare` is the truth without the condition's own timing, `truth` with it; both are unknown
    before the first step. `observations` are those of `is_observation`; `parts` are the
    histories of a composite's conditions.
    INVARIANT: times rise strictly; the times of `observations` are those of `is_observation`.
    """

    time_us: Times
    is_observation: NDArray[np.bool_]
    bare: TruthValues
    truth: TruthValues
    observations: Observations
    parts: tuple["TruthHistory", ...] = ()


def truth_at(history: TruthHistory, at_us: Times) -> TruthValues:
    """Return the truth known at each of the times `at_us`, which need not be observations."""
    return carry_truth(history.time_us, history.truth, at_us=at_us)


def carry_truth(time_us: Times, truths: TruthValues, *, at_us: Times) -> TruthValues:
    """Return the step function (`time_us`, `truths`) at each time, unknown before its first step.

    >>> carry_truth(np.array([10]), np.array([2], dtype=np.int8), at_us=np.array([9, 11])).tolist()
    [1, 2]
    """
    if not len(time_us):
        return np.full(len(at_us), Truth.UNKNOWN, dtype=np.int8)
    rows = as_of_rows(time_us, at_us)
    return np.where(rows < 0, np.int8(Truth.UNKNOWN), truths[rows])


def truth_now(history: TruthHistory, at_us: int) -> Truth:
    """Return the truth known at one time."""
    return Truth(int(truth_at(history, np.array([at_us], dtype=np.int64))[0]))
