"""A resampled market depends on seed and number alone: not on how many paths are drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.bootstrap import resample_market, resample_markets
from rebalancer.model.market import Market
from tests.properties.random_markets import BLOCKS_US, MARKETS, SEEDS, content

pytestmark = pytest.mark.property


@given(MARKETS, SEEDS, BLOCKS_US, st.integers(1, 6))
def test_fewer_paths_are_the_first_of_more(
    market: Market, seed: int, block_us: int, paths: int
) -> None:
    few, many = (
        [content(each) for each in resample_markets(market, paths=n, seed=seed, block_us=block_us)]
        for n in (paths, paths + 2)
    )
    assert len(few) == paths
    assert many[:paths] == few


@given(MARKETS, SEEDS, BLOCKS_US, st.integers(0, 10**6))
def test_the_same_seed_and_number_give_the_same_bytes_and_leave_the_market_alone(
    market: Market, seed: int, block_us: int, number: int
) -> None:
    before = content(market)
    first, second = (
        content(resample_market(market, seed=seed, path=number, block_us=block_us))
        for _ in range(2)
    )
    assert first == second
    assert content(market) == before
