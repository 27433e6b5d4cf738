"""Law: what limits say of books with coin wallets is what revaluing each contract says."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.model.book import Account
from rebalancer.planner.exposure import Holdings, build_marks, measure_exposure
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
from tests.small_plans import BTC_AND_ETH, inverse, market_of, policy_of

pytestmark = pytest.mark.property

Floats = NDArray[np.float64]

BOOKS = 300
SEEDS = st.integers(min_value=0, max_value=2**48)
LIMITS = Limits(
    gross_leverage=Decimal("1.5"),
    net_exposure=(Decimal("-0.1"), Decimal("0.8")),
    futures_leverage=Decimal(3),
    margin_utilization=Decimal("0.6"),
    liquidation_distance=Decimal("0.25"),
    asset_weight=Decimal("0.7"),
)
STRESS = "{BTC: [-35%, 40%], ETH: [-45%, 50%]}"
COIN_STEEP = (("0", "0.5%", "100"), ("2", "1%", "50"), ("5", "5%", "5"))
MARKS = np.array([[100.0, 10.0, 104.0, 9.8]])  # spot BTC and ETH, BTC in dollars, ETH linear


def coin_layout(account: Account) -> Layout:
    assets = BTC_AND_ETH.replace("BTC/USDT:USDT", "BTC/USD:BTC")
    policy = policy_of("core: {kind: spot}", "core: 60%, cash: 40%", assets=assets, stress=STRESS)
    market = market_of(inverse("BTC", tiers=COIN_STEEP))
    extra = policy_symbols(policy)
    return build_layout(policy, market.instruments, account=account, extra=extra)


def random_books(seed: int, layout: Layout) -> Holdings:
    """Books of some coins, dollars of BTC and coins of ETH, long and short, from other entries."""
    rng = np.random.default_rng(seed)
    wallet = np.column_stack([rng.uniform(5, 600, BOOKS), rng.uniform(0.05, 6, BOOKS)])
    return Holdings(
        spot=np.column_stack([rng.uniform(0, 5, BOOKS), rng.uniform(0, 40, BOOKS)]),
        size=np.column_stack([rng.uniform(-380, 380, BOOKS), rng.normal(0, 30, BOOKS)]),
        entry=MARKS[:, 2:] * rng.uniform(0.8, 1.25, (BOOKS, 2)),
        cash=rng.uniform(200, 600, BOOKS),
        wallet=np.zeros((BOOKS, 0)) if layout.unified else wallet,
    )


def room_left(books: Holdings, layout: Layout, moves: Sequence[float | Floats]) -> Floats:
    """Equity less maintenance in quote money after moves of BTC and ETH, (book, account).

    From the contracts alone, at the moved prices: BTC's profit and margin are coins.
    """
    btc, eth = 100.0 * (1 + moves[0]), 10.0 * (1 + moves[1])
    dollars, linear = 104.0 * (1 + moves[0]), 9.8 * (1 + moves[1])
    profit = books.size[:, 0] * (1 / books.entry[:, 0] - 1 / dollars)
    notional = np.abs(books.size[:, 0]) / dollars
    above = np.where(notional < 5, notional * 0.01 - 0.01, notional * 0.05 - 0.21)
    margin = np.where(notional < 2, notional * 0.005, above)
    of_btc = (profit - margin) * btc
    of_eth = books.size[:, 1] * (linear - books.entry[:, 1])
    of_eth = of_eth - np.abs(books.size[:, 1]) * linear * 0.005
    if not layout.unified:
        return np.column_stack([books.wallet[:, 0] + of_eth, books.wallet[:, 1] * btc + of_btc])
    coins = books.spot[:, 0] * btc + books.spot[:, 1] * eth
    return np.asarray((books.cash + coins + of_btc + of_eth)[:, None])


def coin_facts(books: Holdings, layout: Layout) -> Facts:
    exposure = measure_exposure(books, build_marks(MARKS, layout), layout=layout)
    return gather_facts(exposure, layout, scale=np.full(BOOKS, 1000.0))


@pytest.mark.parametrize("account", list(Account))
@given(seed=SEEDS)
def test_coin_wallets_are_liquidated_where_brute_force_finds_it(
    account: Account, seed: int
) -> None:
    layout = coin_layout(account)
    books = random_books(seed, layout)
    table = LimitTable((LimitRow.LIQUIDATION_DISTANCE,), np.array([-0.25]))
    found = -limit_numbers(coin_facts(books, layout), table)[:, 0]

    healthy = (room_left(books, layout, (0.0, 0.0)) > 0).all(axis=1)
    assert (found[~healthy] == 0).all()
    short_of = np.minimum(found, 20.0) * (1 - 1e-6)
    for part in np.linspace(0, 1, 40).tolist():
        for move in (short_of * part, -np.minimum(short_of, 0.999) * part):
            assert (room_left(books, layout, (move, move))[healthy] > 0).all()
    past = np.where(found < 20, found * (1 + 1e-6), 0.0)
    down = -np.minimum(past, 0.999)
    left = np.minimum(
        room_left(books, layout, (past, past)), room_left(books, layout, (down, down))
    )
    assert (left.min(axis=1)[healthy & (found < 0.99)] <= 0).all()


@pytest.mark.parametrize("account", list(Account))
@given(seed=SEEDS)
def test_stress_of_coin_wallets_is_the_worst_of_all_corners(account: Account, seed: int) -> None:
    layout = coin_layout(account)
    books = random_books(seed, layout)
    table = LimitTable((LimitRow.STRESS_LIQUIDATION,), np.array([0.0]))

    found = limit_numbers(coin_facts(books, layout), table)[:, 0]

    corners = [room_left(books, layout, corner) for corner in product((-0.35, 0.4), (-0.45, 0.5))]
    worst = np.array(corners).min(axis=(0, 2))
    assert found == pytest.approx(-worst / 1000, abs=1e-12)


@pytest.mark.parametrize("account", list(Account))
@given(seed=SEEDS, scale=st.floats(min_value=0.2, max_value=3))
def test_a_residual_of_a_coin_wallet_holds_exactly_where_its_number_does(
    account: Account, seed: int, scale: float
) -> None:
    layout = coin_layout(account)
    facts, table = coin_facts(random_books(seed, layout), layout), limit_table(LIMITS, layout)
    table = LimitTable(table.rows, np.clip(table.ceilings * scale, -0.95, None))

    residuals = limit_residuals(facts, table, ceilings=table.ceilings[None])

    distance = limit_numbers(facts, table) - table.ceilings
    clear = (np.abs(distance) > 1e-9) & ~np.isinf(distance)
    assert ((residuals <= 0) == (distance <= 0))[clear].all()
