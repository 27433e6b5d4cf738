"""The closed forms of limits, liquidation and stress against slow searches and known numbers."""

from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import pytest

from tests.oracle.arithmetic import FLOAT, Number
from tests.oracle.book import Book
from tests.oracle.checks import make_oracle
from tests.oracle.context import Context
from tests.oracle.example import BTC_TIERS, INSTRUMENTS, MARKS, POLICY, REGIME, changed
from tests.oracle.instruments import read_instrument
from tests.oracle.limits import measure_worth
from tests.oracle.liquidation import liquidation_distance
from tests.oracle.stress import stress_ratios, stress_room
from tests.oracle.worth import value_book

CTX = make_oracle(POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS).ctx
FAST = make_oracle(POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS, arithmetic=FLOAT).ctx


def random_book(seed: int, *, unified: bool) -> Book:
    draw = Random(seed)  # noqa: S311 - reproducible books, not secrets
    size = 10 ** draw.randint(0, 3)
    return Book(
        unified=unified,
        cash=Fraction(draw.randint(0, 50_000)),
        coins=[Fraction(draw.randint(0, size)), Fraction(draw.randint(0, 10 * size))],
        wallets=[Fraction(draw.randint(10_000, 60_000) * size)],
        contracts=[
            Fraction(draw.randint(-size, size)),
            Fraction(draw.randint(-10 * size, 10 * size)),
        ],
        entries=[Fraction(draw.randint(40_000, 44_000)), Fraction(draw.randint(2_100, 2_400))],
    )


def moved(ctx: Context, book: Book, moves: tuple[Number, Number]) -> tuple[Number, Number, Number]:
    """Return gross, NAV and the pool's equity less maintenance margin after a move per asset."""
    spots = [amount * row.mark for amount, row in zip(book.coins, ctx.coins, strict=True)]
    profits, maintenance, notionals = [], [], []
    for index, row in enumerate(ctx.contracts):
        mark = row.mark * (1 + moves[index])
        held = book.contracts[index]
        profits.append(held * (mark - book.entries[index]))
        notionals.append(max(held, -held) * mark)
        maintenance.append(row.maintenance(notionals[-1]))
    coins = sum(spot * (1 + move) for spot, move in zip(spots, moves, strict=True))
    equity = book.wallets[0] + sum(profits)
    nav = book.cash + coins + equity
    pool = nav if book.unified else equity
    return coins + sum(notionals), nav, pool - sum(maintenance)


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_liquidation_is_where_equity_meets_maintenance_margin(seed: int, *, unified: bool) -> None:
    book = random_book(seed, unified=unified)
    distance = liquidation_distance(CTX, value_book(CTX, book))
    if distance == float("inf"):
        assert all(moved(CTX, book, (step, step))[2] >= 0 for step in (Fraction(-1), Fraction(99)))
        return

    down = max(-distance, Fraction(-1))
    rooms = [moved(CTX, book, (move, move))[2] for move in (down, distance)]
    inside = [moved(CTX, book, (move, move))[2] for move in (down / 2, distance / 2)]

    assert distance == 0 or 0 in rooms
    assert distance == 0 or min(inside) > 0


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_no_move_inside_the_stress_box_is_worse_than_its_corners(
    seed: int, *, unified: bool
) -> None:
    book = random_book(seed, unified=unified)
    worth = value_book(CTX, book)
    grid = product(
        [Fraction(step, 20) for step in range(-7, 9)],
        [Fraction(step, 20) for step in range(-9, 11)],
    )

    seen = [moved(CTX, book, moves) for moves in grid]

    if worth_is_positive(seen):
        worst = max(gross / nav for gross, nav, _ in seen)
        assert stress_ratios(CTX, worth)["stress_gross_leverage"][1] == worst
    assert stress_room(CTX, worth) == min(room for _, _, room in seen)


def worth_is_positive(seen: list[tuple[Number, Number, Number]]) -> bool:
    return min(nav for _, nav, _ in seen) > 0


@pytest.mark.parametrize("seed", range(40))
def test_floats_and_fractions_agree(seed: int) -> None:
    book = random_book(seed, unified=seed % 2 == 0)
    copy = Book(
        unified=book.unified,
        cash=float(book.cash),
        coins=[float(number) for number in book.coins],
        wallets=[float(number) for number in book.wallets],
        contracts=[float(number) for number in book.contracts],
        entries=[float(number) for number in book.entries],
    )

    exact = measure_worth(CTX, value_book(CTX, book))
    fast = measure_worth(FAST, value_book(FAST, copy))

    for one, other in zip(exact, fast, strict=True):
        assert float(one.number) == pytest.approx(float(other.number), rel=1e-9, abs=1e-9)
        assert float(one.excess) == pytest.approx(float(other.excess), rel=1e-9, abs=1e-9)


def test_a_three_times_long_is_liquidated_at_minus_33_07_percent() -> None:
    assert lone_future(contracts=3, margin=42_100) == pytest.approx(-0.3306559572, abs=1e-9)


def test_a_three_times_short_is_liquidated_at_plus_32_8_percent() -> None:
    assert lone_future(contracts=-3, margin=42_100) == pytest.approx(0.328, abs=5e-4)


def lone_future(*, contracts: int, margin: int) -> float:
    """Return the signed move that liquidates a position of one flat tier of 0.4 %."""
    flat = changed(INSTRUMENTS, "instruments.BTC/USDT:USDT.margin_tiers", BTC_TIERS[:1])
    ctx = make_oracle(POLICY, REGIME, instruments=flat, marks=MARKS).ctx
    zero = Fraction(0)
    book = Book(
        unified=False,
        cash=zero,
        coins=[zero, zero],
        wallets=[Fraction(margin)],
        contracts=[Fraction(contracts), zero],
        entries=[Fraction(42_100), zero],
    )
    distance = liquidation_distance(ctx, value_book(ctx, book))
    return float(-distance if contracts > 0 else distance)


def test_cum_keeps_maintenance_margin_continuous() -> None:
    rows: list[dict[str, Any]] = [
        {"from": "0", "maintenance": "0.4%"},
        {"from": "300000", "maintenance": "0.5%"},
        {"from": "800000", "maintenance": "0.65%"},
        {"from": "3000000", "maintenance": "1%"},
    ]
    row = INSTRUMENTS["instruments"]["BTC/USDT:USDT"] | {"margin_tiers": rows}

    future = read_instrument("X", row, mark=Fraction(1), arithmetic=CTX.arithmetic)

    assert [tier.cum for tier in future.tiers] == [0, 300, 1500, 12000]
    assert future.maintenance(Fraction(800_000)) == 3700


def test_a_wallet_without_positions_cannot_be_liquidated() -> None:
    zero = Fraction(0)
    empty: list[Number] = [zero, zero]
    book = Book(
        unified=False,
        cash=Fraction(1000),
        coins=empty,
        wallets=[zero],
        contracts=empty,
        entries=empty,
    )

    measures = measure_worth(CTX, value_book(CTX, book))

    numbers = {row.name: found.number for row, found in zip(CTX.limits, measures, strict=True)}

    assert numbers["stress_liquidation"] == float("inf")
    assert numbers["liquidation_distance"] == float("inf")
    assert numbers["futures_leverage"] == 0
