"""Statistics of windows (t - D, t], in n log n and with answers that depend on the window alone.

A window is joined from blocks of 1, 2, 4, … rows that end where the next begins, right to left.
Which rows came before the window, or after it, never changes a bit of its result, as running
totals would; and joining means and squared deviations (Chan, Golub, LeVeque 1979) keeps a
constant window's deviation exactly zero.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.market import Floats, Times

Block = tuple[Floats, ...]
"""Statistics of blocks of rows, each array (row,): the block that ends at that row."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The observations that a transform reads, arrays (row,).

    The window of row i is the rows `start[i]` to i. `value` is NaN where unknown; `other` are
    the returns of another symbol beside the values.
    """

    time_us: Times
    value: Floats
    start: NDArray[np.intp]
    window_us: int
    quantile: float = float("nan")
    other: Floats | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Return which values are known."""
        return ~np.isnan(self.value)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Counts, means and sums of (co-)deviations of the known rows of each window, arrays (row,)."""

    count: Floats
    mean: Floats
    squares: Floats
    other_squares: Floats
    products: Floats

    @property
    def variance(self) -> Floats:
        """Return the variance with n - 1, NaN for fewer than two rows."""
        return self.squares / np.where(self.count > 1, self.count - 1, np.nan)


def fold_windows(
    block: Block,
    start: NDArray[np.intp],
    *,
    join: Callable[[Block, Block], Block],
    empty: tuple[float, ...],
) -> Block:
    """Return the statistics of each row's window, from those of single rows.

    `join(left, right)` gives the statistics of two neighbouring blocks, `empty` are those of no
    rows at all; all arrays are (row,).
    """
    rows = np.arange(len(start))
    length = rows + 1 - start
    end = rows.copy()
    result: Block = tuple(np.full(len(rows), number) for number in empty)
    size = 1
    while (length >= size).any():
        has_block = (length & size) > 0
        joined = join(tuple(column[end] for column in block), result)
        result = tuple(
            np.where(has_block, new, old) for new, old in zip(joined, result, strict=True)
        )
        end = np.maximum(np.where(has_block, end - size, end), 0)
        left = tuple(column[np.maximum(rows - size, 0)] for column in block)
        block = join(left, block)
        size *= 2
    return result


def window_moments(frame: Frame, other: Floats | None = None) -> Moments:
    """Return the moments of the frame's values, and of `other` beside them, in each window.

    Rows where either is NaN count as missing.
    """
    second = frame.value if other is None else other
    known = ~(np.isnan(frame.value) | np.isnan(second))
    first = np.where(known, frame.value, 0.0)
    zeros = np.zeros(len(first))
    single = (known.astype(float), first, np.where(known, second, 0.0), zeros, zeros, zeros)
    count, mean, _, squares, other_squares, products = fold_windows(
        single, frame.start, join=_join_moments, empty=(0.0,) * 6
    )
    return Moments(count, mean, squares, other_squares, products)


def _join_moments(left: Block, right: Block) -> Block:
    """Return the moments of two blocks together; an empty block changes nothing, not even a bit."""
    count = left[0] + right[0]
    part = right[0] / np.where(count > 0, count, 1.0)
    delta, other_delta = right[1] - left[1], right[2] - left[2]
    weight = left[0] * part
    return (
        count,
        np.where(part == 1, right[1], left[1] + delta * part),
        np.where(part == 1, right[2], left[2] + other_delta * part),
        left[3] + right[3] + delta * delta * weight,
        left[4] + right[4] + other_delta * other_delta * weight,
        left[5] + right[5] + delta * other_delta * weight,
    )


def latest_extreme(frame: Frame, *, highest: bool) -> NDArray[np.intp]:
    """Return the row of each window's extreme value, the latest of equals, -1 where none is known.

    Shape (row,).
    """
    worst = -np.inf if highest else np.inf
    values = np.where(frame.known, frame.value, worst)
    rows = np.where(frame.known, np.arange(len(values)), -1).astype(float)

    def join(left: Block, right: Block) -> Block:
        keep_left = left[0] > right[0] if highest else left[0] < right[0]
        keep_left |= right[1] < 0
        return np.where(keep_left, left[0], right[0]), np.where(keep_left, left[1], right[1])

    found = fold_windows((values, rows), frame.start, join=join, empty=(worst, -1.0))
    return found[1].astype(np.intp)


def fold_sorted(frame: Frame, measure: Callable[[list[float], float], float]) -> Floats:
    """Return `measure(known values of the window in order, the row's value)` for each row.

    NaN where the window has no known value. Shape (row,).
    """
    result = np.full(len(frame.value), np.nan)
    values, starts = frame.value.tolist(), frame.start.tolist()
    ordered: list[float] = []
    dropped = 0
    for row, value in enumerate(values):
        if not math.isnan(value):
            insort(ordered, value)
        for old in values[dropped : starts[row]]:
            if not math.isnan(old):
                del ordered[bisect_left(ordered, old)]
        dropped = starts[row]
        if ordered:
            result[row] = measure(ordered, value)
    return result
