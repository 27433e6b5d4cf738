"""The claim of the policy language's page, as a seeded simulation of 20,000 episodes.

Funding prints every eight hours and a condition is true for sixteen days, with 2 % of prints
missing: how many episodes does a condition `for: 14d` see?
"""

import numpy as np
import pytest

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.observations import UNBOUNDED_US, Booleans, Observations
from rebalancer.model.truth import Truth
from rebalancer.triggers.timing import hold_truth
from tests.small_policies import held

EPISODES = 20_000
TRUE_PRINTS = 48
CYCLE = 96
"""Sixteen false days, then sixteen true ones: an episode is judged on its own history."""

PRESENT = np.random.default_rng(2024).random(EPISODES * CYCLE) >= 0.02


def is_true_print() -> Booleans:
    return np.arange(EPISODES * CYCLE) % CYCLE >= CYCLE - TRUE_PRINTS


def seen_episodes() -> float:
    times = np.flatnonzero(PRESENT).astype(np.int64) * (8 * HOUR_US)
    observations = Observations(
        times,
        np.full(len(times), 8 * HOUR_US, dtype=np.int64),
        np.full(len(times), UNBOUNDED_US, dtype=np.int64),
    )
    truths = np.where(is_true_print()[PRESENT], Truth.TRUE, Truth.FALSE).astype(np.int8)
    held_truths = hold_truth(observations, truths, timing=held("14d"))
    episodes = times // (CYCLE * 8 * HOUR_US)
    return len(np.unique(episodes[held_truths == Truth.TRUE])) / EPISODES


def seen_by_a_rule_that_starts_again_at_each_missing_print() -> float:
    seen = 0
    runs = PRESENT.reshape(EPISODES, CYCLE)[:, -TRUE_PRINTS:]
    for episode in runs.tolist():
        lengths = "".join("x" if print_is_there else " " for print_is_there in episode).split()
        seen += max(map(len, lengths)) >= 14 * DAY_US // (8 * HOUR_US)
    return seen / EPISODES


def test_this_rule_sees_998_of_1000_episodes() -> None:
    assert seen_episodes() == pytest.approx(0.998, abs=0.002)


def test_a_rule_that_resets_sees_half_of_them() -> None:
    assert seen_by_a_rule_that_starts_again_at_each_missing_print() == pytest.approx(0.47, abs=0.02)
