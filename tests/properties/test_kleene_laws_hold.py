from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.truth import Truth, TruthValues, negate
from rebalancer.policy.compiled import Connective
from rebalancer.triggers.composition import join_truths

pytestmark = pytest.mark.property
TRUTHS = st.lists(st.sampled_from(list(Truth)), min_size=3, max_size=3)


def all_of(*truths: TruthValues) -> TruthValues:
    return join_truths(Connective.ALL, truths)


def any_of(*truths: TruthValues) -> TruthValues:
    return join_truths(Connective.ANY, truths)


def arrays(truths: list[Truth]) -> list[TruthValues]:
    return [np.array([truth], dtype=np.int8) for truth in truths]


@given(TRUTHS)
def test_not_turns_all_into_any(truths: list[Truth]) -> None:
    parts = arrays(truths)
    assert negate(all_of(*parts)) == any_of(*map(negate, parts))
    assert negate(any_of(*parts)) == all_of(*map(negate, parts))


@given(TRUTHS)
def test_order_and_grouping_do_not_matter(truths: list[Truth]) -> None:
    first, second, third = arrays(truths)
    for join in (all_of, any_of):
        assert join(first, second, third) == join(third, join(first, second))


@given(TRUTHS)
def test_all_and_any_distribute_and_absorb(truths: list[Truth]) -> None:
    first, second, third = arrays(truths)
    assert all_of(first, any_of(second, third)) == any_of(
        all_of(first, second), all_of(first, third)
    )
    assert all_of(first, any_of(first, second)) == first
    assert negate(negate(first)) == first


@given(TRUTHS)
def test_learning_more_never_takes_a_known_truth_back(truths: list[Truth]) -> None:
    """Whatever the unknown parts turn out to be, a known whole was right."""
    for join in (all_of, any_of):
        whole = int(join(*arrays(truths))[0])
        choices = [(Truth.FALSE, Truth.TRUE) if t is Truth.UNKNOWN else (t,) for t in truths]
        outcomes = {int(join(*arrays(list(choice)))[0]) for choice in product(*choices)}
        assert whole in (Truth.UNKNOWN, *outcomes)
        assert whole == Truth.UNKNOWN or outcomes == {whole}
