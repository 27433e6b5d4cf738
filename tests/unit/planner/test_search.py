import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.search import GRID, NARROW, Lines, Rows, Violation, first_holding

Floats = NDArray[np.float64]


def between(low: Floats, high: Floats) -> Lines:
    """Lines that hold from `low` to `high`, and break more the further they are outside."""

    def lines(rows: Rows) -> Violation:
        return lambda share: np.maximum(3 * (low[rows] - share), 0.5 * (share - high[rows]))

    return lines


def test_the_smallest_share_that_holds_is_found() -> None:
    low = np.array([0.0, 0.3, 1 / GRID, 1.0])
    share = first_holding(between(low, np.ones(4)), 4)
    assert np.all(share >= low)
    assert np.all(share <= low + NARROW)


def test_a_book_that_never_holds_has_no_share() -> None:
    share = first_holding(between(np.array([0.6, 0.2]), np.array([0.5, 0.5])), 2)
    assert np.isnan(share[0])
    assert 0.2 <= share[1] <= 0.2 + NARROW


def test_an_interval_narrower_than_the_grid_is_found() -> None:
    low, high = np.array([0.4102]), np.array([0.4107])
    assert 0.4102 <= first_holding(between(low, high), 1)[0] <= 0.4102 + NARROW


def test_a_jump_is_found_as_exactly_as_a_slope() -> None:
    def lines(rows: Rows) -> Violation:
        edge = np.array([0.7, 0.123])[rows]
        return lambda share: np.where(share < edge, 2.0, -0.01)

    share = first_holding(lines, 2)
    assert np.all(share >= [0.7, 0.123])
    assert np.all(share <= np.array([0.7, 0.123]) + 1e-11)


def test_a_kink_is_found_as_exactly_as_a_slope() -> None:
    def lines(_: Rows) -> Violation:
        return lambda share: np.maximum(1e6 * (0.2013 - share), 1e-6 * (0.2017 - share))

    assert 0.2017 <= first_holding(lines, 1)[0] <= 0.2017 + NARROW


def test_the_share_of_a_book_does_not_depend_on_its_neighbours() -> None:
    low = np.random.default_rng(7).uniform(0, 1, 50)
    high = low + 0.1
    together = first_holding(between(low, high), 50)
    alone = [first_holding(between(low[[row]], high[[row]]), 1)[0] for row in range(50)]
    assert together.tolist() == alone
