import math

import numpy as np
import pytest

from rebalancer.model.rates import annualised_basis, basis, funding_apr, funding_apy


@pytest.mark.parametrize(
    ("hours", "apr"), [(8.0, 0.1095), (4.0, 0.219), (2.0, 0.438), (1.0, 0.876)]
)
def test_an_apr_counts_the_intervals_of_a_year(hours: float, apr: float) -> None:
    assert funding_apr(0.0001, interval_hours=hours) == apr
    assert funding_apr(-0.0001, interval_hours=hours) == -apr


def test_each_row_has_its_own_interval() -> None:
    rates, hours = np.array([0.0001, 0.0001, np.nan]), np.array([8.0, 1.0, 8.0])
    np.testing.assert_array_equal(funding_apr(rates, interval_hours=hours), [0.1095, 0.876, np.nan])


def test_compounding_beats_the_simple_rate_either_way() -> None:
    assert funding_apy(0.0002, interval_hours=8.0) == pytest.approx(1.0002**1095 - 1)
    assert funding_apy(-0.0002, interval_hours=8.0) == pytest.approx(0.9998**1095 - 1)
    assert funding_apy(0.0, interval_hours=8.0) == 0


def test_a_basis_below_spot_is_negative() -> None:
    assert basis(99.0, 100.0) == -1
    assert annualised_basis(99.0, 100.0, days_to_expiry=36.5) == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("days", "known"), [(2.0001, True), (2.0, False), (0.0, False), (-5.0, False)]
)
def test_a_basis_is_unknown_from_two_days_before_expiry(days: float, *, known: bool) -> None:
    assert math.isnan(annualised_basis(101.0, 100.0, days_to_expiry=days)) != known
