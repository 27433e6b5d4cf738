"""Law: coins with an inverse short of their value keep it at any price, without delta."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.contracts import (
    delta_beside_equity,
    delta_beside_wallet,
    equity,
    notional,
    profit,
)
from rebalancer.model.liquidation import Backing, liquidation_price
from tests.properties.random_positions import Ladder, ladders, prices

pytestmark = pytest.mark.property

COINS = st.floats(0.001, 1e6)


@given(COINS, prices, prices)
def test_its_quote_value_stands_still(coins: float, entry: float, mark: float) -> None:
    size = -coins * entry
    after = equity(coins, profit(size, entry=entry, mark=mark, inverse=True))
    assert after * mark == pytest.approx(coins * entry)
    # all its coins are the notional of the short, so none are exposed
    assert after == pytest.approx(notional(size, mark, inverse=True))


@given(COINS, prices, prices)
def test_its_delta_is_nothing_either_way(coins: float, entry: float, mark: float) -> None:
    size = -coins * entry
    after = equity(coins, profit(size, entry=entry, mark=mark, inverse=True))
    beside_equity = after + delta_beside_equity(size, mark, inverse=True)
    assert beside_equity == pytest.approx(0, abs=1e-9 * (coins + after))
    beside_wallet = coins + delta_beside_wallet(size, entry, inverse=True)
    assert beside_wallet == pytest.approx(0, abs=1e-9 * coins)


@given(COINS, prices, ladders(unit=1.0))
def test_no_mark_liquidates_it(coins: float, entry: float, ladder: Ladder) -> None:
    at = liquidation_price(
        -coins * entry, entry, backing=Backing(coins), tiers=ladder.tiers, inverse=True
    )
    assert at == math.inf
