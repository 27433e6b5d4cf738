"""Many variants of the weekly policy, and their metrics as one batch."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from benchmarks.histories import build_book, build_policy
from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.metrics import Metrics, measure
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy


def build_grid(count: int) -> list[Policy]:
    """Return policies of as many different weights: 30 to 90 % of NAV in coins."""
    spots = np.linspace(30, 90, count)
    return [build_policy(spot=Decimal(f"{spot:.6f}")) for spot in spots]


def build_alike(count: int) -> list[Policy]:
    """Return as many policies that differ in nothing but their name."""
    policy = build_policy()
    return [replace(policy, name=f"variant {number}") for number in range(count)]


def evaluate_batch(policies: Sequence[Policy], market: Market) -> Metrics:
    """Return the metrics of policies over a market."""
    found = evaluate_many(policies, [market], book=build_book())
    return measure(np.stack([each.nav for each in found]), found[0].time_us)
