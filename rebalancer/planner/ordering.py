"""The order of the trades: the preferred one where it keeps the promise, else a chosen one."""

from collections.abc import Iterable
from dataclasses import replace

from rebalancer.planner.choosing import choose_steps, play_steps
from rebalancer.planner.clips import clip_steps, split_orders
from rebalancer.planner.promise import Promise, bounds_of, keeps_promise, may_withdraw
from rebalancer.planner.sequence import Sequence, Task
from rebalancer.planner.steps import Venue


def order_tasks(promise: Promise, tasks: Iterable[Task]) -> list[Sequence]:
    """Return each book's steps in an order that keeps the promise, split and moved where needed.

    The preferred order of all books, its legs in clips, is tried first, in one batch; from the
    first step of a book that would break a limit, its steps are chosen one at a time: the first
    that can be sent whole, else the largest part that can.
    """
    venue = promise.venue
    listed = [replace(task, steps=split_orders(venue, clip_steps(venue, task))) for task in tasks]
    tried = [play_steps(promise.venue, task) for task in listed]
    before = [state for sequence in tried for state in sequence.states[:-1]]
    after = [state for sequence in tried for state in sequence.states[1:]]
    if not before:
        return tried
    of_steps = [task for task in listed for _ in task.steps]
    bounds = bounds_of(promise, of_steps, before=before)
    kept = keeps_promise(promise, before, after=after, bounds=bounds).tolist()
    good, place = [], 0
    for sequence in tried:
        count = len(sequence.steps)
        good.append(_kept_prefix(venue, sequence, kept[place : place + count]))
        place += count
    stopped = [row for row, task in enumerate(listed) if good[row] < len(task.steps)]
    chosen = choose_steps(
        promise, [listed[row] for row in stopped], good=[good[row] for row in stopped]
    )
    ordered = dict(enumerate(tried)) | dict(zip(stopped, chosen, strict=True))
    return list(ordered.values())


def _kept_prefix(venue: Venue, sequence: Sequence, kept: list[bool]) -> int:
    """Return how many steps keep the promise before the first that does not."""
    for index, step in enumerate(sequence.steps):
        if not kept[index] or not may_withdraw(venue, sequence.states[index], step=step):
            return index
    return len(sequence.steps)
