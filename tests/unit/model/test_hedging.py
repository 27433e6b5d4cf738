import numpy as np
import pytest

from rebalancer.model.contracts import equity, profit
from rebalancer.model.hedging import (
    carry_short,
    hedge_effectiveness,
    locked_carry,
    minimum_variance_ratio,
)

COINS, SPOT, FUTURE = 0.25, 40_000.0, 41_200.0


@pytest.mark.parametrize("at_expiry", [10_000.0, 41_200.0, 90_000.0])
def test_a_linear_carry_ends_with_the_price_of_the_future(at_expiry: float) -> None:
    short = carry_short(COINS, FUTURE, inverse=False)
    ends = COINS * at_expiry + profit(short, entry=FUTURE, mark=at_expiry, inverse=False)
    assert ends - COINS * SPOT == pytest.approx(300)
    assert locked_carry(COINS, spot=SPOT, future=FUTURE) == pytest.approx(300)


@pytest.mark.parametrize("at_expiry", [10_000.0, 41_200.0, 90_000.0])
def test_an_inverse_carry_ends_with_it_too(at_expiry: float) -> None:
    short = carry_short(COINS, FUTURE, inverse=True)
    coins = equity(COINS, profit(short, entry=FUTURE, mark=at_expiry, inverse=True))
    assert short == pytest.approx(-10_300)
    assert coins * at_expiry == pytest.approx(10_300)


def test_a_short_of_the_cost_alone_leaves_the_basis_open() -> None:
    def ends(price: float) -> float:
        gained = profit(-COINS * SPOT, entry=FUTURE, mark=price, inverse=True)
        return equity(COINS, gained) * price

    open_coins = (ends(90_000.0) - ends(10_000.0)) / 80_000
    assert open_coins / COINS == pytest.approx(0.029, abs=0.0002)


def test_reverse_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="reverse carry needs inventory"):
        carry_short(np.array([1.0, -1.0]), np.full(2, FUTURE), inverse=False)


def test_nothing_held_needs_no_hedge() -> None:
    assert carry_short(0.0, FUTURE, inverse=True) == 0


def test_the_hedge_ratio_leaves_the_least_variance() -> None:
    """Against the variance of spot - h·future itself, for h either side of the ratio."""
    rho, spot, future = 0.7, 0.8, 1.1
    best = minimum_variance_ratio(rho, spot_volatility=spot, future_volatility=future)

    def variance(share: float) -> float:
        return spot**2 - 2 * share * rho * spot * future + (share * future) ** 2

    assert variance(best) < min(variance(best - 0.01), variance(best + 0.01))
    assert 1 - variance(best) / spot**2 == pytest.approx(hedge_effectiveness(rho))


def test_what_moves_against_the_holding_is_bought() -> None:
    assert minimum_variance_ratio(-0.5, spot_volatility=1.0, future_volatility=2.0) == -0.25
    assert hedge_effectiveness(-0.5) == 0.25
