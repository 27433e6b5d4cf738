"""Many variants of the weekly policy, and their numbers as a sweep makes them."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from benchmarks.histories import build_book, build_hedged_policy, build_policy
from rebalancer.evaluation.summarize_many import RunSummary, summarize_many
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy


def build_grid(count: int) -> list[Policy]:
    """Return policies of as many different weights: 30 to 90 % of NAV in coins."""
    spots = np.linspace(30, 90, count)
    return [build_policy(spot=Decimal(f"{spot:.6f}")) for spot in spots]


def build_hedged_grid(count: int) -> list[Policy]:
    """Return as many policies that hold spot and hedged spot in different shares, 85 % in all."""
    return [build_hedged_policy(core=Decimal(f"{core:.6f}")) for core in np.linspace(20, 60, count)]


def build_alike(count: int) -> list[Policy]:
    """Return as many policies that differ in nothing but their name."""
    policy = build_policy()
    return [replace(policy, name=f"variant {number}") for number in range(count)]


def summarize_batch(policies: Sequence[Policy], market: Market) -> tuple[RunSummary, ...]:
    """Return the numbers of policies over a market: metrics, costs, extremes, events."""
    return summarize_many(policies, [market], book=build_book())
