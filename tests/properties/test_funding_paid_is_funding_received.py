"""Law: the funding that longs pay is what shorts of the same size receive, to the last bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.contracts import funding_received
from tests.properties.random_positions import prices

pytestmark = pytest.mark.property


@given(size=st.floats(0.0, 1e6), mark=prices, rate=st.floats(-0.03, 0.03), inverse=st.booleans())
def test_the_two_sides_sum_to_nothing(
    size: float, mark: float, rate: float, *, inverse: bool
) -> None:
    long = funding_received(size, mark, rate=rate, inverse=inverse)
    short = funding_received(-size, mark, rate=rate, inverse=inverse)
    assert long + short == 0
    # a positive rate is paid by longs
    assert short * rate >= 0
