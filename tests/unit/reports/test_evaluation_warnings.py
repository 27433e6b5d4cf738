import pytest

from rebalancer.evaluation.made_plans import PlanNotice, notices_of
from rebalancer.model.instant import DAY_US
from rebalancer.model.plan import PlanStatus
from rebalancer.reports.evaluation_warnings import WarningCount, count_warnings
from tests.unit.evaluation.small_histories import (
    BTC_SPOT,
    daily,
    day,
    market_of,
    policy_of,
    run_of,
)
from tests.unit.reports.sample_plans import AS_OF_US

UNSEEN = "signal `outlook` has no observation yet: what depends on it is unknown"


def notice(day: int, *warnings: str) -> PlanNotice:
    return PlanNotice(AS_OF_US + day * DAY_US, PlanStatus.HOLD, warnings)


def test_plans_that_warn_of_nothing_count_for_nothing() -> None:
    assert count_warnings([notice(0), notice(1)]) == ()


def test_each_warning_counts_its_plans_the_most_frequent_first() -> None:
    notices = [notice(0, "cash is missing"), notice(1), notice(2, UNSEEN), notice(3, UNSEEN)]

    assert count_warnings(notices) == (
        WarningCount(2, AS_OF_US + 2 * DAY_US, UNSEEN),
        WarningCount(1, AS_OF_US, "cash is missing"),
    )


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("spot buys are shrunk to 98.20%: no cash", "spot buys are shrunk to 9%: no cash"),
        ("price of `A/B` is 4d old, over 3d", "price of `A/B` is 5d12h old, over 3d"),
        ("buy 1.2 A/B is not sent", "buy 1,200.2 A/B is not sent"),
        ("buy 2 A/B (smallest order 0.1) is left", "buy 3 A/B (smallest order 0.25) is left"),
        ("beta of A/B is -0.13 and counts as 0", "beta of A/B is -1.2e-05 and counts as 0"),
        ("it expires at 2025-03-28T08:00:00Z, soon", "it expires at 2025-06-27T08:00:00Z, soon"),
    ],
)  # fmt: skip
def test_warnings_that_differ_in_their_numbers_are_one(first: str, later: str) -> None:
    found = count_warnings([notice(0, first), notice(1, later)])

    assert found == (WarningCount(2, AS_OF_US, first),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("signal `return_7d` is old", "signal `return_30d` is old"),
        ("sell 5 1INCH/USDT is not sent", "sell 5 1000SHIB/USDT is not sent"),
        ("spot 1INCH is worth 3.20 USDT", "spot 1000SHIB is worth 3.20 USDT"),
    ],
)
def test_a_number_in_a_name_is_no_number(one: str, other: str) -> None:
    assert len(count_warnings([notice(0, one), notice(1, other)])) == 2


def test_a_plan_that_says_the_same_twice_counts_once() -> None:
    twice = notice(0, "buy 1 A/B is not sent", "buy 2 A/B is not sent")

    assert count_warnings([twice]) == (WarningCount(1, AS_OF_US, "buy 1 A/B is not sent"),)


def test_plans_that_may_only_reduce_say_which_data_is_stale() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        assets="{BTC: {spot: BTC/USDT}}",
        rebalance="every: 1d, on: '12:00'",
        more="data: {max_age: 6h}",
    )
    found = run_of(policy, market_of(BTC_SPOT, bars={"BTC/USDT": daily([100.0] * 4)}))

    stale = "price of `BTC/USDT` is 12h old, over `data.max_age` of 6h"
    assert {plan.status for plan in found.plans} == {PlanStatus.REDUCE_ONLY}
    assert count_warnings(notices_of(found.plans)) == (WarningCount(3, day(0.5), stale),)
