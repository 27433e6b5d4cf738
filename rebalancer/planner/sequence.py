"""The order of the trades: one that keeps the promise after every step, split where it must be."""

from dataclasses import dataclass

import numpy as np

from rebalancer.planner.promise import (
    Promise,
    excess,
    keeps_promise,
    may_withdraw,
    withdrawable_cents,
)
from rebalancer.planner.steps import Phase, State, Step, StepKind, take_step

_GRID = 16
_REFINEMENTS = 3
_MOST_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Sequence:
    """The steps that are sent, the states before, between and after, and what had to be left.

    `blocked` names the rows of the limit table (-1: cash) that stopped each step left over.
    """

    steps: tuple[Step, ...]
    states: tuple[State, ...]
    left: tuple[Step, ...] = ()
    blocked: tuple[tuple[int, ...], ...] = ()


def order_steps(promise: Promise, start: State, *, steps: list[Step]) -> Sequence:
    """Return the steps in an order that keeps the promise, split and moved where needed.

    The preferred order is tried first; from the first step that would break a limit, steps are
    chosen one at a time: the first that can be sent whole, else the largest part that can.
    """
    states = [start]
    for step in steps:
        states.append(take_step(promise.venue, states[-1], step=step))
    good = _kept_prefix(promise, states, steps=steps)
    if good == len(steps):
        return Sequence(tuple(steps), tuple(states))
    return _choose_one_by_one(
        promise, Sequence(tuple(steps[:good]), tuple(states[: good + 1])), left=steps[good:]
    )


def _kept_prefix(promise: Promise, states: list[State], *, steps: list[Step]) -> int:
    if not steps:
        return 0
    kept = keeps_promise(promise, states[:-1], after=states[1:])
    for index, step in enumerate(steps):
        if not kept[index] or not may_withdraw(promise.venue, states[index], step=step):
            return index
    return len(steps)


def _choose_one_by_one(promise: Promise, done: Sequence, *, left: list[Step]) -> Sequence:
    steps, states, waiting = list(done.steps), list(done.states), list(left)
    while waiting and len(steps) < _MOST_STEPS:
        choice = _next_step(promise, states[-1], waiting=waiting)
        if choice is None:
            break
        index, step = choice
        rest = waiting[index].count - step.count
        waiting[index : index + 1] = [Step(step.phase, step.column, rest)] if rest else []
        steps.append(step)
        states.append(take_step(promise.venue, states[-1], step=step))
    blocked = tuple(_blocking_rows(promise, states[-1], step=step) for step in waiting)
    return Sequence(
        _merged(steps), _replayed(promise, states[0], _merged(steps)), tuple(waiting), blocked
    )


def _next_step(promise: Promise, state: State, *, waiting: list[Step]) -> tuple[int, Step] | None:
    """Return the first waiting step that can be sent whole, else the largest part that can."""
    after = [take_step(promise.venue, state, step=step) for step in waiting]
    kept = keeps_promise(promise, [state] * len(after), after=after)
    for index, step in enumerate(waiting):
        sendable = kept[index] and not _opens_before_close(waiting, index)
        if sendable and may_withdraw(promise.venue, state, step=step):
            return index, step
    best: tuple[float, int, Step] | None = None
    for index, step in enumerate(waiting):
        part = _largest_part(promise, state, step=step)
        if part is None or _opens_before_close(waiting, index):
            continue
        value = _value(promise, part)
        if best is None or value > best[0]:
            best = (value, index, part)
    return best[1:] if best else None


def _opens_before_close(waiting: list[Step], index: int) -> bool:
    """Return whether a step opens a position whose other side is still to be closed."""
    step = waiting[index]
    return step.phase is Phase.OPEN_FUTURES and any(
        other.phase is Phase.REDUCE_FUTURES and other.column == step.column for other in waiting
    )


def _value(promise: Promise, step: Step) -> float:
    """Return a step's size in the quote coin."""
    if step.kind is StepKind.TRANSFER:
        return abs(step.count) / 100
    return abs(step.count) * promise.venue.lot[step.column] * promise.venue.price[step.column]


def _largest_part(promise: Promise, state: State, *, step: Step) -> Step | None:
    """Return the largest part of a step that keeps the promise and that the venue takes.

    Limits are convex along a fill, so the parts that keep them are all up to the largest.
    """
    most = abs(step.count)
    if step.phase is Phase.TRANSFER_OUT:
        most = min(most, withdrawable_cents(promise.venue, state, wallet=step.column))
    good, bad = 0, most + 1
    for _ in range(_REFINEMENTS + most.bit_length() // 4):
        tried = sorted(
            {good + (bad - good) * part // _GRID for part in range(1, _GRID + 1)} - {bad}
        )
        tried = [count for count in tried if good < count < bad]
        if not tried:
            break
        parts = [_part(step, count) for count in tried]
        after = [take_step(promise.venue, state, step=part) for part in parts]
        kept = keeps_promise(promise, [state] * len(after), after=after)
        failed = np.flatnonzero(~kept)
        first = int(failed[0]) if failed.size else len(tried)
        bad = tried[first] if first < len(tried) else bad
        good = tried[first - 1] if first else good
    return _sendable(promise, step, good)


def _part(step: Step, count: int) -> Step:
    return Step(step.phase, step.column, count if step.count > 0 else -count)


def _sendable(promise: Promise, step: Step, count: int) -> Step | None:
    """Return the part if it and what it leaves are orders that the venue takes."""
    whole = abs(step.count)
    least = least_count(promise, step)
    if count < whole:
        count = min(count, whole - least)
    if count < least or count <= 0:
        return None
    return _part(step, count)


def least_count(promise: Promise, step: Step) -> int:
    """Return the fewest lots of a step's instrument that the venue takes, at least one."""
    if step.kind is StepKind.TRANSFER:
        return 1
    venue = promise.venue
    layout, column = venue.layout, step.column
    least = layout.min_amount[column] / venue.lot[column]
    if not step.is_reduce_only:
        by_cost = layout.min_cost[column] / (venue.lot[column] * venue.price[column])
        least = max(least, by_cost)
    return max(1, int(np.ceil(least * (1 - 1e-12))))


def _blocking_rows(promise: Promise, state: State, *, step: Step) -> tuple[int, ...]:
    """Return the rows of the limit table that the smallest order of a step would break."""
    smallest = _part(step, min(least_count(promise, step), abs(step.count)))
    rows = excess(promise, [state], after=[take_step(promise.venue, state, step=smallest)])[0]
    broken = np.flatnonzero(rows > 0)
    last = len(promise.table.rows)
    return tuple(-1 if row == last else int(row) for row in broken)


def _merged(steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps with neighbours of one instrument joined into one order."""
    merged: list[Step] = []
    for step in steps:
        last = merged[-1] if merged else None
        if last and (last.phase, last.column) == (step.phase, step.column):
            merged[-1] = Step(step.phase, step.column, last.count + step.count)
        else:
            merged.append(step)
    return tuple(merged)


def _replayed(promise: Promise, start: State, steps: tuple[Step, ...]) -> tuple[State, ...]:
    states = [start]
    for step in steps:
        states.append(take_step(promise.venue, states[-1], step=step))
    return tuple(states)
