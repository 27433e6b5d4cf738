"""Takes a batch of policies through their timeline: decide, carry out, advance to the next stop."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.drifting import Drift
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.tickets import Tickets
from rebalancer.evaluation.variant import Variant
from rebalancer.model.market import Times
from rebalancer.model.observations import Booleans

Rows = NDArray[np.intp]
Leap = Callable[[int], int]
"""Passes decisions from a time on, and returns when the next one is: the same time for none."""

Decide = Callable[[Rows, int], Iterable[tuple[Rows, Tickets]]]
"""Returns what accounts send at a time, group by group: each account is in one group."""

REPLACED = "a later plan took its place"
ENDED = "the evaluation ended first"


def pass_history(
    run: HistoryRun, variants: Sequence[Variant], *, decide: Decide, leap: Leap | None = None
) -> None:
    """Pass the whole timeline, one variant for each account.

    At a stop the accounts decide that have a decision time there or broke a limit that may not
    wait; what they decide replaces what still waits. Then orders that are due are carried out. At
    the end decisions are still made, and nothing is carried out any more. `leap` may pass many
    decisions at a time, where no limit is watched.
    """
    timeline, desk = run.timeline, run.desk
    end_us, now_us = int(timeline.time_us[-1]), int(timeline.time_us[0])
    agenda = Agenda([variant.decides_us for variant in variants])
    watch = _Watch(variants, run) if any(one.plans_on_breach for one in variants) else None
    run.begin()
    asked = run.asks_now(watch) if watch else None
    while True:
        if leap is not None and watch is None:
            now_us = leap(now_us)
        rows = agenda.take(now_us)
        if asked is not None:
            rows = rows | asked
        if rows.any():
            _decide(run, rows, at_us=now_us, decide=decide)
        if now_us == end_us:
            break
        run.carry_out(now_us)
        stop_us = min(end_us, desk.tickets.next_us, agenda.next_us)
        asked = run.advance(stop_us, watch=watch)
        now_us = stop_us if asked is None else run.now_us
    desk.cancel(np.ones(len(variants), dtype=bool), at_us=now_us, reason=ENDED)


def _decide(run: HistoryRun, chosen: Booleans, *, at_us: int, decide: Decide) -> None:
    """Replace the tickets of these accounts, (batch,), by what they decide."""
    desk = run.desk
    run.plans += chosen
    sent = list(decide(np.flatnonzero(chosen), at_us))
    desk.cancel(chosen, at_us=at_us, reason=REPLACED)
    desk.parts.close(chosen)
    run.funding.close(chosen)
    desk.tickets = desk.tickets.put(sent)


class Agenda:
    """The decision times (rising) that each account has left; accounts share their times."""

    def __init__(self, times_us: Sequence[Times]) -> None:
        shared = {id(times): times.tolist() for times in times_us}
        numbers = {key: number for number, key in enumerate(shared)}
        self._left = [times[::-1] for times in shared.values()]
        self._of = np.array([numbers[id(times)] for times in times_us])

    @property
    def next_us(self) -> int:
        """When the next account decides; far in the future where none does."""
        return min((times[-1] for times in self._left if times), default=2**62)

    def take(self, now_us: int) -> Booleans:
        """Return which accounts decide at a time, (batch,), and strike off the times up to it."""
        due = np.zeros(len(self._left), dtype=bool)
        for number, times in enumerate(self._left):
            while times and times[-1] <= now_us:
                due[number] = times.pop() == now_us
        return np.asarray(due[self._of])


class _Watch:
    """Asks for a plan at the first bar at which an account breaks a limit that may not wait."""

    def __init__(self, variants: Sequence[Variant], run: HistoryRun) -> None:
        self._variants, self._run = variants, run

    def __call__(
        self, accounts: Accounts, drifted: Drift, points: slice
    ) -> tuple[int, Booleans] | None:
        places = {
            row: variant.first_breach(
                accounts, drifted, points=points, row=row, timeline=self._run.timeline
            )
            for row, variant in enumerate(self._variants)
            if variant.plans_on_breach
        }
        broken = {row: place for row, place in places.items() if place is not None}
        if not broken:
            return None
        first = min(broken.values())
        asking = np.zeros(accounts.batch, dtype=bool)
        asking[[row for row, place in broken.items() if place == first]] = True
        return first, asking
