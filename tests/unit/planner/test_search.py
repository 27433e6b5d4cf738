"""The first share of a line that holds, and nothing that holds is passed over."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.planner.search import NARROW, Rows, Violation, first_holding

Floats = NDArray[np.float64]


def first_between(low: float, high: float) -> float:
    """The first share found where exactly [low, high] holds."""

    def lines(_: Rows) -> Violation:
        return lambda share: np.maximum(low - share, share - high)

    by_grid, by_ends = (first_holding(lines, 1, ends_first=first)[0] for first in (False, True))
    assert by_ends == pytest.approx(by_grid, abs=NARROW, nan_ok=True)
    return float(by_grid)


def test_what_holds_at_once_moves_nowhere() -> None:
    assert first_between(0.0, 1.0) == 0.0


@pytest.mark.parametrize("low", [0.01, 1 / 3, 0.75, 0.999])
def test_the_lower_end_of_what_holds_is_found(low: float) -> None:
    share = first_between(low, 1.0)

    assert share == pytest.approx(low, abs=1e-9)
    assert share >= low


def test_what_holds_only_at_the_target_is_found() -> None:
    assert first_between(1.0, 1.0) == 1.0


def test_an_interval_narrower_than_the_grid_is_found() -> None:
    assert first_between(0.5101, 0.5102) == pytest.approx(0.5101, abs=1e-9)


def test_where_nothing_holds_there_is_no_share() -> None:
    assert np.isnan(first_between(1.5, 2.0))


def test_every_book_has_its_own_share() -> None:
    lows = np.array([0.2, 0.0, 0.7, 5.0])

    def lines(rows: Rows) -> Violation:
        return lambda share: lows[rows] - share

    found = first_holding(lines, 4)

    assert found[:3] == pytest.approx([0.2, 0.0, 0.7], abs=1e-9)
    assert np.isnan(found[3])


def test_no_books_have_no_shares() -> None:
    assert first_holding(lambda _: lambda share: share, 0).shape == (0,)


def test_a_jump_is_found_as_exactly_as_a_slope() -> None:
    edges = np.array([0.7, 0.123])

    def lines(rows: Rows) -> Violation:
        return lambda share: np.where(share < edges[rows], 2.0, -0.01)

    found = first_holding(lines, 2)

    assert np.all(found >= edges)
    assert np.all(found <= edges + NARROW)


def test_a_kink_is_found_as_exactly_as_a_slope() -> None:
    def lines(_: Rows) -> Violation:
        return lambda share: np.maximum(1e6 * (0.2013 - share), 1e-6 * (0.2017 - share))

    found = first_holding(lines, 1)

    assert 0.2017 <= found[0] <= 0.2017 + NARROW


def test_the_share_of_a_book_does_not_depend_on_its_neighbours() -> None:
    lows = np.random.default_rng(7).uniform(0, 1, 50)

    def lines(rows: Rows, *, offset: int = 0) -> Violation:
        return lambda share: np.expm1(lows[rows + offset] - share)

    together = first_holding(lines, 50)
    alone = [first_holding(partial(lines, offset=row), 1)[0] for row in range(50)]

    assert together.tolist() == alone


# ------------------------------------------------------------------ convex lines
Slope = tuple[Fraction, Fraction]
"""A slope and where it crosses zero: positive slopes cap the holding shares, others begin them."""

SMALLEST = Fraction(1, 10**8)
"""An interval of holding shares that is narrower may be passed over: it is a point."""

crossings = st.fractions(-1, 2, max_denominator=10**6)
steepness = st.builds(
    lambda digits, power: Fraction(digits) * Fraction(10) ** power,
    st.integers(1, 99),
    st.integers(-4, 5),
)


@st.composite
def convex_lines(draw: st.DrawFn) -> list[Slope]:
    """The largest of up to eight straight lines: down to their crossings, or up from them."""
    count = draw(st.integers(1, 8))
    return [
        (draw(steepness) * draw(st.sampled_from([-1, 1])), draw(crossings)) for _ in range(count)
    ]


def holding_interval(slopes: Sequence[Slope]) -> tuple[Fraction, Fraction]:
    """Where in [0, 1] every straight line is at or under zero, exactly; empty where low > high."""
    low = max([Fraction(0), *(at for slope, at in slopes if slope < 0)])
    high = min([Fraction(1), *(at for slope, at in slopes if slope > 0)])
    return low, high


def violation_of(every: Sequence[Sequence[Slope]], rows: Rows) -> Violation:
    some = [every[row] for row in rows.tolist()]

    def largest(share: Floats) -> Floats:
        return np.array(
            [
                max(float(slope) * (at_share - float(at)) for slope, at in slopes)
                for slopes, at_share in zip(some, share.tolist(), strict=True)
            ]
        )

    return largest


@given(st.lists(convex_lines(), min_size=1, max_size=6))
def test_no_holding_share_of_a_convex_line_is_passed_over(every: list[list[Slope]]) -> None:
    found = first_holding(partial(violation_of, every), len(every))

    for slopes, share in zip(every, found.tolist(), strict=True):
        low, high = holding_interval(slopes)
        if high - low >= SMALLEST:
            assert share == pytest.approx(float(low), abs=1e-9)
        elif low > high + SMALLEST:
            assert np.isnan(share)


@given(
    low=st.fractions(0, 1, max_denominator=10**6),
    width=st.fractions(SMALLEST, Fraction(1, 100), max_denominator=10**8),
    down=steepness,
    up=steepness,
)
def test_a_narrow_interval_between_steep_lines_is_not_given_up(
    low: Fraction, width: Fraction, down: Fraction, up: Fraction
) -> None:
    # both ends are far over zero in every grid point around it, and one may be far steeper
    high = min(low + width, Fraction(1))
    slopes = [(-down, low), (up, high)]

    (share,) = first_holding(partial(violation_of, [slopes]), 1).tolist()

    if high - low >= SMALLEST:
        assert share == pytest.approx(float(low), abs=1e-9)


def test_a_row_that_is_given_up_costs_its_neighbours_nothing() -> None:
    # the first can hold nowhere, and is left after a step; the second holds in a hundredth
    hopeless = [(Fraction(-1), Fraction(2)), (Fraction(1), Fraction(-1))]
    narrow = [(Fraction(-50), Fraction(51, 100)), (Fraction(50), Fraction(52, 100))]
    asked: list[int] = []

    def lines(rows: Rows) -> Violation:
        violation = violation_of([hopeless, narrow], rows)

        def counted(share: Floats) -> Floats:
            asked.extend(rows.tolist())
            return violation(share)

        return counted

    found = first_holding(lines, 2)

    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.51, abs=1e-9)
    # 33 points of the grid, two ends of a bracket, and one pair of thirds
    assert asked.count(0) == 33 + 2 + 2
