"""`for` against an oracle that walks over every hour, written from the policy language's page."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.instant import HOUR_US
from rebalancer.model.observations import UNBOUNDED_US, Observations
from rebalancer.model.truth import Truth
from rebalancer.policy.compiled import Timing
from rebalancer.triggers.timing import hold_truth

pytestmark = pytest.mark.property

Print = tuple[int, int, Truth]
"""The hour of an observation, the hours that it covers and its truth."""


@st.composite
def prints(draw: st.DrawFn) -> list[Print]:
    """Observations on whole hours, mostly true and known, with a few wide gaps between them."""
    truths = st.sampled_from([Truth.TRUE] * 8 + [Truth.FALSE, Truth.UNKNOWN])
    rows = draw(st.lists(st.tuples(st.sampled_from([1, 2, 2, 2, 2, 4, 9]), truths), max_size=30))
    constant = draw(st.booleans())
    hours = np.cumsum([spacing for spacing, _ in rows]).tolist()
    covers = [2 if constant else min(spacing, 2) for spacing, _ in rows]
    return [
        (hour, cover, truth) for hour, cover, (_, truth) in zip(hours, covers, rows, strict=True)
    ]


TIMINGS = st.builds(
    Timing,
    st.integers(1, 30).map(lambda hours: hours * HOUR_US),
    st.sampled_from([Decimal(1), Decimal("0.9"), Decimal("0.5")]),
    st.sampled_from([Decimal(1), Decimal("0.9"), Decimal("0.7")]),
    st.integers(0, 4),
)


def is_covered(seen: list[Print], timing: Timing) -> bool:
    """Whether the window that ends at the last print is covered, hour by hour."""
    end, end_covers, _ = seen[-1]
    start = end - timing.for_us // HOUR_US
    known = [(hour, covers) for hour, covers, truth in seen if truth is not Truth.UNKNOWN]
    if seen[0][0] > start or not any(hour > start for hour, _ in known):
        return False
    covered = {
        hour - back
        for row, (hour, covers) in enumerate(known)
        for back in range(covers)
        if row == 0 or hour - back > known[row - 1][0]
    }
    missing, uncovered, stretch = Fraction(0), 0, 0
    begun = False
    for hour in range(min(seen[0][0], start) - 20, end + 1):
        stretch = 0 if hour in covered else stretch + 1
        begun = begun or hour in covered
        after = next((covers for stamp, covers in known if stamp > hour), end_covers)
        if hour > start and hour not in covered:
            uncovered += 1
            missing += Fraction(1, after)
            if stretch > timing.max_gap * after or not begun:
                return False
    length = end - start
    return uncovered <= (1 - Fraction(timing.coverage)) * length or missing <= 1


def expected_truth(seen: list[Print], timing: Timing) -> Truth:
    start = seen[-1][0] - timing.for_us // HOUR_US
    inside = [truth for hour, _, truth in seen if hour > start and truth is not Truth.UNKNOWN]
    if inside.count(Truth.TRUE) < Fraction(timing.share) * len(inside):
        return Truth.FALSE
    return Truth.TRUE if is_covered(seen, timing) else Truth.UNKNOWN


@given(prints(), TIMINGS)
def test_for_equals_a_count_of_hours(rows: list[Print], timing: Timing) -> None:
    observations = Observations(
        np.array([hour for hour, _, _ in rows], dtype=np.int64) * HOUR_US,
        np.array([covers for _, covers, _ in rows], dtype=np.int64) * HOUR_US,
        np.full(len(rows), UNBOUNDED_US, dtype=np.int64),
    )
    truths = np.array([truth for _, _, truth in rows], dtype=np.int8)
    expected = [expected_truth(rows[: count + 1], timing) for count in range(len(rows))]
    assert hold_truth(observations, truths, timing=timing).tolist() == expected
