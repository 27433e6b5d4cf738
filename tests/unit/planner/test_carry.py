"""A basis sleeve earns its funding on capital: at leverage 1.5 three fifths of the rate."""

from dataclasses import replace

import pytest

from rebalancer.model.plan import Carry
from rebalancer.planner.carry import expected_carry
from tests.small_plans import BTC_AND_ETH, market_of, perpetual, policy_of, request_of, spot_pair

MARKET = market_of(
    *(spot_pair(coin, fee="0.1%") for coin in ("BTC", "ETH")),
    *(perpetual(coin, fee="0.05%") for coin in ("BTC", "ETH")),
)
CARRY = policy_of(
    "carry: {kind: basis, leverage: 1.5}", "carry: 45%, cash: 55%", assets=BTC_AND_ETH
)


def carry_at(**aprs: float) -> Carry:
    rates = {f"{coin}/USDT:USDT": apr for coin, apr in aprs.items()}
    (carry,) = expected_carry(replace(request_of(CARRY, MARKET), funding_apr=rates))
    return carry


def test_four_fills_at_neutral_funding_are_paid_back_in_ten_days() -> None:
    carry = carry_at(BTC=0.1095, ETH=0.1095)

    assert carry.sleeve == "carry"
    assert carry.expected_apr == pytest.approx(0.0657)
    assert carry.break_even_days == pytest.approx(10)


def test_rates_are_weighted_by_spot() -> None:
    # 60 % of 20 % and 40 % of 5 % are 14 % on notional, three fifths of it on capital
    assert carry_at(BTC=0.20, ETH=0.05).expected_apr == pytest.approx(0.084)


@pytest.mark.parametrize("apr", [0.0, -0.1])
def test_what_does_not_pay_never_breaks_even(apr: float) -> None:
    carry = carry_at(BTC=apr, ETH=apr)

    assert carry.expected_apr == pytest.approx(0.6 * apr)
    assert carry.break_even_days is None


def test_an_unknown_rate_is_unknown_carry() -> None:
    assert carry_at(BTC=0.1) == Carry("carry", None, None)


def test_a_regime_without_basis_has_no_carry() -> None:
    quiet = policy_of("core: {kind: spot}", "core: 50%, cash: 50%")
    assert expected_carry(request_of(quiet, MARKET)) == ()


def test_a_hedge_is_no_carry_trade() -> None:
    hedged = policy_of(
        "core: {kind: spot}", "core: 50%, cash: 50%", hedges="[{of: core, ratio: 50%, with: own}]"
    )
    assert expected_carry(request_of(hedged, MARKET)) == ()
