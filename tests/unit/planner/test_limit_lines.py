from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.plan import LimitLine
from rebalancer.planner.limit_lines import limit_lines
from rebalancer.planner.limits import LimitRow, LimitTable
from rebalancer.policy.compiled import Limits

LIMITS = Limits(
    gross_leverage=Decimal("1.5"),
    net_exposure=(Decimal("-0.1"), Decimal("0.8")),
    liquidation_distance=Decimal("0.25"),
)


def lines_of(*columns: tuple[LimitRow, float, list[float]]) -> list[LimitLine]:
    """The lines of rows given as (row, ceiling, its number in every state)."""
    table = LimitTable(
        tuple(row for row, _, _ in columns), np.array([ceiling for _, ceiling, _ in columns])
    )
    numbers = np.array([values for _, _, values in columns]).T
    return list(limit_lines(table, numbers, limits=LIMITS))


def test_a_maximum_shows_its_highest_number() -> None:
    (line,) = lines_of((LimitRow.GROSS_LEVERAGE, 1.5, [1.0, 1.4, 1.2]))

    assert line == LimitLine("gross_leverage", None, Decimal("1.5"), 1.0, 1.4, 1.2, holds=True)


def test_a_minimum_shows_its_lowest_number() -> None:
    (line,) = lines_of((LimitRow.LIQUIDATION_DISTANCE, -0.25, [-0.5, -0.3, -0.4]))

    assert line == LimitLine(
        "liquidation_distance", Decimal("0.25"), None, 0.5, 0.3, 0.4, holds=True
    )


def test_an_interval_shows_what_is_nearest_to_either_end() -> None:
    # +0.5 leaves 0.3 below the upper end, -0.05 leaves 0.05 above the lower one
    (line,) = lines_of(
        (LimitRow.NET_HIGH, 0.8, [0.5, -0.05, 0.2]), (LimitRow.NET_LOW, 0.1, [-0.5, 0.05, -0.2])
    )

    assert (line.minimum, line.maximum) == (Decimal("-0.1"), Decimal("0.8"))
    assert (line.before, line.worst_during, line.after) == (0.5, -0.05, 0.2)


def test_an_infinite_number_is_shown_as_none() -> None:
    (line,) = lines_of((LimitRow.LIQUIDATION_DISTANCE, -0.25, [-np.inf, -0.3, -np.inf]))

    assert (line.before, line.worst_during, line.after) == (None, 0.3, None)


@pytest.mark.parametrize(("after", "holds"), [(1.5, True), (1.5 + 1e-10, True), (1.500001, False)])
def test_a_limit_holds_up_to_itself(after: float, *, holds: bool) -> None:
    (line,) = lines_of((LimitRow.GROSS_LEVERAGE, 1.5, [1.0, after]))

    assert line.holds is holds


def test_stress_has_the_ends_of_the_limit_it_stresses() -> None:
    lines = lines_of(
        (LimitRow.STRESS_GROSS, 1.5, [1.2, 1.3]),
        (LimitRow.STRESS_NET_HIGH, 0.8, [0.6, 0.7]),
        (LimitRow.STRESS_NET_LOW, 0.1, [-0.2, -0.3]),
        (LimitRow.STRESS_LIQUIDATION, 0.0, [-0.2, -0.1]),
    )

    assert [(line.name, line.minimum, line.maximum) for line in lines] == [
        ("stress_gross_leverage", None, Decimal("1.5")),
        ("stress_net_exposure", Decimal("-0.1"), Decimal("0.8")),
        ("stress_liquidation", Decimal(0), None),
    ]
    assert (lines[2].before, lines[2].after) == (0.2, 0.1)


def test_what_the_venue_locks_is_not_a_limit_of_the_policy() -> None:
    assert lines_of((LimitRow.INITIAL_MARGIN, 0.0, [-0.5, -0.4])) == []
