"""Searches along a line of books, a whole batch at once, for the first one that holds."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Violation = Callable[[Rows, Floats], Floats]

GRID = 32
HALVINGS = 40


def first_holding(violation: Violation, batch: int) -> Floats:
    """Return the smallest share in [0, 1] at which each book holds, NaN where none does.

    `violation(rows, share)` is positive where the book of `rows` breaks something at `share`.
    Violations are convex along a line (up to steps of initial margin), so the holding shares are
    one interval: a grid finds it, and where it is narrower than the grid the least violation is
    searched between grid points; then its lower end is bisected.
    """
    rows = np.arange(batch)
    found = np.full(batch, np.nan)
    least, least_at = np.full(batch, np.inf), np.zeros(batch)
    for step in range(GRID + 1):
        share = np.full(rows.size, step / GRID)
        value = violation(rows, share)
        holds = value <= 0
        found[rows[holds]] = step / GRID
        better = value < least[rows]
        least[rows[better]], least_at[rows[better]] = value[better], step / GRID
        rows = rows[~holds]
        if not rows.size:
            break
    _search_between(violation, rows, found, least_at)
    return _bisect_down(violation, found)


def _search_between(violation: Violation, rows: Rows, found: Floats, near: Floats) -> None:
    """Search around the least violation by thirds; write shares that hold into `found`."""
    if not rows.size:
        return
    low = np.maximum(near[rows] - 1 / GRID, 0.0)
    high = np.minimum(near[rows] + 1 / GRID, 1.0)
    for _ in range(HALVINGS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        at_left, at_right = violation(rows, left), violation(rows, right)
        found[rows[at_left <= 0]] = left[at_left <= 0]
        found[rows[at_right <= 0]] = right[at_right <= 0]
        low, high = (
            np.where(at_left <= at_right, low, left),
            np.where(at_left <= at_right, right, high),
        )


def _bisect_down(violation: Violation, found: Floats) -> Floats:
    """Return the lower end of each holding interval, given a share inside it."""
    rows = np.flatnonzero(found > 0)
    if not rows.size:
        return found
    holding = found[rows]
    broken = np.maximum(holding - 1 / GRID, 0.0)
    for _ in range(HALVINGS):
        middle = (holding + broken) / 2
        holds = violation(rows, middle) <= 0
        holding, broken = np.where(holds, middle, holding), np.where(holds, broken, middle)
    result = found.copy()
    result[rows] = holding
    return result
