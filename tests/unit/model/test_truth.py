import numpy as np

from rebalancer.model.truth import Truth, negate


def test_truths_are_ordered_so_that_all_is_the_least_and_any_the_greatest() -> None:
    assert sorted(Truth) == [Truth.FALSE, Truth.UNKNOWN, Truth.TRUE]


def test_a_truth_is_printed_as_a_word() -> None:
    assert [truth.text for truth in Truth] == ["false", "unknown", "true"]


def test_the_opposite_of_unknown_is_unknown() -> None:
    truths = np.array([Truth.FALSE, Truth.UNKNOWN, Truth.TRUE], dtype=np.int8)
    assert negate(truths).tolist() == [Truth.TRUE, Truth.UNKNOWN, Truth.FALSE]
