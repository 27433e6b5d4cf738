from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.contracts import (
    delta_beside_equity,
    delta_beside_wallet,
    equity,
    funding_received,
    margin_at_leverage,
    notional,
    profit,
)


def test_arrays_keep_their_shape_and_broadcast() -> None:
    size = np.array([[2.0, -1.0], [0.0, 4.0]])
    entry = np.full((1, 2), 100.0)
    mark = np.array([[110.0, 50.0]])

    assert profit(size, entry=entry, mark=mark, inverse=False).tolist() == [[20, 50], [0, -200]]
    assert notional(size, mark, inverse=False).tolist() == [[220, 50], [0, 200]]


def test_decimals_stay_exact() -> None:
    found = profit(Decimal("-0.1"), entry=Decimal("0.3"), mark=Decimal("0.1"), inverse=False)
    assert found == Decimal("0.02")
    assert profit(Decimal(100), entry=Decimal(50), mark=Decimal(80), inverse=True) == Decimal(
        "0.75"
    )


def test_nothing_held_earns_pays_and_weighs_nothing() -> None:
    for inverse in (False, True):
        assert profit(0.0, entry=10.0, mark=20.0, inverse=inverse) == 0
        assert notional(0.0, 20.0, inverse=inverse) == 0
        assert funding_received(0.0, 20.0, rate=0.01, inverse=inverse) == 0
        assert delta_beside_equity(0.0, 20.0, inverse=inverse) == 0


def test_an_inverse_long_gains_coins_ever_slower() -> None:
    gains = [profit(100.0, entry=10.0, mark=mark, inverse=True) for mark in (20.0, 40.0, 1e9)]
    assert gains == pytest.approx([5, 7.5, 10])


def test_margin_at_leverage_one_is_the_whole_notional() -> None:
    assert margin_at_leverage(-2.0, 100.0, leverage=1.0, inverse=False) == 200
    assert margin_at_leverage(-200.0, 100.0, leverage=1.0, inverse=True) == 2
    assert margin_at_leverage(-200.0, 100.0, leverage=4.0, inverse=True) == 0.5


def test_funding_of_an_inverse_contract_is_paid_in_coins() -> None:
    assert funding_received(-50_000.0, 25_000.0, rate=0.001, inverse=True) == pytest.approx(0.002)
    assert funding_received(50_000.0, 25_000.0, rate=-0.001, inverse=True) == pytest.approx(0.002)


@pytest.mark.parametrize("inverse", [True, False])
def test_each_delta_is_the_slope_of_the_value_it_belongs_to(*, inverse: bool) -> None:
    """Half a coin of wallet and a short; the value in quote money moves with its delta."""
    wallet, size, entry, mark = 0.5, -9_000.0 if inverse else -0.3, 30_000.0, 24_000.0

    def value(price: float) -> float:
        gained = profit(size, entry=entry, mark=price, inverse=inverse)
        return equity(wallet, gained) * price if inverse else wallet * price + gained

    slope = (value(mark + 1) - value(mark - 1)) / 2
    gained = profit(size, entry=entry, mark=mark, inverse=inverse)
    coins = equity(wallet, gained) if inverse else wallet
    assert coins + delta_beside_equity(size, mark, inverse=inverse) == pytest.approx(slope)
    assert wallet + delta_beside_wallet(size, entry, inverse=inverse) == pytest.approx(slope)


def test_mixing_the_two_deltas_is_wrong_by_the_profit() -> None:
    gained = profit(-9_000.0, entry=30_000.0, mark=24_000.0, inverse=True)
    right = equity(0.5, gained) + delta_beside_equity(-9_000.0, 24_000.0, inverse=True)
    mixed = 0.5 + delta_beside_equity(-9_000.0, 24_000.0, inverse=True)
    assert right - mixed == pytest.approx(gained)
