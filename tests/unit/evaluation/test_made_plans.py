from rebalancer.evaluation.made_plans import MadePlans, plans_with, statuses_of
from rebalancer.model.plan import Plan, PlanStatus
from tests.unit.evaluation.small_histories import btc_market, policy_of, run_of

HALF = policy_of("core: {kind: spot}", "core: 50%, cash: 50%", rebalance="every: 1w, band: 5%")
FOUND = run_of(HALF, btc_market([100.0] * 8 + [200.0] * 8))
FIRST, SECOND, THIRD = FOUND.plans


def made(count: list[int]) -> MadePlans:
    """A plan that is there and one that is counted when it is made."""

    def make() -> Plan:
        count.append(1)
        return SECOND

    plans = MadePlans()
    plans.add(FIRST)
    plans.add_later(make, SECOND.status)
    return plans


def test_a_status_is_known_before_its_plan_is_made() -> None:
    count: list[int] = []
    plans = made(count)
    assert statuses_of(plans) == (FIRST.status, SECOND.status)
    assert len(plans) == 2
    assert not count


def test_a_plan_is_made_once_however_often_it_is_read() -> None:
    count: list[int] = []
    plans = made(count)
    assert plans[1] is plans[-1]
    assert list(plans) == [FIRST, SECOND]
    assert count == [1]


def test_plans_equal_the_same_plans_in_a_tuple() -> None:
    plans = made([])
    assert plans == (FIRST, SECOND)
    assert plans == (FIRST, SECOND)
    assert plans != (SECOND, FIRST)
    assert plans[:1] == (FIRST,)
    assert hash(plans) == hash((FIRST, SECOND))


def test_statuses_of_a_tuple_are_those_of_its_plans() -> None:
    assert statuses_of((THIRD, FIRST)) == (THIRD.status, FIRST.status)


def test_a_run_says_what_a_plan_will_be_before_it_is_made() -> None:
    found = run_of(HALF, btc_market([100.0] * 8 + [200.0] * 8))
    assert statuses_of(found.plans) == (PlanStatus.TRADE, PlanStatus.HOLD, PlanStatus.TRADE)
    assert [plan.status for plan in found.plans] == list(statuses_of(found.plans))


def test_plans_of_a_status_are_the_only_ones_made() -> None:
    count: list[int] = []
    plans = made(count)
    assert list(plans_with(plans, FIRST.status)) == [FIRST]
    assert not count
    assert list(plans_with((SECOND, FIRST), SECOND.status)) == [SECOND]
