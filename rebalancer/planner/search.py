"""Searches along a line of books, a whole batch at once, for the first one that holds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Violation = Callable[[Floats], Floats]
Lines = Callable[[Rows], Violation]

GRID = 32
HALVINGS = 40
_ROOM = 2048
"""So many books are tried in one go: a few books at many shares, or many at one."""

_WORTH_KEEPING = 0.75
"""Of books that are tried together, the share that is still searched before the rest is left."""

_CHORDS = 12
"""So many steps along chords, then sections: straight lines are done by then."""

_SECTIONS = 16

NARROW = 2.0**-45
"""A bracket this narrow, in shares of a line, is a point."""


def first_holding(lines: Lines, batch: int, *, ends_first: bool = False) -> Floats:
    """Return the smallest share in [0, 1] at which each book holds, NaN where none does.

    `lines(rows)` prepares the lines of some books: a function of one share per row, positive where
    the book of that row breaks something at its share.
    Violations are convex along a line, up to steps of initial margin, so the holding shares are
    one interval: a grid finds it, and where it is narrower than the grid the least violation is
    searched between grid points; then its lower end is enclosed. With `ends_first` a line that
    holds at its end needs no grid: for lines without such steps.
    """
    rows = np.arange(batch)
    found = np.full(batch, np.nan)
    sides = _Sides(*(np.full(batch, np.nan) for _ in range(3)))
    if ends_first:
        at_start, at_end = _of_pairs(lines, rows)(np.zeros(batch), np.ones(batch))
        found = np.where(at_start <= 0, 0.0, np.where(at_end <= 0, 1.0, np.nan))
        sides = _Sides(np.zeros(batch), at_start, at_end)
        rows = np.flatnonzero(np.isnan(found))
    _search_grid(lines, rows, found)
    sides.forget(rows, found[rows])
    return _enclose_lower_end(lines, found, sides)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """By book (batch,), a share `low` that does not hold, and the violations there and at `found`.

    NaN: not known yet.
    """

    low: Floats
    above: Floats
    below: Floats

    def forget(self, rows: Rows, found: Floats) -> None:
        """Take the grid point before the share that was found, whose violations are not known."""
        self.low[rows] = np.maximum(found - 1 / GRID, 0.0)
        self.above[rows] = self.below[rows] = np.nan


def _search_grid(lines: Lines, rows: Rows, found: Floats) -> None:
    """Write the first share of a grid that holds into `found`, else one between its points."""
    least, least_at = np.full(found.size, np.inf), np.zeros(found.size)
    violation, at_once, step = None, 1, 0
    while rows.size and step <= GRID:
        if violation is None:
            at_once = min(max(1, _ROOM // rows.size), GRID + 1)
            violation = lines(np.repeat(rows, at_once))
        shares = np.minimum(np.arange(step, step + at_once) / GRID, 1.0)
        value = violation(np.tile(shares, rows.size)).reshape(rows.size, at_once)
        best = value.argmin(axis=1)
        smallest = value[np.arange(rows.size), best]
        better = smallest < least[rows]
        least[rows[better]], least_at[rows[better]] = smallest[better], shares[best[better]]
        holds = value <= 0
        is_found = holds.any(axis=1)
        found[rows[is_found]] = shares[holds[is_found].argmax(axis=1)]
        if is_found.any():
            rows, violation = rows[~is_found], None
        step += at_once
    _search_between(lines, rows, found, least_at)


def _search_between(lines: Lines, rows: Rows, found: Floats, near: Floats) -> None:
    """Search around the least violation by thirds; write shares that hold into `found`.

    A row is given up as soon as convexity says that nothing in its bracket holds.
    """
    low = np.maximum(near[rows] - 1 / GRID, 0.0)
    high = np.minimum(near[rows] + 1 / GRID, 1.0)
    if not rows.size:
        return
    violation = _of_pairs(lines, rows)
    at_low, at_high = violation(low, high)
    for _ in range(HALVINGS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        at_left, at_right = violation(left, right)
        found[rows[at_left <= 0]] = left[at_left <= 0]
        found[rows[at_right <= 0]] = right[at_right <= 0]
        is_left = at_left <= at_right
        open_rows = np.isnan(found[rows]) & (_least((at_low, at_left, at_right, at_high)) <= 0)
        low, high = np.where(is_left, low, left), np.where(is_left, right, high)
        at_low, at_high = np.where(is_left, at_low, at_left), np.where(is_left, at_right, at_high)
        if not open_rows.all():
            rows, low, high = rows[open_rows], low[open_rows], high[open_rows]
            at_low, at_high = at_low[open_rows], at_high[open_rows]
            if not rows.size:
                return
            violation = _of_pairs(lines, rows)


def _of_pairs(lines: Lines, rows: Rows) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    """Return the violations of some books at two shares each, tried in one go."""
    violation = lines(np.concatenate([rows, rows]))

    def of_pairs(one: Floats, other: Floats) -> tuple[Floats, Floats]:
        values = violation(np.concatenate([one, other]))
        return values[: rows.size], values[rows.size :]

    return of_pairs


def _least(values: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    """Return a bound below a convex function on a bracket, given it at the ends of its thirds.

    Outside two points it lies above the line through them: in the middle third above both outer
    chords, in an outer third above the middle one. Wider by half for steps of initial margin.
    """
    at_low, at_left, at_right, at_high = values
    middle = np.maximum(
        np.minimum(at_left, 2 * at_left - at_low), np.minimum(at_right, 2 * at_right - at_high)
    )
    outer = np.minimum(2 * at_left - at_right, 2 * at_right - at_left)
    least = np.minimum(middle, outer)
    spread = np.maximum(at_low, at_high) - np.minimum(at_left, at_right)
    return np.asarray(least - 0.5 * np.maximum(spread, 0.0))


def _enclose_lower_end(lines: Lines, found: Floats, sides: _Sides) -> Floats:
    """Return the lower end of each holding interval, given a share inside it and one below it.

    A step tries where the chord between the ends of a row's bracket is zero, and the middle after
    a chord that did not halve the bracket: violations are nearly straight, so a few steps mostly
    do for forty halvings. What is left has a jump, and is cut into ever smaller sections. A row's
    steps depend on that row alone.
    """
    result, rows = found.copy(), np.flatnonzero(found > 0)
    unknown = rows[np.isnan(sides.above[rows])]
    if unknown.size:
        ends = _of_pairs(lines, unknown)(sides.low[unknown], found[unknown])
        sides.above[unknown], sides.below[unknown] = ends
    high, low = found[rows], sides.low[rows]
    above, below = sides.above[rows], sides.below[rows]
    violation = lines(rows)
    by_chord = above > 0
    for _ in range(_CHORDS):
        wide = high - low > NARROW
        if wide.sum() <= _WORTH_KEEPING * rows.size:
            rows, low, high = rows[wide], low[wide], high[wide]
            above, below, by_chord = above[wide], below[wide], by_chord[wide]
            violation, wide = lines(rows), wide[wide]
        if not rows.size:
            return result
        width = high - low
        part = np.divide(above, above - below, out=np.full(rows.size, 0.5), where=by_chord)
        middle = np.clip(low + part * width, low + NARROW / 2, high - NARROW / 2)
        value = violation(middle)
        holds = wide & (value <= 0)
        fails = wide & ~holds
        low, above = np.where(fails, middle, low), np.where(fails, value, above)
        high, below = np.where(holds, middle, high), np.where(holds, value, below)
        by_chord = (high - low <= width / 2) & (above > 0)
        result[rows] = high
    _cut_into_sections(lines, result, rows, low)
    return result


def _cut_into_sections(lines: Lines, result: Floats, rows: Rows, low: Floats) -> None:
    """Enclose the lower ends that are left, in place: the first section whose end holds, again."""
    parts = np.arange(1, _SECTIONS) / _SECTIONS
    while True:
        wide = result[rows] - low > NARROW
        rows, low = rows[wide], low[wide]
        if not rows.size:
            return
        high = result[rows]
        shares = low[:, None] + (high - low)[:, None] * parts
        value = lines(np.repeat(rows, parts.size))(shares.ravel()).reshape(shares.shape)
        edges = np.column_stack([low, shares, high])
        ends = np.column_stack([value <= 0, np.ones(rows.size, dtype=bool)]).argmax(axis=1)
        every = np.arange(rows.size)
        low, result[rows] = edges[every, ends], edges[every, ends + 1]
