from rebalancer.evaluation.made_plans import (
    MadePlans,
    PlanNotice,
    notices_of,
    plans_with,
    statuses_of,
)
from rebalancer.model.plan import Plan, PlanStatus
from tests import small_plans
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
    plans.add_later(make, PlanNotice(SECOND.as_of_us, SECOND.status, ("beware",)))
    return plans


def test_status_and_warnings_are_known_before_their_plan_is_made() -> None:
    count: list[int] = []
    plans = made(count)
    assert statuses_of(plans) == (FIRST.status, SECOND.status)
    assert notices_of(plans)[1].warnings == ("beware",)
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


def test_a_run_knows_what_its_plans_warn_of_before_they_are_made() -> None:
    policy = small_plans.policy_of(
        "core: {kind: spot}",
        "core: 70%, cash: 30%",
        hedges="[{of: core, with: own, ratio: 50%, leverage: 1, margin_from: cash}]",
        limits="{turnover: 20%}",
        more="signals: {mood: {series: mood}}",
    )
    found = run_of(policy, btc_market([100.0 + day % 7 for day in range(60)]))
    assert isinstance(found.plans, MadePlans)

    known = found.plans.notices

    assert known == notices_of(tuple(found.plans))
    assert known[0].warnings == (
        "signal `mood` has no observation yet: what depends on it is unknown",
        "hedge of `core` is scaled to 85.71%: cash sleeve `cash` cannot carry more margin",
        "the whole move is shrunk to 40.05%: the turnover limit has no room for more",
        "spot buys are shrunk to 99.88%: cash for costs is missing",
    )
    assert [each.warnings[-1] for each in known[3:5]] == [
        "spot buys are shrunk to 99.68%: cash for costs is missing",
        "spot buys are shrunk to 79.90%: cash for costs is missing",
    ]
