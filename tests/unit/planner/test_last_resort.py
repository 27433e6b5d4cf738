"""The last resort: NAV is 1,000 and BTC at 100 in lots so coarse that no coin can be sold."""

import pytest

from rebalancer.model.book import Book
from rebalancer.model.market import Market
from rebalancer.model.plan import Plan, PlanStatus
from rebalancer.planner.last_resort import smallest_relaxations
from rebalancer.policy.compiled import Policy
from tests.small_plans import (
    book_of,
    case_of,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    spot_pair,
)

COARSE = market_of(spot_pair("BTC", step="10"))
STUCK = book_of(BTC="6.215", USDT="378.5")
"""62.15 % of coins, not one of which can be sold."""

SHORT_OF_THEM = book_of(BTC="6.2155", USDT="378.45")
"""62.155 % of coins, which a short of up to 20 % makes up for."""

CORE = ("core: {kind: spot}", "core: 40%, cash: 60%")
TILTED = (
    "core: {kind: spot}, tilt: {kind: short, leverage: 1}",
    "core: 40%, tilt: 20%, cash: 40%",
)


def stuck(limits: str) -> Plan:
    return plan_of(policy_of(*CORE, limits=limits), STUCK, market=COARSE)


def tilted(limits: str) -> Plan:
    return plan_of(policy_of(*TILTED, limits=limits), SHORT_OF_THEM, market=COARSE)


def relaxations(policy: Policy, book: Book, market: Market = COARSE) -> tuple[str, ...]:
    return smallest_relaxations(case_of(policy, book, market=market), [0])[0]


def test_a_limit_in_the_way_is_named_with_the_least_it_would_have_to_be() -> None:
    plan = stuck("{net_exposure: [0%, 50%]}")

    assert plan.status is PlanStatus.REFUSED
    (refusal,) = plan.refusals
    assert refusal.message == (
        "limit net_exposure is broken, and no plan is found that mends it; it is possible with "
        "net_exposure at most 62.2% instead of 50%"
    )


@pytest.mark.parametrize(
    ("limit", "status"), [("62.2%", PlanStatus.HOLD), ("62.1%", PlanStatus.REFUSED)]
)
def test_with_what_is_named_the_plan_is_possible_and_with_a_tenth_of_a_percent_less_it_is_not(
    limit: str, status: PlanStatus
) -> None:
    assert stuck(f"{{net_exposure: [0%, {limit}]}}").status is status


def test_two_limits_in_the_way_have_no_way_out_of_their_own() -> None:
    plan = stuck("{net_exposure: [0%, 50%], gross_leverage: 0.5}")

    (refusal,) = plan.refusals
    assert refusal.message == (
        "limits gross_leverage and net_exposure are broken, and no plan is found that mends them; "
        "no wider limit alone makes the plan possible"
    )


def test_limits_that_conflict_are_each_named_with_their_own_least() -> None:
    # exposure of 50 % asks for a short of 12.155 %, in lots of 0.01 % 12.16 %, and 74.315 % of
    # gross; gross of 70 % leaves a short of 7.84 %, and 54.315 % of exposure
    plan = tilted("{net_exposure: [0%, 50%], gross_leverage: 0.7}")

    assert plan.status is PlanStatus.REDUCE_ONLY
    (warning,) = plan.warnings
    assert warning == (
        "limit net_exposure is broken, and no plan is found that mends it; it is possible with "
        "gross_leverage 0.744 instead of 0.7 or net_exposure at most 54.4% instead of 50%"
    )


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ("{net_exposure: [0%, 50%], gross_leverage: 0.744}", PlanStatus.TRADE),
        ("{net_exposure: [0%, 50%], gross_leverage: 0.743}", PlanStatus.REDUCE_ONLY),
        ("{net_exposure: [0%, 54.4%], gross_leverage: 0.7}", PlanStatus.TRADE),
        ("{net_exposure: [0%, 54.3%], gross_leverage: 0.7}", PlanStatus.REDUCE_ONLY),
    ],
)
def test_each_of_them_alone_makes_the_plan_possible_and_less_of_it_does_not(
    limits: str, status: PlanStatus
) -> None:
    plan = tilted(limits)

    assert plan.status is status
    assert all(line.holds for line in plan.limits) is (status is PlanStatus.TRADE)


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ("{net_exposure: [-500%, 0%]}", ["net_exposure at least -621.6% instead of -500%"]),
        ("{futures_leverage: 5}", ["futures_leverage 6.216 instead of 5"]),
        ("{gross_leverage: 5}", ["gross_leverage 6.216 instead of 5"]),
        ("{asset_weight: 500%}", ["asset_weight 621.6% instead of 500%"]),
        # the venue's setting is 10
        ("{margin_utilization: 50%}", ["margin_utilization 62.2% instead of 50%"]),
        # a rise of (100 - 3.10775) / (621.55 · 1.005) leaves the maintenance margin of 0.5 %
        ("{liquidation_distance: 20%}", ["liquidation_distance 15.5% instead of 20%"]),
        ("{liquidation_distance: 20%, gross_leverage: 5}", []),
    ],
)
def test_every_limit_is_named_with_its_own_end_and_unit(limits: str, named: list[str]) -> None:
    # a short of 621.55 in lots of 1,000, on 100 of margin that is all there is
    policy = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 100%", limits=limits)
    book = book_of(("BTC/USDT:USDT", "-6.2155", "100"), wallet="100")

    assert relaxations(policy, book, market_of(perpetual("BTC", step="10"))) == tuple(named)


def test_a_limit_with_stress_gives_way_with_it() -> None:
    # 62.15 % of coins after a rise of a fifth: 74.58 of 112.43
    policy = policy_of(*CORE, limits="{net_exposure: [0%, 50%]}", stress="{BTC: [-20%, 20%]}")

    assert relaxations(policy, STUCK) == ("net_exposure at most 66.4% instead of 50%",)
