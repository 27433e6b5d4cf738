from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.margin import (
    initial_margin,
    maintenance_margin,
    maintenance_rate,
    margin_tiers,
)
from tests.small_plans import perpetual

# a large venue's BTC tiers: from, maintenance, and the published maintenance amount (cum)
PUBLISHED = [
    ("0", "0.4%", "0"),
    ("300000", "0.5%", "300"),
    ("800000", "0.65%", "1500"),
    ("3000000", "1%", "12000"),
    ("12000000", "2%", "132000"),
    ("70000000", "2.5%", "482000"),
    ("100000000", "5%", "2982000"),
    ("230000000", "10%", "14482000"),
    ("480000000", "12.5%", "26482000"),
    ("600000000", "15%", "41482000"),
    ("800000000", "25%", "121482000"),
    ("1200000000", "50%", "421482000"),
]
TIERS = margin_tiers(perpetual("BTC", tiers=[(floor, rate, "100") for floor, rate, _ in PUBLISHED]))


def margin_of(notional: float) -> float:
    return float(maintenance_margin(np.array([notional]), TIERS)[0])


def test_cum_follows_the_published_recursion() -> None:
    assert TIERS.cum == pytest.approx([float(cum) for _, _, cum in PUBLISHED], abs=1e-6)


def test_maintenance_margin_within_a_tier_is_its_rate_less_its_cum() -> None:
    assert margin_of(100_000) == pytest.approx(400)
    assert margin_of(500_000) == pytest.approx(2_200)
    assert margin_of(1_000_000) == pytest.approx(5_000)
    assert margin_of(2_000_000_000) == pytest.approx(578_518_000)


@pytest.mark.parametrize("floor", [float(floor) for floor, _, _ in PUBLISHED[1:]])
def test_maintenance_margin_does_not_jump_at_a_floor(floor: float) -> None:
    assert margin_of(floor) == pytest.approx(margin_of(floor - 1e-3), rel=1e-6)


def test_nothing_needs_no_margin() -> None:
    assert maintenance_margin(np.zeros((2, 3)), TIERS).tolist() == [[0.0] * 3] * 2
    assert initial_margin(np.zeros(2), TIERS).tolist() == [0.0, 0.0]
    assert maintenance_margin(np.zeros(0), TIERS).shape == (0,)


def test_a_rate_is_that_of_the_tier_from_its_floor_on() -> None:
    notional = np.array([0.0, 299_999.0, 300_000.0, 2_000_000_000.0])
    assert maintenance_rate(notional, TIERS).tolist() == [0.004, 0.004, 0.005, 0.5]


def initial_of(
    notional: float, *, leverage: str | None, tiers: list[tuple[str, str, str]]
) -> float:
    contract = perpetual("BTC", leverage=leverage, tiers=tiers)
    return float(initial_margin(np.array([notional]), margin_tiers(contract))[0])


STEEP = [("0", "0.5%", "100"), ("50000", "1%", "50"), ("1000000", "10%", "5")]


def test_without_a_setting_the_venue_locks_a_tenth() -> None:
    assert initial_of(20_000, leverage=None, tiers=STEEP) == 2_000


def test_a_setting_decides_how_much_is_locked() -> None:
    assert initial_of(20_000, leverage="20", tiers=STEEP) == 1_000
    assert initial_of(20_000, leverage="2", tiers=STEEP) == 10_000


def test_a_tier_that_allows_less_than_the_setting_locks_more_of_the_whole_position() -> None:
    assert initial_of(1_000_000, leverage=None, tiers=STEEP) == 200_000
    assert initial_of(999_999, leverage=None, tiers=STEEP) == pytest.approx(99_999.9)


def test_a_setting_above_the_first_tier_is_cut_to_it() -> None:
    assert initial_of(1_000, leverage="125", tiers=STEEP) == 10


def test_a_first_tier_that_is_one_position_wide_has_no_cum() -> None:
    assert margin_tiers(perpetual("BTC")).cum.tolist() == [0.0]
    assert perpetual("BTC").margin_tiers[0].maintenance == Decimal("0.005")
