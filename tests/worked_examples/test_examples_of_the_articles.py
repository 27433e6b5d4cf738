"""The worked examples of leverage, carry and liquidation, by their number in the sources."""

from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.book import Book, Position
from rebalancer.model.contracts import (
    delta_beside_equity,
    equity,
    margin_at_leverage,
    profit,
)
from rebalancer.model.hedging import carry_short, locked_carry
from rebalancer.model.instant import parse_instant
from rebalancer.model.liquidation import Backing, liquidation_price
from rebalancer.model.margin import MarginTiers
from rebalancer.model.plan import Plan
from rebalancer.model.rates import annualised_basis, funding_apr, funding_apy
from rebalancer.policy.compiled import Policy
from tests.small_plans import book_of, market_of, plan_of, policy_of

FLAT = MarginTiers(*(np.array([value]) for value in (0.0, 0.004, 0.0, 0.1)))
THREE_TIMES_ALL = policy_of("bold: {kind: long, leverage: 3}", "bold: 100%")
THREE_TIMES_HALF = policy_of("bold: {kind: long, leverage: 3}", "bold: 50%, cash: 50%")


def opened(policy: Policy, money: str) -> Plan:
    """The plan that so much cash asks for, BTC at 100."""
    return plan_of(policy, book_of(USDT=money))


def gain_of(plan: Plan, policy: Policy, *, btc: str) -> Decimal:
    """What the planned book gains when BTC goes from 100 to a price, as its next plan sees it."""
    book = Book(
        as_of_us=parse_instant("2024-01-01"),
        spot=dict(plan.book_after.spot),
        wallets=dict(plan.book_after.wallets),
        positions=tuple(Position(*position) for position in plan.book_after.positions),
    )
    market = market_of(prices={"BTC/USDT": btc, "BTC/USDT:USDT": btc})
    return plan_of(policy, book, market=market).nav - plan.nav_after


def test_w3_three_times_long_gains_thirty_per_cent_of_its_margin_on_ten() -> None:
    plan = opened(THREE_TIMES_HALF, "10000")

    gain = gain_of(plan, THREE_TIMES_HALF, btc="110")

    assert dict(plan.book_after.wallets) == {"USDT": 5_000}
    assert gain == 1_500
    assert gain / 5_000 == Decimal("0.3")
    assert gain / plan.nav == Decimal("0.15")


def test_w4_two_hundredths_of_a_per_cent_every_eight_hours_is_over_a_fifth_a_year() -> None:
    assert funding_apr(0.0002, interval_hours=8.0) == 0.219
    assert funding_apy(0.0002, interval_hours=8.0) == pytest.approx(0.2448, abs=0.00005)


def test_w6_fifteen_hundred_at_three_times_carry_forty_five_hundred() -> None:
    plan = opened(THREE_TIMES_ALL, "1500")

    ((_, size, entry),) = plan.book_after.positions

    assert size * entry == 4_500
    assert margin_at_leverage(30.0, 150.0, leverage=3.0, inverse=False) == 1_500


def test_w11_ten_thousand_at_three_times_gain_six_thousand_on_a_fifth() -> None:
    plan = opened(THREE_TIMES_ALL, "10000")

    assert gain_of(plan, THREE_TIMES_ALL, btc="120") == 6_000


@pytest.mark.parametrize(
    ("side", "inverse", "move"),
    [(1.0, False, -0.3307), (1.0, True, -0.247), (-1.0, False, 0.328), (-1.0, True, 0.494)],
    ids=["linear long", "inverse long", "linear short", "inverse short"],
)
def test_w12_three_times_is_liquidated_off_a_third_and_by_kind(
    side: float, move: float, *, inverse: bool
) -> None:
    backing = Backing(margin_at_leverage(side, 30_000.0, leverage=3.0, inverse=inverse))

    at = liquidation_price(side, 30_000.0, backing=backing, tiers=FLAT, inverse=inverse)

    assert at / 30_000 - 1 == pytest.approx(move, abs=0.00005)


def test_w13_a_dated_carry_earns_three_per_cent_of_its_notional_not_the_basis_of_a_coin() -> None:
    coins = 10_000 / 70_000

    assert locked_carry(coins, spot=70_000.0, future=72_100.0) == pytest.approx(300)
    assert 300 / 10_000 == 0.03
    assert annualised_basis(72_100.0, 70_000.0, days_to_expiry=91.0) == pytest.approx(
        0.12, abs=0.0005
    )
    # an inverse future must hedge what the coins will be worth, not what they cost
    assert carry_short(coins, 72_100.0, inverse=True) == pytest.approx(-10_300)


def test_w18_a_coin_and_a_full_inverse_short_are_forty_thousand_dollars() -> None:
    gained = profit(-40_000.0, entry=40_000.0, mark=60_000.0, inverse=True)
    coins = equity(1.0, gained)

    assert coins * 60_000 == pytest.approx(40_000)
    assert coins + delta_beside_equity(-40_000.0, 60_000.0, inverse=True) == pytest.approx(0)


@pytest.mark.parametrize(("inverse", "at"), [(True, np.inf), (False, 40_000 * 2 / 1.004)])
def test_w18_goes_up_for_ever_where_a_linear_short_ends_near_double(
    at: float, *, inverse: bool
) -> None:
    size = -40_000.0 if inverse else -1.0
    backing = Backing(margin_at_leverage(size, 40_000.0, leverage=1.0, inverse=inverse))

    found = liquidation_price(size, 40_000.0, backing=backing, tiers=FLAT, inverse=inverse)

    assert found == pytest.approx(at)


def test_w19_a_hundredth_of_a_per_cent_every_eight_hours_is_the_neutral_level() -> None:
    assert funding_apr(0.0001, interval_hours=8.0) == 0.1095
