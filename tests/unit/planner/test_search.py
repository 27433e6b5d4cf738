from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from rebalancer.planner.search import NARROW, Rows, Violation, first_holding

Floats = NDArray[np.float64]


def first_between(low: float, high: float) -> float:
    """The first share found where exactly [low, high] holds."""

    def lines(_: Rows) -> Violation:
        return lambda share: np.maximum(low - share, share - high)

    return float(first_holding(lines, 1)[0])


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
