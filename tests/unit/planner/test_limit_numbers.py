"""Numbers that need care: no equity, tiers on the way, and a wallet that a rise alone can hurt."""

import numpy as np
import pytest

from rebalancer.model.book import Account
from rebalancer.planner.layout import build_layout
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import LimitRow, LimitTable, gather_facts
from tests.small_plans import linear_exposure, market_of, perpetual, policy_of

PAIR = "core: {kind: spot}"


def distance_of(
    notional: float, *, equity: float, tiers: tuple[tuple[str, str, str], ...]
) -> float:
    """The distance to liquidation of one BTC position."""
    policy = policy_of(PAIR, "core: 60%, cash: 40%")
    market = market_of(perpetual("BTC", tiers=tiers))
    layout = build_layout(policy, market.instruments, account=Account.SEPARATE)
    exposure = linear_exposure(
        np.zeros((1, 1)),
        np.array([[notional]]),
        margin=np.array([[equity]]),
        nav=np.array([1000.0]),
    )
    facts = gather_facts(exposure, layout, scale=exposure.nav)
    table = LimitTable((LimitRow.LIQUIDATION_DISTANCE,), np.array([-0.1]))
    return -float(limit_numbers(facts, table)[0, 0])


FLAT = (("0", "0.4%", "125"),)
RISING = (("0", "0.4%", "125"), ("350", "1%", "50"), ("500", "10%", "5"))


def test_three_times_long_is_liquidated_a_third_lower() -> None:
    # (1/3 - 0.4 %) / (1 - 0.4 %): the published -33.07 %
    assert distance_of(300, equity=100, tiers=FLAT) == pytest.approx(0.3306559572, abs=1e-9)


def test_three_times_short_is_liquidated_a_third_higher() -> None:
    assert distance_of(-300, equity=100, tiers=FLAT) == pytest.approx(0.328021248, abs=1e-9)


def test_once_short_is_liquidated_near_twice_the_price() -> None:
    assert distance_of(-300, equity=300, tiers=FLAT) == pytest.approx((1 - 0.004) / 1.004)


def test_the_tier_at_the_liquidation_price_counts_not_the_present_one() -> None:
    # at 400 of notional the 1 % tier (cum 2.1) rules: 100 - 300 m = 3 (1 + m) - 2.1
    assert distance_of(-300, equity=100, tiers=RISING) == pytest.approx(99.1 / 303)
    # farther up the 10 % tier (cum 47.1) does: 300 - 300 m = 30 (1 + m) - 47.1
    assert distance_of(-300, equity=300, tiers=RISING) == pytest.approx(317.1 / 330)


def test_a_position_under_its_maintenance_margin_has_no_distance_left() -> None:
    assert distance_of(-300, equity=1, tiers=FLAT) == 0


@pytest.mark.parametrize("equity", [1e4, 1e6, 1e9])
def test_a_short_is_liquidated_however_far_up(equity: float) -> None:
    far = (equity / 300 - 0.004) / 1.004
    assert distance_of(-300, equity=equity, tiers=FLAT) == pytest.approx(far)
