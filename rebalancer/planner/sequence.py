"""A plan's steps in order, and the states of the book around them."""

from dataclasses import dataclass

from rebalancer.planner.steps import State, Step


@dataclass(frozen=True, slots=True)
class Sequence:
    """The steps that are sent, the states before, between and after, and what had to be left.

    `blocked` names what stopped each step left over: rows of the promise's excess, see
    `rebalancer.planner.promise`.
    """

    steps: tuple[Step, ...]
    states: tuple[State, ...]
    left: tuple[Step, ...] = ()
    blocked: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One book's steps in the preferred order, from its state before the plan.

    `scale` is its NAV before the plan, `low` and `high` the corridor of each asset's delta value.
    `ceilings` are of the limit table's rows; without them the table's own.
    """

    start: State
    steps: list[Step]
    scale: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    ceilings: tuple[float, ...] = ()
