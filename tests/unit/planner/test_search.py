import numpy as np
import pytest
from numpy.typing import NDArray

from rebalancer.planner.search import first_holding

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def first_between(low: float, high: float) -> float:
    """The first share found where exactly [low, high] holds."""

    def violation(_rows: Rows, share: Floats) -> Floats:
        return np.maximum(low - share, share - high)

    return float(first_holding(violation, 1)[0])


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

    def violation(rows: Rows, share: Floats) -> Floats:
        return lows[rows] - share

    found = first_holding(violation, 4)

    assert found[:3] == pytest.approx([0.2, 0.0, 0.7], abs=1e-9)
    assert np.isnan(found[3])


def test_no_books_have_no_shares() -> None:
    assert first_holding(lambda _, share: share, 0).shape == (0,)
