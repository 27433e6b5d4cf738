"""Law: what a long gains its mirror short loses, and the way back costs what the way there gave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.contracts import profit
from tests.properties.random_positions import prices

pytestmark = pytest.mark.property


@given(size=st.floats(-1e6, 1e6), entry=prices, mark=prices, inverse=st.booleans())
def test_the_two_sides_sum_to_nothing(
    size: float, entry: float, mark: float, *, inverse: bool
) -> None:
    long, short = (profit(s, entry=entry, mark=mark, inverse=inverse) for s in (size, -size))
    assert long == -short


@given(size=st.floats(-1e6, 1e6), entry=prices, mark=prices, inverse=st.booleans())
def test_there_and_back_is_nothing(
    size: float, entry: float, mark: float, *, inverse: bool
) -> None:
    there = profit(size, entry=entry, mark=mark, inverse=inverse)
    assert profit(size, entry=mark, mark=entry, inverse=inverse) == -there


@given(st.floats(-1e6, 1e6), prices, prices, prices)
def test_a_way_in_two_parts_earns_both(
    size: float, entry: float, middle: float, mark: float
) -> None:
    for inverse in (False, True):
        whole = profit(size, entry=entry, mark=mark, inverse=inverse)
        first = profit(size, entry=entry, mark=middle, inverse=inverse)
        second = profit(size, entry=middle, mark=mark, inverse=inverse)
        assert first + second == pytest.approx(whole, rel=1e-9, abs=1e-9 * (abs(first) + 1))
