"""The largest part of a step: found wherever convex limits end, in few rounds where straight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.planner.largest_parts import largest_parts
from rebalancer.planner.steps import Phase, Step, build_venue, first_state
from tests.small_plans import book_of, case_of, policy_of

Floats = NDArray[np.float64]
Lines = list[tuple[float, float]]

CASE = case_of(policy_of("core: {kind: spot}", "core: 80%, cash: 20%"), book_of(USDT="1000"))
ROUNDS_OF_A_LINE = 3
"""Doubling, the chord, and once more where float error moves its end."""

slopes = st.floats(min_value=1e-6, max_value=1e3)
ends = st.floats(min_value=0, max_value=1.5)
lines = st.lists(st.tuples(slopes, ends), min_size=1, max_size=4)


def search(whole: int, rows: list[Lines]) -> tuple[int, int]:
    """Return the largest part of a purchase and the rounds it took.

    Each row of the excess is the largest of its lines: a slope, and where it crosses zero as a
    share of the whole.
    """

    def excess(counts: list[int]) -> Floats:
        share = np.array(counts)[:, None] / whole
        each = [
            np.max([slope * (share[:, 0] - end) for slope, end in its_lines], axis=0)
            for its_lines in rows
        ]
        return np.column_stack(each)

    venue = build_venue(CASE, 0)
    searching = largest_parts(venue, first_state(CASE, 0), steps=[Step(Phase.BUY_SPOT, 0, whole)])
    answer: Floats | None = None
    rounds = 0
    try:
        while True:
            _, [(_, counts)] = searching.send(answer)  # type: ignore[arg-type]  # None starts it
            assert counts[0] > 0
            assert counts[-1] <= whole
            answer, rounds = excess(counts), rounds + 1
    except StopIteration as stop:
        [part] = stop.value
        return (part.count if part else 0), rounds


def largest_kept(whole: int, rows: list[Lines]) -> int:
    """Return the same by looking at every count there is."""
    counts = np.arange(whole + 1)
    kept = np.ones(whole + 1, dtype=bool)
    for its_lines in rows:
        for slope, end in its_lines:
            kept &= slope * (counts / whole - end) <= 0
    return int(np.flatnonzero(kept)[-1]) if kept.any() else 0


@given(
    whole=st.integers(min_value=2, max_value=5_000), rows=st.lists(lines, min_size=1, max_size=3)
)
def test_the_largest_of_all_counts_is_found(whole: int, rows: list[Lines]) -> None:
    # what is left must be an order too: one lot is
    most = largest_kept(whole, rows)

    found, _ = search(whole, rows)

    assert found == most


@pytest.mark.parametrize("whole", [100, 10**6, 10**11])
@given(slope=slopes, end=st.floats(min_value=0, max_value=1))
def test_one_straight_limit_takes_few_rounds(whole: int, slope: float, end: float) -> None:
    found, rounds = search(whole, [[(slope, end)]])

    assert found == pytest.approx(end * whole, abs=1)
    assert rounds <= ROUNDS_OF_A_LINE


def test_a_row_that_jumps_from_minus_infinity_is_searched_without_a_chord() -> None:
    venue, whole = build_venue(CASE, 0), 1000
    searching = largest_parts(venue, first_state(CASE, 0), steps=[Step(Phase.BUY_SPOT, 0, whole)])
    answer: Floats | None = None
    parts: list[Step | None] = []
    while not parts:
        try:
            _, [(_, counts)] = searching.send(answer)  # type: ignore[arg-type]  # None starts it
        except StopIteration as stop:
            parts = stop.value
        else:
            jumps = np.where(np.array(counts) <= 617, -np.inf, 0.5)
            answer = np.column_stack([jumps, np.full(len(counts), -1.0)])

    assert parts == [Step(Phase.BUY_SPOT, 0, 617)]
