"""A limit that a stuck plan names works as printed, and a tenth of a percent less does not.

Books get stuck where lots are coarse: here one is worth about a twelfth of what a book is worth.
"""

import re
from collections import Counter
from dataclasses import asdict, replace
from decimal import Decimal

import pytest

from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Book
from rebalancer.model.market import Market
from rebalancer.model.plan import Plan
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Limits, Policy
from tests.properties.held_to_the_oracle import plan_randomly
from tests.properties.random_cases import AS_OF_US

NAMED = re.compile(r"(\w+)( at least| at most)? (-?[\d.]+)(%?) instead of")
TENTH = Decimal("0.001")


def named(plan: Plan) -> list[tuple[str, int, Decimal]]:
    """The limits that a plan names, whether more (1) or less (-1) is wider, and how much."""
    said = " ".join([*plan.warnings, *(each.message for each in plan.refusals)])
    found = []
    for name, end, number, percent in NAMED.findall(said):
        value = Decimal(number) / (100 if percent else 1)
        is_minimum = end == " at least" or name == "liquidation_distance"
        found.append((name, -1 if is_minimum else 1, value))
    return found


def with_limit(policy: Policy, name: str, *, sign: int, value: Decimal) -> Policy:
    """The policy with one end of one limit in its place."""
    (regime,) = policy.regimes
    limits = regime.limits
    if name == "net_exposure":
        assert limits.net_exposure is not None
        low, high = limits.net_exposure
        changed = replace(limits, net_exposure=(value, high) if sign < 0 else (low, value))
    else:
        changed = Limits(**{**asdict(limits), name: value})
    return replace(policy, regimes=(replace(regime, limits=changed),))


def plan_of(policy: Policy, market: Market, book: Book) -> Plan:
    history, moment = prepare(policy, market, as_of_us=AS_OF_US), Moment(AS_OF_US)
    (plan,) = decide(policy, market, history=history, books=[book], moment=moment)
    return plan


def holds(plan: Plan) -> bool:
    """Whether a plan keeps every limit at its end."""
    return bool(plan.limits) and all(line.holds for line in plan.limits)


def coarse(market: Market, *, worth: Decimal) -> Market:
    """The market with lots of every instrument worth so much."""
    coarser = {}
    for symbol, rules in market.instruments.items():
        price = Decimal(repr(float(market.bars[symbol].close[-1])))
        each = rules.contract_size * (1 if rules.is_inverse else price)
        lots = max(1, int(worth / (each * rules.amount_step)))
        coarser[symbol] = replace(rules, amount_step=lots * rules.amount_step)
    return replace(market, instruments=coarser)


@pytest.mark.property
@pytest.mark.parametrize(("kind", "cases"), [("plain", 20), ("mixed", 12)])
def test_what_is_named_is_enough_and_a_tenth_less_is_not(kind: str, cases: int) -> None:
    seen: Counter[str] = Counter()
    for planned in plan_randomly(2026, cases=cases, books=6, mixed=kind == "mixed"):
        policy, _ = read_policy(planned.case.policy.encode(), "random.yaml")
        assert policy is not None
        worth = sorted(plan.nav for plan in planned.plans)[len(planned.plans) // 2] / 12
        market = coarse(planned.case.market, worth=max(worth, Decimal(1)))
        for book in planned.books:
            plan = plan_of(policy, market, book)
            for name, sign, value in named(plan):
                enough = with_limit(policy, name, sign=sign, value=value)
                less = with_limit(policy, name, sign=sign, value=value - sign * TENTH)

                assert holds(plan_of(enough, market, book)), (name, value, book)
                assert not holds(plan_of(less, market, book)), (name, value, book)
                seen[name] += 1

    assert sum(seen.values()) >= 2, seen
