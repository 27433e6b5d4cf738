"""Law: margin at a tier's rate less its cum is each bracket's part at its own rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.margin import maintenance_margin
from tests.properties.random_positions import Ladder, ladders

pytestmark = pytest.mark.property


@given(ladders(unit=50_000.0), st.floats(0.0, 3_000_000.0))
def test_the_tiers_add_up_to_their_brackets(ladder: Ladder, notional: float) -> None:
    (margin,) = maintenance_margin(np.array([notional]), ladder.tiers)
    assert margin == pytest.approx(ladder.maintenance(notional), rel=1e-9, abs=1e-9)


@given(ladders(unit=50_000.0))
def test_no_floor_is_a_jump_and_every_tier_is_its_own_line(ladder: Ladder) -> None:
    tiers = ladder.tiers
    below = maintenance_margin(tiers.floor * (1 - 1e-9), tiers)
    assert maintenance_margin(tiers.floor, tiers) == pytest.approx(below, rel=1e-6, abs=1e-6)
    line = tiers.floor * tiers.maintenance - tiers.cum
    assert maintenance_margin(tiers.floor, tiers) == pytest.approx(line, rel=1e-9, abs=1e-6)
