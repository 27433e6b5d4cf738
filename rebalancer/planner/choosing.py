"""Chooses steps one at a time, in parts if need be, where the preferred order breaks a limit."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import TradeKind
from rebalancer.planner.largest_parts import Asking, Moves, largest_parts, most_count
from rebalancer.planner.order_sizes import least_count, order_lots, step_value
from rebalancer.planner.promise import (
    LEGS,
    Bounds,
    Promise,
    bounds_of,
    excess,
    join_bounds,
)
from rebalancer.planner.sequence import Sequence, Task
from rebalancer.planner.states import Parts, stack_states, take_parts
from rebalancer.planner.steps import OUTWARD, TRANSFERS, Phase, State, Step, Venue, take_step
from rebalancer.planner.withdrawal import KEPT_BACK

Floats = NDArray[np.float64]

_MOST_STEPS = 2000
_A_WHILE = 400
"""So many steps tell whether the rest can be sent in as many as a plan may have."""

_AT_A_TIME = 64
"""So many books are chosen for side by side; each tries a hundred and more states at once."""


def choose_steps(promise: Promise, tasks: list[Task], *, good: list[int]) -> list[Sequence]:
    """Return each task's first `good` steps, and its others in an order that keeps the promise.

    Books are chosen for side by side: what their next steps would break is looked up at once.
    """
    found: list[Sequence] = []
    for start in range(0, len(tasks), _AT_A_TIME):
        some = slice(start, start + _AT_A_TIME)
        choices = [
            _choose_one_by_one(
                promise.venue,
                play_steps(promise.venue, replace(task, steps=task.steps[:count])),
                left=_joined(task.steps[count:]),
            )
            for task, count in zip(tasks[some], good[some], strict=True)
        ]
        found += _side_by_side(promise, tasks[some], choices=choices)
    return found


def _side_by_side(
    promise: Promise, tasks: list[Task], *, choices: list[Asking[Sequence]]
) -> list[Sequence]:
    done: dict[int, Sequence] = {}
    known: dict[int, tuple[State, Bounds]] = {}
    answers: dict[int, Floats | None] = dict.fromkeys(range(len(choices)))
    while answers:
        asked: dict[int, Moves] = {}
        for row, answer in answers.items():
            try:
                # the first answer starts the work, and is none
                asked[row] = choices[row].send(answer)  # type: ignore[arg-type]
            except StopIteration as stop:
                done[row] = stop.value
        _learn_bounds(promise, tasks, asked=asked, known=known)
        answers = dict(_answers(promise, known, asked=asked)) if asked else {}
    return [done[row] for row in range(len(choices))]


def _learn_bounds(
    promise: Promise,
    tasks: list[Task],
    *,
    asked: dict[int, Moves],
    known: dict[int, tuple[State, Bounds]],
) -> None:
    """Look up the bounds of states that are asked about for the first time."""
    states = {
        row: state
        for row, (state, _) in asked.items()
        if row not in known or known[row][0] is not state
    }
    if states:
        its_tasks = [tasks[row] for row in states]
        bounds = bounds_of(promise, its_tasks, before=[*states.values()])
        for place, (row, state) in enumerate(states.items()):
            known[row] = (state, bounds.take(np.array([place])))


def _answers(
    promise: Promise, known: dict[int, tuple[State, Bounds]], *, asked: dict[int, Moves]
) -> Iterator[tuple[int, Floats]]:
    """Yield the excess of what each row asks for."""
    venue = promise.venue
    tried = [(step, counts) for _, moves in asked.values() for step, counts in moves]
    sizes = [sum(len(counts) for _, counts in moves) for _, moves in asked.values()]
    starts = np.repeat(np.arange(len(asked)), sizes)
    before = stack_states(venue, [state for state, _ in asked.values()]).take(starts)
    after = take_parts(venue, before, parts=_parts(tried))
    bounds = join_bounds(known[row][1] for row in asked).take(starts)
    rows = excess(promise, before, after=after, bounds=bounds)
    yield from zip(asked, np.split(rows, np.cumsum(sizes)[:-1]), strict=True)


def _parts(tried: list[tuple[Step, list[int]]]) -> Parts:
    """Return the parts of the steps one after another, each count with its step's sign."""
    steps, sizes = [step for step, _ in tried], [len(counts) for _, counts in tried]
    signs = np.repeat([1.0 if step.count > 0 else -1.0 for step in steps], sizes)
    return Parts(
        column=np.repeat([step.column for step in steps], sizes),
        count=signs * [count for _, counts in tried for count in counts],
        sent=np.repeat([step.phase in TRANSFERS for step in steps], sizes),
    )


def _joined(steps: list[Step]) -> list[Step]:
    """Return the steps with the clips and parts of one order joined, where the first of them was.

    What is closed for its profit and opened again stays in its clips, and so does what comes
    after an order of the same instrument the other way.
    """
    joined: list[Step] = []
    place: dict[tuple[bool, int], int] = {}
    for step in steps:
        key = (step.kind is TradeKind.TRANSFER, step.column)
        at = place.get(key)
        if at is not None and not step.realises and replace(joined[at], count=step.count) == step:
            joined[at] = replace(step, count=joined[at].count + step.count)
        else:
            place[key] = len(joined)
            joined.append(step)
    return joined


def play_steps(venue: Venue, task: Task) -> Sequence:
    """Return a task's steps in their own order, with every state, whether allowed or not."""
    states = [task.start]
    for step in task.steps:
        states.append(take_step(venue, states[-1], step=step))
    return Sequence(tuple(task.steps), tuple(states))


def _choose_one_by_one(venue: Venue, done: Sequence, *, left: list[Step]) -> Asking[Sequence]:
    steps, states, waiting = list(done.steps), list(done.states), list(left)
    worth = [_worth(venue, waiting)]
    while waiting and _can_end(worth):
        choice = yield from _next_step(venue, states[-1], waiting=waiting)
        if choice is None:
            break
        index, step = choice
        rest = _rest_of(waiting[index], step)
        waiting[index : index + 1] = [replace(waiting[index], count=rest)] if rest else []
        steps.append(step)
        states.append(take_step(venue, states[-1], step=step))
        worth.append(_worth(venue, waiting))
    blocked = yield from _blocking_rows(venue, states[-1], waiting=waiting)
    merged = _merged(venue, steps)
    return Sequence(merged, _replayed(venue, states[0], merged), tuple(waiting), blocked)


def _worth(venue: Venue, waiting: list[Step]) -> float:
    return sum(step_value(venue, step) for step in waiting)


def _can_end(worth: list[float]) -> bool:
    """Return whether what is left after each step so far can be sent within the most steps.

    At the pace of the last steps: books whose hedge leaves no room go on in ever so small steps.
    """
    left = _MOST_STEPS - len(worth)
    if len(worth) <= _A_WHILE:
        return left > 0
    return worth[-1] * _A_WHILE <= (worth[-1 - _A_WHILE] - worth[-1]) * left


def _rest_of(step: Step, part: Step) -> int:
    """Return what a part leaves of a step; the dust that a wallet keeps back is nothing."""
    rest = step.count - part.count
    dust = step.phase in OUTWARD and abs(rest) <= 2 + KEPT_BACK * abs(step.count)
    return 0 if dust else rest


def _next_step(
    venue: Venue, state: State, *, waiting: list[Step]
) -> Asking[tuple[int, Step] | None]:
    """Return the first waiting step that can be sent whole, else the largest part that can."""
    rows = yield state, [(step, [abs(step.count)]) for step in waiting]
    kept: list[bool] = np.asarray((rows <= 0).all(axis=1)).tolist()
    for index, step in enumerate(waiting):
        sendable = kept[index] and abs(step.count) <= most_count(venue, state, step=step)
        sendable = sendable and not _opens_before_close(waiting, index)
        if sendable:
            return index, step
    best: tuple[float, int, Step] | None = None
    parts = yield from largest_parts(venue, state, steps=waiting)
    for index, part in enumerate(parts):
        if part is None or _opens_before_close(waiting, index):
            continue
        value = step_value(venue, part)
        if best is None or value > best[0]:
            best = (value, index, part)
    return best[1:] if best else None


def _opens_before_close(waiting: list[Step], index: int) -> bool:
    """Return whether a step opens a position whose other side is to be closed before it."""
    step = waiting[index]
    return step.phase is Phase.OPEN_FUTURES and any(
        other.phase is Phase.REDUCE_FUTURES and other.column == step.column
        for other in waiting[:index]
    )


def _blocking_rows(
    venue: Venue, state: State, *, waiting: list[Step]
) -> Asking[tuple[tuple[int, ...], ...]]:
    """Return of each step the rows of the promise that its smallest order would break.

    Rows of the limit table count from 0, the promise's own from the end.
    """
    if not waiting:
        return ()
    beyond = yield (
        state,
        [(step, [min(least_count(venue, step), abs(step.count))]) for step in waiting],
    )
    count = beyond.shape[1]
    return tuple(
        tuple(int(row if row < count + LEGS else row - count) for row in np.flatnonzero(rows > 0))
        for rows in beyond
    )


def _merged(venue: Venue, steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps with neighbours of one instrument joined into one order of allowed size."""
    merged: list[Step] = []
    for step in steps:
        last = merged[-1] if merged else None
        if last and replace(last, count=step.count) == step:
            both = replace(step, count=last.count + step.count)
            if _is_allowed_size(venue, both):
                merged[-1] = both
                continue
        merged.append(step)
    return tuple(merged)


def _is_allowed_size(venue: Venue, step: Step) -> bool:
    """Return whether a step is a transfer, or no larger than one order may be."""
    return abs(step.count) <= order_lots(venue, step)


def _replayed(venue: Venue, start: State, steps: tuple[Step, ...]) -> tuple[State, ...]:
    states = [start]
    for step in steps:
        states.append(take_step(venue, states[-1], step=step))
    return tuple(states)
