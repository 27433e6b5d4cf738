"""The largest parts of steps: found wherever limits end, in few rounds where they are straight."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.planner.largest_parts import largest_parts
from rebalancer.planner.order_sizes import least_count
from rebalancer.planner.steps import Phase, Step, build_venue, first_state
from tests.small_plans import book_of, case_of, policy_of

Floats = NDArray[np.float64]
Rows = Callable[[Floats], Floats]
"""The excess (part, row) of so many lots (part,)."""

CASE = case_of(policy_of("core: {kind: spot}", "core: 80%, cash: 20%"), book_of(USDT="1000"))
VENUE = build_venue(CASE, 0)
ROUNDS_OF_A_LINE = 3
"""Doubling, the chord, and once more where float error moves its end."""


class Line(NamedTuple):
    """A limit along a step: straight, and from a tier of initial margin on higher by a jump.

    `end` and `tier` are shares of the whole step.
    """

    slope: float
    end: float
    tier: float = 2.0
    jump: float = 0.0

    def at(self, share: Floats) -> Floats:
        return self.slope * (share - self.end) + self.jump * (share > self.tier)


slopes = st.floats(min_value=1e-6, max_value=1e3)
ends = st.floats(min_value=0, max_value=1.5)
jumps = st.floats(min_value=0, max_value=10)
limits = st.lists(st.builds(Line, slopes, ends, ends, jumps), min_size=1, max_size=4)
wholes = st.integers(min_value=2, max_value=5_000)


def rows_of(whole: int, limits: list[list[Line]]) -> Rows:
    """Return the excess whose every row is the largest of its lines: convex but for jumps."""

    def excess(counts: Floats) -> Floats:
        each = [np.max([line.at(counts / whole) for line in row], axis=0) for row in limits]
        return np.column_stack(each)

    return excess


def search(wholes: list[int], excess: list[Rows]) -> tuple[list[int], int]:
    """Return the largest part of each purchase and the rounds they took together."""
    steps = [Step(Phase.BUY_SPOT, 0, whole) for whole in wholes]
    searching = largest_parts(VENUE, first_state(CASE, 0), steps=steps)
    answer: Floats | None = None
    for rounds in range(1_000):
        try:
            _, moves = searching.send(answer)  # type: ignore[arg-type]  # None starts it
        except StopIteration as stop:
            return [part.count if part else 0 for part in stop.value], rounds
        tried = [counts for _, counts in moves]
        assert all(0 < count <= step.count for step, counts in moves for count in counts)
        answer = np.concatenate(
            [rows(np.array(counts, float)) for rows, counts in zip(excess, tried, strict=True)]
        )
    raise AssertionError("the search does not end")


def largest_kept(whole: int, excess: Rows) -> int:
    """Return the largest part by looking at every count there is."""
    kept = (excess(np.arange(1.0, whole + 1)) <= 0).all(axis=1)
    return whole if kept.all() else int(kept.argmin())


def test_one_lot_is_an_order_here() -> None:
    # so that what a part leaves is one too, and nothing but limits says how large it is
    assert least_count(VENUE, Step(Phase.BUY_SPOT, 0, 100)) == 1


@given(st.lists(st.tuples(wholes, st.lists(limits, min_size=3, max_size=3)), max_size=4))
def test_the_largest_of_all_counts_is_found_for_every_step(
    steps: list[tuple[int, list[list[Line]]]],
) -> None:
    wholes = [whole for whole, _ in steps]
    excess = [rows_of(whole, rows) for whole, rows in steps]

    found, _ = search(wholes, excess)

    assert found == [largest_kept(*step) for step in zip(wholes, excess, strict=True)]


@pytest.mark.parametrize("whole", [100, 10**6, 10**11])
@given(slope=slopes, end=st.floats(min_value=0, max_value=1))
def test_one_straight_limit_takes_few_rounds(whole: int, slope: float, end: float) -> None:
    [found], rounds = search([whole], [rows_of(whole, [[Line(slope, end)]])])

    assert found == pytest.approx(end * whole, abs=1)
    assert rounds <= ROUNDS_OF_A_LINE


def test_a_row_that_jumps_from_minus_infinity_is_searched_without_a_chord() -> None:
    def excess(counts: Floats) -> Floats:
        return np.where(counts <= 617, -np.inf, 0.5)[:, None]

    found, _ = search([1000], [excess])

    assert found == [617]
