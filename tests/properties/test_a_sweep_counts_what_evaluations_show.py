"""The numbers of a sweep are those of each variant's own evaluation, whatever it runs beside."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from rebalancer.evaluation.events import Breach, CutOrder, DataGap, Expiry, Liquidation
from rebalancer.evaluation.summarize_many import summarize_many
from rebalancer.evaluation.summary import summarize
from rebalancer.policy.compiled import Amount, Policy
from tests.properties.random_histories import DrawnHistory, drawn_histories
from tests.unit.evaluation.small_histories import run_of

_KINDS = (Breach, CutOrder, Expiry, DataGap, Liquidation)


def with_less(policy: Policy, share: str) -> Policy:
    """The policy with a share of every target but cash, which takes the rest."""
    (regime,) = policy.regimes
    less = {name: amount.target * Decimal(share) for name, amount in regime.targets}
    invested = (amount for name, amount in less.items() if name != "cash")
    less["cash"] = 1 - sum(invested, Decimal(0))
    targets = tuple((name, Amount(amount)) for name, amount in less.items())
    return replace(policy, regimes=(replace(regime, targets=targets),))


def with_wider(policy: Policy) -> Policy:
    """The policy with another band and another limit on gross leverage."""
    (regime,) = policy.regimes
    limits = replace(regime.limits, gross_leverage=Decimal(7))
    wider = replace(policy.rebalance, band=Decimal("0.03"))
    return replace(policy, regimes=(replace(regime, limits=limits),), rebalance=wider)


@pytest.mark.property
@given(drawn=drawn_histories())
def test_variants_of_different_rules_count_as_each_alone(drawn: DrawnHistory) -> None:
    market, policy = drawn.market(), drawn.policy
    policies = [policy, with_less(policy, "0.5"), with_wider(policy)]

    many = summarize_many(policies, [market], book=drawn.book)

    for each, found in list(zip(policies, many, strict=True))[1:]:
        alone = run_of(each, market, book=drawn.book)
        expected = summarize(alone, ["only"], instruments=market.instruments).by_name()
        numbers = found.summary.by_name()
        del expected["plans"], numbers["plans"]
        assert found.plans == len(alone.plans)
        undefined = {name for name, number in expected.items() if number is None}
        assert {name for name, number in numbers.items() if number is None} == undefined
        for name in expected.keys() - undefined:
            assert numbers[name] == pytest.approx(expected[name], rel=1e-6, abs=1e-6)
        assert found.end_nav == pytest.approx(alone.nav[-1], rel=1e-9, abs=1e-9)
        for kind in _KINDS:
            shown = sum(isinstance(event, kind) for event in alone.events)
            assert found.events.get(kind, 0) == shown
