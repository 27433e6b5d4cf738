from dataclasses import replace

from rebalancer.model.instant import DAY_US
from rebalancer.model.plan import Plan, Refusal
from rebalancer.reports.evaluation_refusals import RefusalCount, count_refusals
from tests.unit.reports.sample_plans import AS_OF_US, REFUSED, TRADING


def refused(day: int, *refusals: tuple[str, str]) -> Plan:
    at_us = AS_OF_US + day * DAY_US
    return replace(REFUSED, as_of_us=at_us, refusals=tuple(Refusal(*each) for each in refusals))


def test_plans_that_are_not_refused_count_for_nothing() -> None:
    assert count_refusals([TRADING, TRADING]) == ()


def test_each_guard_counts_the_plans_that_it_refused_the_most_frequent_first() -> None:
    plans = [
        refused(0, ("price-collar", "BTC moved 30%")),
        TRADING,
        refused(1, ("unknown-beta", "BTC has 12 days")),
        refused(2, ("unknown-beta", "BTC has 13 days"), ("price-collar", "BTC moved 40%")),
        refused(3, ("unknown-beta", "BTC has 14 days")),
    ]
    assert count_refusals(plans) == (
        RefusalCount("unknown-beta", 3, AS_OF_US + DAY_US, "BTC has 12 days"),
        RefusalCount("price-collar", 2, AS_OF_US, "BTC moved 30%"),
    )


def test_a_guard_that_names_several_things_refuses_a_plan_once() -> None:
    plans = [refused(0, ("no-price", "of BTC"), ("no-price", "of ETH"))]
    assert count_refusals(plans) == (RefusalCount("no-price", 1, AS_OF_US, "of BTC"),)
