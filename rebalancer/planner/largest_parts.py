"""The largest parts of steps that keep the promise: searched along what limits say of them."""

from collections.abc import Generator
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.order_sizes import order_lots, part_count
from rebalancer.planner.promise import withdrawable_steps
from rebalancer.planner.steps import OUTWARD, State, Step, Venue

Floats = NDArray[np.float64]

_GRID = 8
_AROUND_CHORD = (-1, 0, 1, 2, 4, 16, 64, 256)
"""So many lots from the end of a chord are tried. On straight limits the end itself is the largest
part and one lot more breaks; −1 is for float error."""

_UNKNOWN = np.zeros(0)

Moves = tuple[State, list[tuple[Step, list[int]]]]
"""A state, and of steps that may follow it so many lots (transfer steps) as are tried of each."""

_Result = TypeVar("_Result")
Asking = Generator[Moves, Floats, _Result]
"""Work that asks what moves from a state break. It yields them, and is sent their excess: (part,
row) in the order of steps and counts, shares of NAV, kept where ≤ 0."""


def largest_parts(venue: Venue, state: State, *, steps: list[Step]) -> Asking[list[Step | None]]:
    """Return of each step the largest part that keeps the promise and that the venue takes.

    The parts that keep it are all up to the largest. All steps are searched at once: a round tries
    parts of each between the largest known to be kept and the smallest known not to be.
    """
    most = [most_count(venue, state, step=step) for step in steps]
    brackets = [_Bracket(0, count + 1) for count in most]
    while any(tried := [_between(bracket) for bracket in brackets]):
        rows = yield state, list(zip(steps, tried, strict=True))
        found = iter(rows)
        brackets = [
            _narrowed(bracket, counts, rows=[next(found) for _ in counts])
            for bracket, counts in zip(brackets, tried, strict=True)
        ]
    good = [bracket.good for bracket in brackets]
    return [_part(venue, step, most=count) for step, count in zip(steps, good, strict=True)]


class _Bracket(NamedTuple):
    """The largest count known to be kept and the smallest known not to be, with their excess."""

    good: int
    bad: int
    at_good: Floats = _UNKNOWN
    at_bad: Floats = _UNKNOWN

    @property
    def chord(self) -> int | None:
        """The count at which the first chord crosses zero, None where no row has one.

        A convex row lies under its chord, so it is kept at least up to there. An initial margin
        with a jump is not convex, and only makes this a worse guess.
        """
        tells = (self.at_bad > 0) & np.isfinite(self.at_good)
        low, high = self.at_good[tells], self.at_bad[tells]
        if not low.size:
            return None
        return self.good + int((self.bad - self.good) * float((low / (low - high)).min()))


def most_count(venue: Venue, state: State, *, step: Step) -> int:
    """Return the most lots (transfer steps) of a step that one order or withdrawal may be.

    A close is at most what is held: what is closed for its profit is opened again between clips.
    """
    most = min(abs(step.count), order_lots(venue, step))
    if step.phase in OUTWARD:
        most = min(most, withdrawable_steps(venue, state, wallet=step.column))
    if step.is_reduce_only:
        size = abs(state.size[step.column - venue.layout.spot_count])
        most = min(most, round(size / venue.lot[step.column]))
    return most


def _between(bracket: _Bracket) -> list[int]:
    """Return counts to try between the ends of a bracket, neither of them included.

    From zero, where most steps have little room or none, each is twice the one before. Else they
    are a grid, and those around the end of a chord.
    """
    good, bad = bracket.good, bracket.bad
    if bad - good == 1:
        return []
    if not good:
        doubling = {2**power for power in range((bad - 1).bit_length())}
        return sorted({*doubling, bad - 1} - {0})
    # both ends were tried by now
    chord, width = bracket.chord, bad - good
    counts = {good + width * part // _GRID for part in range(1, _GRID)}
    if chord is not None:
        counts |= {chord + past for past in _AROUND_CHORD}
    return sorted(count for count in counts if good < count < bad)


def _narrowed(bracket: _Bracket, counts: list[int], *, rows: list[Floats]) -> _Bracket:
    """Return the bracket within counts whose excess is known: a row for each count."""
    good, bad, at_good, at_bad = bracket
    for count, row in zip(counts, rows, strict=True):
        if not (row <= 0).all():
            return _Bracket(good, count, at_good, row)
        good, at_good = count, row
    return _Bracket(good, bad, at_good, at_bad)


def _part(venue: Venue, step: Step, *, most: int) -> Step | None:
    count = part_count(venue, step, most=most)
    return replace(step, count=count) if count else None
