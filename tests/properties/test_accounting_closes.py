"""Start NAV and where its change came from make end NAV, whatever happened on the way."""

import numpy as np
import pytest
from hypothesis import given

from tests.properties.random_histories import DrawnHistory, drawn_histories
from tests.unit.evaluation.small_histories import run_of

SIGNS = np.array([1, 1, 1, -1, -1, -1])


@pytest.mark.property
@given(drawn=drawn_histories())
def test_accounting_closes_at_every_bar(drawn: DrawnHistory) -> None:
    found = run_of(drawn.policy, drawn.market(), book=drawn.book)

    np.testing.assert_allclose(
        found.nav, found.nav[0] + found.parts @ SIGNS, rtol=0, atol=1e-9 * found.nav[0]
    )
    closed = found.attribution
    assert closed.funding == sum(found.funding.values()) or np.isclose(
        closed.funding, sum(found.funding.values()), rtol=1e-9, atol=1e-9
    )
    assert np.isclose(closed.fees, sum(fill.fee for fill in found.fills), rtol=1e-9)
    assert np.isclose(closed.slippage, sum(fill.slippage for fill in found.fills), rtol=1e-9)
    assert min((float(held) for held in found.book.spot.values()), default=0) >= 0
