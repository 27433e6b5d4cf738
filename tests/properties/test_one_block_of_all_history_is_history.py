"""A path whose only block is as long as history is history, to the bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.bootstrap import resample_market
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Market
from tests.properties.random_markets import DAYS, MARKETS, SEEDS, content

pytestmark = pytest.mark.property


@given(MARKETS, SEEDS, st.integers(0, 9), st.integers(DAYS + 1, 10 * DAYS))
def test_one_block_of_all_history_is_history(
    market: Market, seed: int, number: int, days: int
) -> None:
    path = resample_market(market, seed=seed, path=number, block_us=days * DAY_US)
    assert content(path) == content(market)
