"""What each book of a batch may do: its status, its ordered steps, and its limits along them."""

from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import PlanStatus
from rebalancer.planner.case import Case
from rebalancer.planner.clips import open_task
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import gather_facts
from rebalancer.planner.lots import Orders
from rebalancer.planner.ordering import order_tasks
from rebalancer.planner.promise import Promise
from rebalancer.planner.quantities import Quantities
from rebalancer.planner.realising import reopened_lots
from rebalancer.planner.reopening import reopen_in_clips
from rebalancer.planner.sequence import Sequence, Task
from rebalancer.planner.states import expose_states, stack_states
from rebalancer.planner.steps import (
    TRANSFERS,
    Phase,
    Step,
    Venue,
    build_venue,
    first_state,
    list_steps,
    of_row,
)
from rebalancer.policy.compiled import WhenStale

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HOLDS = 1e-9
"""Numbers are ratios of sums of floats: within this they are the same number."""

_REDUCING = {Phase.REDUCE_FUTURES, Phase.SELL_SPOT} | TRANSFERS


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One book's status and steps; `numbers` (state, row) are its limits in every state."""

    status: PlanStatus
    sequence: Sequence
    numbers: Floats


def find_outcomes(
    case: Case, quantities: Quantities, *, stale: Many[bool], when_stale: WhenStale
) -> list[Outcome]:
    """Return each book's outcome. All books of the case share one set of marks.

    Each keeps to its own row of the case's ceilings.

    Stale data, or a limit that the whole plan leaves broken, means only reductions are sent: no
    position grows and no limit's number gets worse at any step.
    """
    venue = build_venue(case, 0)
    promise = Promise(venue, case.table)
    holding, orders = when_stale is WhenStale.HOLD, quantities.orders
    reopened = reopened_lots(case, orders)
    tasks = [
        _open(
            venue,
            case,
            [] if is_stale else _all_steps(venue, case, orders, row=row, reopened=reopened),
            row=row,
        )
        for row, is_stale in enumerate(stale)
    ]
    outcomes = _outcomes(promise, case, sequences=order_tasks(promise, tasks))
    broken = ends_broken(case, outcomes).tolist()
    strict = [
        row
        for row, is_stale in enumerate(stale)
        if (is_stale and not holding) or (not is_stale and broken[row])
    ]
    if strict:
        reduced = order_tasks(
            replace(promise, reduce_only=True),
            (_open(venue, case, _reductions(case, orders, row=row), row=row) for row in strict),
        )
        found = _outcomes(promise, case.take(np.array(strict)), sequences=reduced)
        for row, outcome in zip(strict, found, strict=True):
            outcomes[row] = replace(outcome, status=PlanStatus.REDUCE_ONLY)
    return outcomes


def _all_steps(
    venue: Venue, case: Case, orders: Orders, *, row: int, reopened: Floats
) -> list[Step]:
    return reopen_in_clips(
        venue,
        first_state(case, row),
        steps=list_steps(case, orders, row=row),
        reopened={future: int(count) for future, count in enumerate(reopened[row].tolist())},
        imbalance=case.rules.leg_imbalance,
    )


def ends_broken(case: Case, outcomes: Many[Outcome]) -> Bools:
    """Return whether a limit of each book is broken after its last step, (batch,)."""
    last = np.array([outcome.numbers[-1] for outcome in outcomes]).reshape(len(outcomes), -1)
    return np.asarray((last > case.ceilings + HOLDS).any(axis=1))


def _open(venue: Venue, case: Case, steps: list[Step], *, row: int) -> Task:
    task = open_task(venue, first_state(case, row), steps=steps, imbalance=case.rules.leg_imbalance)
    return replace(task, ceilings=tuple(of_row(case.ceilings, row).tolist()))


def _reductions(case: Case, orders: Orders, *, row: int) -> list[Step]:
    return [step for step in list_steps(case, orders, row=row) if step.phase in _REDUCING]


def _outcomes(promise: Promise, case: Case, *, sequences: list[Sequence]) -> list[Outcome]:
    """Return the sequences with their limits' numbers, all states of all books in one batch."""
    numbers = _numbers(promise.venue, case, sequences=sequences)
    outcomes, place = [], 0
    for sequence in sequences:
        count = len(sequence.states)
        status = PlanStatus.TRADE if sequence.steps else PlanStatus.HOLD
        outcomes.append(Outcome(status, sequence, numbers[place : place + count]))
        place += count
    return outcomes


def _numbers(venue: Venue, case: Case, *, sequences: list[Sequence]) -> Floats:
    states = [state for sequence in sequences for state in sequence.states]
    counts = [len(sequence.states) for sequence in sequences]
    exposure = expose_states(stack_states(venue, states), venue.marks, layout=venue.layout)
    facts = gather_facts(exposure, venue.layout, scale=np.repeat(case.nav, counts))
    return limit_numbers(facts, case.table)
