"""A basis sleeve earns its rate on capital: at leverage 1.5 three fifths of it."""

from dataclasses import replace

import pytest

from rebalancer.model.instant import parse_instant
from rebalancer.model.plan import Carry
from rebalancer.planner.carry import expected_carry
from tests.small_plans import (
    BTC_AND_ETH,
    BTC_COIN,
    PRICES,
    dated,
    inverse,
    market_of,
    perpetual,
    policy_of,
    request_of,
    spot_pair,
)

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


# ------------------------------------------------------------------ dated contracts
DATED_CARRY = policy_of(
    "carry: {kind: basis, leverage: 1.5}",
    "carry: 50%, cash: 50%",
    assets="{BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT-240329'}}",
)


def dated_carry(price: str, *, day: str) -> Carry:
    """The carry on 2024-01-01 of a contract that expires some day, spot at 100."""
    contract = replace(dated("BTC", "2024-03-29", fee="0.05%"), expiry_us=parse_instant(day))
    prices = {**PRICES, contract.symbol: price}
    market = market_of(spot_pair("BTC", fee="0.1%"), contract, prices=prices)
    (carry,) = expected_carry(request_of(DATED_CARRY, market))
    return carry


def test_a_dated_contract_earns_its_basis_by_the_year() -> None:
    # 2 % in 73 days is a fifth of a year's 10 %, on three fifths of the capital
    carry = dated_carry("102", day="2024-03-14")

    assert carry.expected_apr == pytest.approx(0.06)
    # four fills are 0.3 % of notional against 10 % a year
    assert carry.break_even_days == pytest.approx(0.003 / 0.1 * 365)


def test_a_dated_contract_under_spot_costs_its_basis() -> None:
    carry = dated_carry("98", day="2024-03-14")

    assert carry.expected_apr == pytest.approx(-0.06)
    assert carry.break_even_days is None


def test_a_dated_contract_about_to_expire_has_no_rate() -> None:
    assert dated_carry("102", day="2024-01-03") == Carry("carry", None, None, is_dated=True)
    assert dated_carry("102", day="2024-01-04").expected_apr is not None


# ------------------------------------------------------------------ coin collateral
def test_a_synthetic_dollar_earns_its_rate_on_its_whole_capital() -> None:
    # the coins are the margin: nothing lies beside them
    policy = policy_of(
        "dollars: {kind: basis, collateral: coin}", "dollars: 40%, cash: 60%", assets=BTC_COIN
    )
    market = market_of(spot_pair("BTC", fee="0.1%"), inverse("BTC", fee="0.05%"))
    request = replace(request_of(policy, market), funding_apr={"BTC/USD:BTC": 0.1095})

    (carry,) = expected_carry(request)

    assert carry.sleeve == "dollars"
    assert carry.expected_apr == pytest.approx(0.1095)
    # 0.3 % of fees against 0.03 % a day
    assert carry.break_even_days == pytest.approx(10)


def test_every_basis_sleeve_has_its_own_carry() -> None:
    # on coins the whole 20 %, on USDT at leverage 1 half of 10 %
    policy = policy_of(
        "dollars: {kind: basis, collateral: coin, future: {BTC: 'BTC/USD:BTC'}},"
        " carry: {kind: basis, leverage: 1}",
        "dollars: 40%, carry: 40%, cash: 20%",
    )
    request = replace(
        request_of(policy, market_of(inverse("BTC"))),
        funding_apr={"BTC/USD:BTC": 0.2, "BTC/USDT:USDT": 0.1},
    )

    carries = {carry.sleeve: carry.expected_apr for carry in expected_carry(request)}

    assert carries == pytest.approx({"dollars": 0.2, "carry": 0.05})
