"""Every book that trades can reach from a book, as linear expressions of what is traded.

All numbers are shares of the NAV before the trades. Money moves the way a plan moves it: positions
are closed, coins sold, money taken out of wallets; then coins bought, money put into wallets and
positions opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tests.differential.judge.linear_program import Line, Program, add_up
from tests.oracle.context import Context
from tests.oracle.replay import Replay


@dataclass(frozen=True, slots=True)
class Opening:
    """A book before its trades: values and profits along coins, contracts and wallets."""

    unified: bool
    nav: float
    cash: float
    spots: tuple[float, ...]
    futures: tuple[float, ...]
    profits: tuple[float, ...]
    balances: tuple[float, ...]
    setting: tuple[float, ...]
    """Per contract, the venue's leverage."""


@dataclass(frozen=True, slots=True)
class Way:
    """What makes the reachable books a convex set: who crosses zero, and who gives money out."""

    crosses: tuple[bool, ...]
    gives: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """A book after trades; `notionals` are absolute, `moved` is what is traded in all."""

    spots: tuple[Line, ...]
    futures: tuple[Line, ...]
    notionals: tuple[Line, ...]
    equities: tuple[Line, ...]
    """Per wallet; in a unified account the one pool."""
    nav: Line
    moved: Line


@dataclass(frozen=True, slots=True)
class Position:
    """What is closed of one contract and opened again, and what is left."""

    closed: Line
    opened: Line
    kept: Line
    notional: Line
    signed: Line


def measure_opening(ctx: Context, replay: Replay) -> Opening:
    """Return the book that a plan starts from, in shares of its NAV."""
    book, worth = replay.opening, replay.worth
    nav = float(worth.nav)
    costs = [
        float(held * row.size * entry)
        for held, row, entry in zip(book.contracts, ctx.contracts, book.entries, strict=True)
    ]
    return Opening(
        unified=book.unified,
        nav=nav,
        cash=float(book.cash) / nav,
        spots=tuple(float(value) / nav for value in worth.spots),
        futures=tuple(float(value) / nav for value in worth.signed),
        profits=tuple(
            (float(value) - cost) / nav for value, cost in zip(worth.signed, costs, strict=True)
        ),
        balances=tuple(float(balance) / nav for balance in book.wallets),
        setting=tuple(1 / float(row.initial(1.0)) for row in ctx.contracts),
    )


def all_ways(opening: Opening, targets: Sequence[float]) -> Iterator[Way]:
    """Yield every way to trade towards contracts of these targets."""
    crossing = [
        (False, True) if held * target < 0 else (held == 0,)
        for held, target in zip(opening.futures, targets, strict=True)
    ]
    giving = [(False,) if opening.unified else (False, True) for _ in opening.balances]
    for crosses in product(*crossing):
        for gives in product(*giving):
            yield Way(crosses, gives)


def reach(
    ctx: Context, program: Program, *, opening: Opening, way: Way, targets: Sequence[float]
) -> Reached:
    """Return the books that one way reaches, with the program's rows for money and margin."""
    bought = [program.variable() for _ in opening.spots]
    sold = [program.variable(0.0, held) for held in opening.spots]
    spots = tuple(
        (buy - sell) + held for held, buy, sell in zip(opening.spots, bought, sold, strict=True)
    )
    program.require(*spots)
    positions = [
        trade_contract(program, held, target=target, crosses=crosses)
        for held, target, crosses in zip(opening.futures, targets, way.crosses, strict=True)
    ]
    traded = [buy + sell for buy, sell in zip(bought, sold, strict=True)]
    spot_fees = add_up(line * float(row.fee) for line, row in zip(traded, ctx.coins, strict=True))
    cash = add_up(sold) - add_up(bought) - spot_fees + opening.cash
    balances, equities, taken = move_money(ctx, program, opening=opening, way=way, held=positions)
    cash += taken
    nav = add_up([cash, *spots, *equities])
    if opening.unified:
        cash += add_up(balances)
        equities = [nav]
    program.require(cash)
    return Reached(
        spots=spots,
        futures=tuple(position.signed for position in positions),
        notionals=tuple(position.notional for position in positions),
        equities=tuple(equities),
        nav=nav,
        moved=add_up([*traded, *(each.closed + each.opened for each in positions)]) * 0.5,
    )


def trade_contract(program: Program, held: float, *, target: float, crosses: bool) -> Position:
    """Return what may be closed and opened of a contract that does or does not cross zero."""
    size, side = abs(held), 1.0 if held > 0 else -1.0
    closed = program.variable(size if crosses else 0.0, size)
    kept = -closed + size
    may_open = target != 0 or held != 0
    opened = program.variable() if may_open else Line()
    if crosses:
        side = 1.0 if target > 0 else -1.0
    notional = kept + opened
    return Position(closed, opened, kept, notional, notional * side)


def move_money(
    ctx: Context, program: Program, *, opening: Opening, way: Way, held: Sequence[Position]
) -> tuple[list[Line], list[Line], Line]:
    """Return each wallet's balance and equity at the end, and what the cash gets out of them."""
    balances, equities, taken = [], [], Line()
    for wallet, start in enumerate(opening.balances):
        mine = [index for index, owner in enumerate(ctx.wallet_of) if owner == wallet]
        fees = {index: float(ctx.contracts[index].fee) for index in mine}
        realised = add_up(realise(opening, index, closed=held[index].closed) for index in mine)
        balance = realised - add_up(held[index].closed * fees[index] for index in mine) + start
        unrealised = sum(opening.profits[index] for index in mine)
        equity = balance - realised + unrealised
        if opening.unified:
            moved = Line()
        elif way.gives[wallet]:
            given = program.variable()
            locked = add_up(held[index].kept * (1 / opening.setting[index]) for index in mine)
            program.require(balance - locked - given, equity - locked - given)
            moved = -given
        else:
            moved = program.variable()
        later = moved - add_up(held[index].opened * fees[index] for index in mine)
        balances.append(balance + later)
        equities.append(equity + later)
        taken -= moved
    return balances, equities, taken


def realise(opening: Opening, index: int, *, closed: Line) -> Line:
    """Return the profit that closing a part of a position settles."""
    held = opening.futures[index]
    return closed * (opening.profits[index] / abs(held)) if held else Line()
