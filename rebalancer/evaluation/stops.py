"""Takes a batch of policies through their timeline: decide, carry out, advance to the next stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.drifting import Drift
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.tickets import Tickets
from rebalancer.evaluation.variant import Variant
from rebalancer.model.observations import Booleans

Decide = Callable[[Sequence[int], int], dict[int, Tickets]]
"""Returns what each of these accounts sends at a time; nothing for one that sends nothing."""

REPLACED = "a later plan took its place"
ENDED = "the evaluation ended first"


def pass_history(run: HistoryRun, variants: Sequence[Variant], *, decide: Decide) -> None:
    """Pass the whole timeline, one variant for each account.

    At a stop the accounts decide that have a decision time there or broke a limit that may not
    wait; what they decide replaces what still waits. Then orders that are due are carried out. At
    the end decisions are still made, and nothing is carried out any more.
    """
    timeline, desk = run.timeline, run.desk
    end_us, now_us = int(timeline.time_us[-1]), int(timeline.time_us[0])
    agenda = _Agenda([variant.decides_us.tolist() for variant in variants])
    watch = _Watch(variants, run) if any(one.plans_on_breach for one in variants) else None
    run.begin()
    asked = run.asks_now(watch) if watch else None
    while True:
        rows = agenda.take(now_us)
        if asked is not None:
            rows |= set(np.flatnonzero(asked).tolist())
        if rows:
            _decide(run, sorted(rows), at_us=now_us, decide=decide)
        if now_us == end_us:
            break
        desk.carry_out(now_us)
        stop_us = min(end_us, desk.tickets.next_us, agenda.next_us)
        asked = run.advance(stop_us, watch=watch)
        now_us = stop_us if asked is None else run.now_us
    desk.cancel(np.ones(len(variants), dtype=bool), at_us=now_us, reason=ENDED)


def _decide(run: HistoryRun, rows: list[int], *, at_us: int, decide: Decide) -> None:
    """Replace the tickets of these accounts by what they decide."""
    desk = run.desk
    chosen = np.zeros(desk.accounts.batch, dtype=bool)
    chosen[rows] = True
    sent = decide(rows, at_us)
    desk.cancel(chosen, at_us=at_us, reason=REPLACED)
    desk.tickets = desk.tickets.put(sent)


@dataclass(slots=True)
class _Agenda:
    """The decision times (rising) that each account has left."""

    times_us: list[list[int]]

    def __post_init__(self) -> None:
        for times in self.times_us:
            times.reverse()

    @property
    def next_us(self) -> int:
        """When the next account decides; far in the future where none does."""
        return min((times[-1] for times in self.times_us if times), default=2**62)

    def take(self, now_us: int) -> set[int]:
        """Return the accounts that decide at a time, and strike the time off."""
        due = {row for row, times in enumerate(self.times_us) if times and times[-1] == now_us}
        for row in due:
            self.times_us[row].pop()
        return due


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
