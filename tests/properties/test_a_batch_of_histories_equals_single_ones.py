"""Many accounts run together make the fills, the money and the events that each makes alone."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.events import Liquidation
from rebalancer.model.book import Account
from rebalancer.model.plan import PlanStatus
from tests.properties.random_histories import DrawnHistory, drawn_histories
from tests.unit.evaluation.small_histories import policy_of, run_of


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


def test_an_account_in_debt_fills_as_it_does_alone() -> None:
    # six times short in coins until a liquidation leaves a debt: what its cash pays for is then a
    # matter of the order of trades
    policy = policy_of(
        "bear: {kind: short, leverage: 6}, core: {kind: spot}",
        "bear: 40%, core: 40%, cash: 20%",
        assets="{BTC: {spot: BTC/USDT, future: 'BTC/USD:BTC'}}",
        limits="{margin_utilization: 90%}",
        rebalance="every: 1d, on: '16:00', band: 2%, on_breach: at_once",
        more="execution: {slippage: 30bp}\ndata: {max_age: 5d}",
    )
    drawn = DrawnHistory("coins", Account.UNIFIED, volatility=0.15, seed=2_157_363_300)

    alone = run_of(policy, drawn.market(), book=drawn.book)
    (found,) = evaluate_many([policy], [drawn.market()], book=drawn.book)

    assert any(plan.status is PlanStatus.TRADE for plan in alone.plans)
    assert any(isinstance(event, Liquidation) for event in alone.events)
    assert net_fills(found) == net_fills(alone)
    assert found.nav[-1] == pytest.approx(alone.nav[-1], rel=1e-9)
