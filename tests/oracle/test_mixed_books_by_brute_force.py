"""Limits of books that mix linear and inverse contracts, against prices moved one by one."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import inf
from random import Random
from typing import NamedTuple

import pytest

from tests.oracle.arithmetic import FLOAT, Number
from tests.oracle.book import Book
from tests.oracle.checks import make_oracle
from tests.oracle.coin_example import MIXED, MIXED_MARKS, MIXED_POLICY
from tests.oracle.limits import measure_worth
from tests.oracle.liquidation import liquidation_distance
from tests.oracle.stress import stress_ratios, stress_room
from tests.oracle.worth import value_book

CTX = make_oracle(MIXED_POLICY, "mixed", instruments=MIXED, marks=MIXED_MARKS).ctx
FAST = make_oracle(
    MIXED_POLICY, "mixed", instruments=MIXED, marks=MIXED_MARKS, arithmetic=FLOAT
).ctx
COINS = ("BTC", "ETH")
SPOTS = {"BTC": Fraction(40000), "ETH": Fraction(2000)}
SYMBOLS = tuple(list(MIXED_MARKS)[2:])
Moves = dict[str, Fraction]


class Seen(NamedTuple):
    gross: Fraction
    net: Fraction
    nav: Fraction
    rooms: list[Fraction]
    """Equity less maintenance margin of each pool with positions, in money."""


def random_book(seed: int, *, unified: bool) -> Book:
    draw = Random(seed)  # noqa: S311 - reproducible books, not secrets
    zero = Fraction(0)
    sizes = [4, 60, 3000, 2000, 4000]
    amounts: list[Number] = [
        Fraction(draw.choice([0, draw.randint(-size, size)])) for size in sizes
    ]
    coins: list[Number] = [Fraction(draw.randint(0, 300), 100), Fraction(draw.randint(0, 60))]
    margins: list[Number] = [Fraction(draw.randint(0, 1500), 100), Fraction(draw.randint(0, 90))]
    return Book(
        unified=unified,
        cash=Fraction(draw.randint(0, 50_000)),
        coins=[one + other for one, other in zip(coins, margins, strict=True)]
        if unified
        else coins,
        wallets=[Fraction(draw.randint(1000, 60_000)), *([zero, zero] if unified else margins)],
        contracts=amounts,
        entries=[Fraction(MIXED_MARKS[symbol]) * draw.randint(90, 110) / 100 for symbol in SYMBOLS],
    )


def look(book: Book, moves: Moves) -> Seen:
    """Return the numbers of a book after each asset's prices moved, from the venue's formulas."""
    prices = {coin: mark * (1 + moves[coin]) for coin, mark in SPOTS.items()}
    pools = {"USDT": book.wallets[0], "BTC": book.wallets[1], "ETH": book.wallets[2]}
    needed: dict[str, Number] = {}
    gross = net = Fraction(0)
    for index, symbol in enumerate(SYMBOLS):
        held, entry = Fraction(book.contracts[index]), Fraction(book.entries[index])
        coin, settle = symbol[:3], symbol.split(":")[1].split("-")[0]
        mark = Fraction(MIXED_MARKS[symbol]) * (1 + moves[coin])
        if settle == "USDT":
            profit, value, counted = held * (mark - entry), held * mark, held * mark
        else:
            value = held * Fraction(str(MIXED["instruments"][symbol]["contract_size"]))
            profit, counted = value * (1 / entry - 1 / mark), value / mark
        pools[settle] += profit
        gross, net = gross + abs(value), net + value
        if held:
            needed[settle] = needed.get(settle, 0) + maintenance(symbol, abs(counted))
    totals = {
        coin: (Fraction(amount) + pools[coin]) * prices[coin]
        for coin, amount in zip(COINS, book.coins, strict=True)
    }
    worth = sum((Fraction(value) for value in totals.values()), Fraction(0))
    nav = Fraction(book.cash) + Fraction(pools["USDT"]) + worth
    prices["USDT"] = Fraction(1)
    rooms = {name: (pools[name] - asked) * prices[name] for name, asked in needed.items()}
    if book.unified and needed:
        rooms = {"pool": nav - sum(asked * prices[name] for name, asked in needed.items())}
    return Seen(
        gross=gross + sum(abs(Fraction(value)) for value in totals.values()),
        net=net + worth,
        nav=nav,
        rooms=[Fraction(room) for room in rooms.values()],
    )


def maintenance(symbol: str, notional: Fraction) -> Fraction:
    """Return maintenance margin as a staircase: each slice of a notional at its own rate."""
    rows = MIXED["instruments"][symbol]["margin_tiers"]
    floors = [*(Fraction(row["from"]) for row in rows), notional]
    rates = [Fraction(row["maintenance"].rstrip("%")) / 100 for row in rows]
    slices = [
        max(Fraction(0), min(notional, end) - start)
        for start, end in zip(floors, [*floors[1:-1], notional], strict=False)
    ]
    return sum((rate * part for rate, part in zip(rates, slices, strict=True)), Fraction(0))


def together(move: Fraction) -> Moves:
    return dict.fromkeys(COINS, move)


def grid(*, parts: int) -> Iterator[Moves]:
    """Yield moves all over the stress box of the policy, its corners included."""
    for one, other in product(range(parts + 1), repeat=2):
        yield {
            "BTC": Fraction(-35, 100) + Fraction(75 * one, 100 * parts),
            "ETH": Fraction(-45, 100) + Fraction(95 * other, 100 * parts),
        }


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_liquidation_is_the_first_move_that_uses_up_a_wallet(seed: int, *, unified: bool) -> None:
    book = random_book(seed, unified=unified)
    distance = liquidation_distance(CTX, value_book(CTX, book))
    if distance == 0:
        assert min(look(book, together(Fraction(0))).rooms) <= 0
        return
    reach = Fraction(99) if distance == inf else Fraction(distance)
    steps = [reach * step / 24 for step in range(24)]
    inside = [*steps, *(-step for step in steps if step < 1)]

    assert all(room > 0 for move in inside for room in look(book, together(move)).rooms)
    if distance != inf:
        ends = [reach, -reach] if reach < 1 else [reach]
        assert any(room == 0 for end in ends for room in look(book, together(end)).rooms)


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_no_move_inside_the_box_is_worse_than_its_corners(seed: int, *, unified: bool) -> None:
    book = random_book(seed, unified=unified)
    worth = value_book(CTX, book)

    seen = [look(book, moves) for moves in grid(parts=6)]

    assert stress_room(CTX, worth) == min(
        (room for each in seen for room in each.rooms), default=inf
    )
    if min(each.nav for each in seen) > 0:
        ratios = stress_ratios(CTX, worth)
        net = [each.net / each.nav for each in seen]
        assert ratios["stress_gross_leverage"][1] == max(each.gross / each.nav for each in seen)
        assert ratios["stress_net_exposure"] == (min(net), max(net))


@pytest.mark.parametrize("unified", [False, True])
def test_the_random_books_are_worth_scanning(*, unified: bool) -> None:
    books = [random_book(seed, unified=unified) for seed in range(60)]
    distances = [liquidation_distance(CTX, value_book(CTX, book)) for book in books]
    mixed = [book for book in books if book.contracts[0] and any(book.contracts[2:])]

    assert len(mixed) > 15
    assert distances.count(inf) > 3
    assert sum(0 < distance < 1 for distance in distances) > 15


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_gross_and_net_count_a_coin_once_wherever_it_lies(seed: int, *, unified: bool) -> None:
    book = random_book(seed, unified=unified)
    seen, worth = look(book, together(Fraction(0))), value_book(CTX, book)

    numbers = {
        limit.name: found.number
        for limit, found in zip(CTX.limits, measure_worth(CTX, worth), strict=True)
    }

    assert worth.nav == seen.nav
    if seen.nav > 0:
        assert numbers["gross_leverage"] == seen.gross / seen.nav
        assert numbers["net_exposure"] == seen.net / seen.nav


@pytest.mark.parametrize("seed", range(40))
def test_floats_and_fractions_agree_on_mixed_books(seed: int) -> None:
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
