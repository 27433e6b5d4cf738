"""Many accounts run together make the fills, the money and the events that each makes alone."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from tests.properties.random_histories import DrawnHistory, drawn_histories
from tests.unit.evaluation.small_histories import run_of


def net_fills(found: Evaluation) -> dict[tuple[int, str], Decimal]:
    """What was traded of each instrument at each time."""
    fills: dict[tuple[int, str], Decimal] = {}
    for fill in found.fills:
        key = (fill.at_us, fill.symbol)
        fills[key] = fills.get(key, Decimal(0)) + fill.amount
    return fills


@pytest.mark.property
@given(drawn=drawn_histories(), fill=st.sampled_from(list(FillRule)))
def test_a_batch_fills_as_single_runs_do(drawn: DrawnHistory, fill: FillRule) -> None:
    market = drawn.market()
    wider = replace(drawn.policy.rebalance, band=Decimal("0.1"))
    policies = (drawn.policy, replace(drawn.policy, rebalance=wider), drawn.policy)

    many = evaluate_many(policies, [market], book=drawn.book, fill=fill)

    for policy, found in zip(policies, many, strict=True):
        alone = run_of(policy, market, book=drawn.book, fill=fill)
        assert net_fills(found) == net_fills(alone)
        np.testing.assert_allclose(found.nav, alone.nav, rtol=1e-9, atol=1e-9)
        assert [type(event) for event in found.events] == [type(event) for event in alone.events]
        assert found.plans == ()


@pytest.mark.property
@given(drawn=drawn_histories(), seed=st.integers(0, 2**32 - 1))
def test_paths_of_one_policy_run_as_each_alone(drawn: DrawnHistory, seed: int) -> None:
    market = drawn.market()
    scale = float(np.random.default_rng(seed).uniform(0.5, 2))
    scaled = {
        symbol: replace(
            bars,
            open=bars.open * scale,
            high=bars.high * scale,
            low=bars.low * scale,
            close=bars.close * scale,
        )
        for symbol, bars in market.bars.items()
    }
    paths = [market, replace(market, bars=scaled)]

    many = evaluate_many([drawn.policy] * 2, paths, book=drawn.book)

    for path, found in zip(paths, many, strict=True):
        alone = run_of(drawn.policy, path, book=drawn.book)
        assert net_fills(found) == net_fills(alone)
        np.testing.assert_allclose(found.nav, alone.nav, rtol=1e-9, atol=1e-9)
