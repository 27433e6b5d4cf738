"""Each row by hand, and the law that a residual is at most zero exactly where its number holds."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.model.book import Account
from rebalancer.planner.layout import Layout, build_layout, policy_symbols
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import (
    Facts,
    LimitRow,
    LimitTable,
    gather_facts,
    limit_residuals,
    limit_table,
)
from rebalancer.policy.compiled import Limits
from tests.small_plans import (
    BTC_AND_ETH,
    book_of,
    linear_exposure,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    sent,
)

Floats = NDArray[np.float64]

LIMITS = Limits(
    gross_leverage=Decimal("1.5"),
    net_exposure=(Decimal("-0.1"), Decimal("0.8")),
    futures_leverage=Decimal(3),
    margin_utilization=Decimal("0.6"),
    liquidation_distance=Decimal("0.25"),
)
STRESS = "{BTC: [-35%, 40%], ETH: [-45%, 50%]}"
STEEP = (("0", "0.5%", "100"), ("200", "1%", "50"), ("1000", "5%", "5"))


def layout_of(*, account: Account = Account.SEPARATE, stress: str = STRESS) -> Layout:
    policy = policy_of(
        "core: {kind: spot}", "core: 60%, cash: 40%", assets=BTC_AND_ETH, stress=stress
    )
    market = market_of(perpetual("BTC", tiers=STEEP))
    return build_layout(policy, market.instruments, account=account, extra=policy_symbols(policy))


SEPARATE, UNIFIED = layout_of(), layout_of(account=Account.UNIFIED)


def facts_of(
    spot: tuple[float, float],
    future: tuple[float, float],
    *,
    margin: float,
    nav: float = 1000,
    layout: Layout = SEPARATE,
) -> Facts:
    exposure = linear_exposure(
        np.array([spot], dtype=float),
        np.array([future], dtype=float),
        margin=np.array([[margin]], dtype=float),
        nav=np.array([nav], dtype=float),
    )
    return gather_facts(exposure, layout, scale=np.array([1000.0]))


def number(facts: Facts, row: LimitRow) -> float:
    table = limit_table(LIMITS, facts.layout)
    return float(limit_numbers(facts, table)[0, table.rows.index(row)])


# spot 300 + 100, futures -200 and +150, 100 of equity, NAV 1,000
BOOK = facts_of((300, 100), (-200, 150), margin=100)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (LimitRow.GROSS_LEVERAGE, 0.75),
        (LimitRow.NET_HIGH, 0.35),
        (LimitRow.NET_LOW, -0.35),
        (LimitRow.FUTURES_LEVERAGE, 3.5),
        # both at a tenth: 35 of 100
        (LimitRow.MARGIN_UTILIZATION, 0.35),
        (LimitRow.INITIAL_MARGIN, -0.065),
        # corner by hand: BTC +40 %, ETH +50 %: (700 + 375) / (1000 + 40 + 125)
        (LimitRow.STRESS_NET_HIGH, (100 * 1.4 + 250 * 1.5) / (1000 + 40 + 125)),
        # BTC -35 %, ETH -45 %: the least long it can be
        (LimitRow.STRESS_NET_LOW, -(100 * 0.65 + 250 * 0.55) / (1000 - 35 - 112.5)),
        (LimitRow.STRESS_GROSS, (500 * 1.4 + 250 * 1.5) / (1000 + 40 + 125)),
    ],
)
def test_a_number_is_what_the_planning_page_says(row: LimitRow, value: float) -> None:
    assert number(BOOK, row) == pytest.approx(value)


def test_the_distance_to_liquidation_is_the_nearer_of_up_and_down() -> None:
    # one short of 200 on 100: 100 - 200 m = 200 (1 + m) · 1 % - 1  →  m = 99 / 202
    short = facts_of((0, 0), (-200, 0), margin=100)
    assert number(short, LimitRow.LIQUIDATION_DISTANCE) == pytest.approx(-99 / 202)
    # one long of 100 on 50: 50 + 100 m = 100 (1 + m) · 0.5 %  →  m = -49.5 / 99.5
    long = facts_of((0, 0), (100, 0), margin=50)
    assert number(long, LimitRow.LIQUIDATION_DISTANCE) == pytest.approx(-49.5 / 99.5)


def test_a_wallet_without_positions_is_never_liquidated() -> None:
    idle = facts_of((1000, 0), (0, 0), margin=0)

    assert number(idle, LimitRow.LIQUIDATION_DISTANCE) == -np.inf
    assert number(idle, LimitRow.STRESS_LIQUIDATION) == -np.inf
    assert number(idle, LimitRow.FUTURES_LEVERAGE) == 0


def test_a_long_that_its_wallet_covers_whole_is_never_liquidated() -> None:
    assert number(facts_of((0, 0), (0, 100), margin=101), LimitRow.LIQUIDATION_DISTANCE) == -np.inf


def test_a_position_on_no_equity_has_infinite_leverage_and_no_distance() -> None:
    gone = facts_of((0, 0), (-200, 0), margin=0)

    assert number(gone, LimitRow.FUTURES_LEVERAGE) == np.inf
    assert number(gone, LimitRow.MARGIN_UTILIZATION) == np.inf
    assert number(gone, LimitRow.LIQUIDATION_DISTANCE) == 0


def test_coins_of_a_unified_account_carry_its_shorts() -> None:
    # 1,000 of BTC under a short of 200: only up can hurt, and there the coins gain more
    pooled = facts_of((1000, 0), (-200, 0), margin=1000, layout=UNIFIED)

    assert number(pooled, LimitRow.LIQUIDATION_DISTANCE) == -np.inf
    # at -35 %: 650 + 70 of equity, 0.65 of maintenance on 130
    assert number(pooled, LimitRow.STRESS_LIQUIDATION) == pytest.approx(-(720 - 0.65) / 1000)


def test_a_book_whose_value_can_vanish_under_stress_has_no_finite_number() -> None:
    # 3,000 of net long on 1,000: -35 % takes all of it
    assert number(facts_of((3000, 0), (0, 0), margin=0), LimitRow.STRESS_GROSS) == np.inf


def test_a_policy_without_limits_keeps_only_what_its_venue_locks() -> None:
    assert limit_table(Limits(), layout_of(stress="")).rows == (LimitRow.INITIAL_MARGIN,)


def test_stress_alone_asks_only_that_nothing_is_liquidated() -> None:
    assert limit_table(Limits(), SEPARATE).rows == (
        LimitRow.INITIAL_MARGIN,
        LimitRow.STRESS_LIQUIDATION,
    )


@pytest.mark.parametrize("account", Account)
def test_limits_on_futures_hold_where_there_are_none(account: Account) -> None:
    # a reader finds a line for every limit of the policy, also in a book of spot alone
    policy = policy_of(
        "core: {kind: spot}",
        "core: 60%, cash: 40%",
        assets="{BTC: {spot: BTC/USDT}}",
        limits="{futures_leverage: 3, margin_utilization: 60%, liquidation_distance: 25%}",
        stress="{BTC: [-35%, 40%]}",
    )

    plan = plan_of(policy, book_of(BTC="1", USDT="900", account=account))

    assert sent(plan) == ["buy 5 BTC/USDT"]
    assert [(line.name, line.before, line.after, line.holds) for line in plan.limits] == [
        ("futures_leverage", 0, 0, True),
        ("margin_utilization", 0, 0, True),
        ("liquidation_distance", None, None, True),
        ("stress_liquidation", None, None, True),
    ]


def test_ceilings_are_turned_so_that_less_is_safer() -> None:
    table = limit_table(LIMITS, SEPARATE)

    assert dict(zip(table.rows, table.ceilings.tolist(), strict=True)) == {
        LimitRow.GROSS_LEVERAGE: 1.5,
        LimitRow.NET_HIGH: 0.8,
        LimitRow.NET_LOW: 0.1,
        LimitRow.INITIAL_MARGIN: 0.0,
        LimitRow.FUTURES_LEVERAGE: 3.0,
        LimitRow.MARGIN_UTILIZATION: 0.6,
        LimitRow.LIQUIDATION_DISTANCE: -0.25,
        LimitRow.STRESS_GROSS: 1.5,
        LimitRow.STRESS_NET_HIGH: 0.8,
        LimitRow.STRESS_NET_LOW: 0.1,
        LimitRow.STRESS_LIQUIDATION: 0.0,
    }


# ---------------------------------------------------------------- random books
BOOKS = 300


def random_facts(seed: int, layout: Layout) -> Facts:
    """Facts of books of NAV 1,000 with more or less of everything."""
    rng = np.random.default_rng(seed)
    spot = rng.uniform(0, 600, (BOOKS, 2))
    future = rng.normal(0, 600, (BOOKS, 2)) * (rng.random((BOOKS, 2)) < 0.8)
    nav = np.full(BOOKS, 1000.0)
    margin = nav[:, None] if layout.unified else rng.uniform(5, 900, (BOOKS, 1))
    exposure = linear_exposure(spot, future, margin=margin, nav=nav)
    return gather_facts(exposure, layout, scale=nav)


SEEDS = st.integers(min_value=0, max_value=2**48)


@pytest.mark.parametrize("layout", [SEPARATE, UNIFIED], ids=["separate", "unified"])
@given(seed=SEEDS, scale=st.floats(min_value=0.2, max_value=3))
def test_a_residual_is_at_most_zero_exactly_where_the_number_holds(
    layout: Layout, seed: int, scale: float
) -> None:
    facts, table = random_facts(seed, layout), limit_table(LIMITS, layout)
    table = LimitTable(table.rows, np.clip(table.ceilings * scale, -0.95, None))

    residuals = limit_residuals(facts, table, ceilings=table.ceilings[None])

    distance = limit_numbers(facts, table) - table.ceilings
    clear = np.abs(distance) > 1e-9  # on the ceiling itself, float error decides
    low, high = map(table.rows.index, (LimitRow.STRESS_NET_LOW, LimitRow.STRESS_NET_HIGH))
    vanishing = np.isinf(distance[:, low])
    assert (np.maximum(residuals[:, low], residuals[:, high])[vanishing] > 0).all()
    clear[vanishing, low] = clear[vanishing, high] = False  # one end breaks, not always both
    assert ((residuals <= 0) == (distance <= 0))[clear].all()


def equity_left(facts: Facts, moves: Sequence[float | Floats]) -> Floats:
    """Equity less maintenance margin after a move of each asset, from the contracts alone."""
    layout, exposure = facts.layout, facts.exposure
    equity = exposure.margin[:, 0].copy()
    for column, asset in enumerate(layout.asset_of):
        future = column - layout.spot_count
        if future >= 0:
            value = exposure.future[:, future]
            notional = np.abs(value) * (1 + moves[asset])
            equity += value * moves[asset]
            equity -= notional_margin(notional, is_btc=future == 0)
        elif layout.unified:
            equity += exposure.coin[:, asset] * moves[asset]
    return equity


def notional_margin(notional: Floats, *, is_btc: bool) -> Floats:
    """Maintenance by hand: 0.5 %, for BTC 1 % from 200 (cum 1) and 5 % from 1,000 (cum 41)."""
    if not is_btc:
        return notional * 0.005
    above = np.where(notional < 1000, notional * 0.01 - 1, notional * 0.05 - 41)
    return np.where(notional < 200, notional * 0.005, above)


@pytest.mark.parametrize("layout", [SEPARATE, UNIFIED], ids=["separate", "unified"])
@given(seed=SEEDS)
def test_the_distance_to_liquidation_is_where_brute_force_finds_it(
    layout: Layout, seed: int
) -> None:
    facts = random_facts(seed, layout)
    table = LimitTable((LimitRow.LIQUIDATION_DISTANCE,), np.array([-0.25]))
    found = -limit_numbers(facts, table)[:, 0]
    held = (facts.positions > 0)[:, 0] & (equity_left(facts, (0, 0)) > 0)
    short_of = np.minimum(found, 50.0) * (1 - 1e-6)
    for part in np.linspace(0, 1, 60).tolist():
        up, down = short_of * part, -np.minimum(short_of, 1.0) * part
        assert (equity_left(facts, (up, up))[held] > 0).all()
        assert (equity_left(facts, (down, down))[held] > 0).all()

    past, near = found * (1 + 1e-6), held & (found < 50)
    up, down = np.where(near, past, 0.0), -np.minimum(np.where(near, past, 0.0), 1.0)
    left = np.minimum(equity_left(facts, (up, up)), equity_left(facts, (down, down)))
    assert (left[near] <= 0).all()


@pytest.mark.parametrize("layout", [SEPARATE, UNIFIED], ids=["separate", "unified"])
@given(seed=SEEDS)
def test_stress_numbers_are_the_worst_of_all_corners(layout: Layout, seed: int) -> None:
    facts = random_facts(seed, layout)
    rows = (
        LimitRow.STRESS_GROSS,
        LimitRow.STRESS_NET_HIGH,
        LimitRow.STRESS_NET_LOW,
        LimitRow.STRESS_LIQUIDATION,
    )
    numbers = limit_numbers(facts, LimitTable(rows, np.zeros(4)))
    coin, future = facts.exposure.coin, facts.exposure.future
    gross, delta = coin + np.abs(future), coin + future

    corners = list(product((-0.35, 0.40), (-0.45, 0.50)))
    navs = np.array([1000 + delta @ np.array(corner) for corner in corners])
    alive = (navs > 0).all(axis=0)
    by_row = [
        np.array([gross @ (1 + np.array(corner)) for corner in corners]) / navs,
        np.array([delta @ (1 + np.array(corner)) for corner in corners]) / navs,
        np.array([-delta @ (1 + np.array(corner)) for corner in corners]) / navs,
        np.array([-equity_left(facts, corner) for corner in corners]) / 1000,
    ]

    for index, worst in enumerate(by_row[:3]):
        assert numbers[alive, index] == pytest.approx(worst.max(axis=0)[alive])
        assert (numbers[~alive, index] == np.inf).all()
    held = facts.positions[:, 0] > 0
    assert numbers[held, 3] == pytest.approx(by_row[3].max(axis=0)[held])
