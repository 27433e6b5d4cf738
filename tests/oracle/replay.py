"""The trades of a plan, played one by one: the book before, half-way through and after each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.arithmetic import Number
from tests.oracle.book import Book
from tests.oracle.context import Context
from tests.oracle.instruments import Instrument
from tests.oracle.opening import open_book
from tests.oracle.worth import Worth, value_book

SIGNS = {"buy": 1, "sell": -1}


@dataclass(frozen=True, slots=True)
class Step:
    """One trade with its numbers read: `amount` and `money` signed, `index` along its kind."""

    label: str
    row: Mapping[str, Any]
    instrument: Instrument | None
    index: int
    amount: Number
    money: Number
    fee: Number
    """In the coin that pays it."""
    cost: Number
    """The same in quote money."""


@dataclass(frozen=True, slots=True)
class State:
    """A book that a partly executed plan can leave, and the books it came from."""

    step: Step
    before: Book
    half: Book
    after: Book
    before_worth: Worth
    half_worth: Worth
    after_worth: Worth


@dataclass(slots=True)
class Replay:
    """A plan replayed on a portfolio."""

    opening: Book
    worth: Worth
    outside: dict[str, Number]
    unmanaged: list[str]
    states: list[State] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def final(self) -> Book:
        """Return the book after the last trade."""
        return self.states[-1].after if self.states else self.opening

    @property
    def final_worth(self) -> Worth:
        """Return what the book after the last trade is worth."""
        return self.states[-1].after_worth if self.states else self.worth

    @property
    def fees(self) -> Number:
        """Return all fees in quote money; coins at their spot mark."""
        return sum(state.step.cost for state in self.states)


def replay_plan(ctx: Context, portfolio: Mapping[str, Any], plan: Mapping[str, Any]) -> Replay:
    """Return every book on the way through a plan's trades."""
    opening = open_book(ctx, portfolio)
    book, worth = opening.book, value_book(ctx, opening.book)
    replay = Replay(book, worth, opening.outside, opening.refusals)
    for row in plan["trades"]:
        step = read_step(ctx, row)
        if isinstance(step, str):
            replay.findings.append(step)
            continue
        half, after = book.copy(), book.copy()
        apply_step(ctx, half, step=step, part=ctx.arithmetic.make("0.5"))
        apply_step(ctx, after, step=step, part=ctx.arithmetic.make("1"))
        half_worth, after_worth = value_book(ctx, half), value_book(ctx, after)
        replay.states.append(State(step, book, half, after, worth, half_worth, after_worth))
        book, worth = after, after_worth
    return replay


def read_step(ctx: Context, row: Mapping[str, Any]) -> Step | str:
    """Return a trade's numbers, or what makes it impossible to replay."""
    label, make = f"step {row.get('step')}", ctx.arithmetic.make
    amount = make(row["amount"])
    if row["kind"] == "transfer":
        ends = (row["from"], row["to"])
        if row["coin"] not in ctx.wallets or ends not in {("spot", "futures"), ("futures", "spot")}:
            return f"{label}: no transfer of {row['coin']} from {ends[0]} to {ends[1]}"
        wallet = ctx.wallets.index(row["coin"])
        signed = amount if ends[1] == "futures" else -amount
        return Step(label, row, None, wallet, signed, -signed, ctx.zero, ctx.zero)
    instrument = ctx.by_symbol.get(row["symbol"])
    if row["kind"] != "order" or row["side"] not in SIGNS or instrument is None:
        return f"{label}: cannot replay {row['kind']} {row.get('side')} {row.get('symbol')}"
    index = (
        ctx.coin_of[instrument.base] if instrument.is_spot else ctx.contract_of[instrument.symbol]
    )
    signed = SIGNS[row["side"]] * amount
    money = -signed * instrument.unit_value
    fee = make(row["fee"])
    mark = ctx.wallet_marks[ctx.wallets.index(instrument.settle)]
    return Step(label, row, instrument, index, signed, money, fee, fee * mark)


def apply_step(ctx: Context, book: Book, *, step: Step, part: Number) -> None:
    """Change a book by a part of a trade, with that part of its fee."""
    if step.instrument is None:
        book.transfer(ctx, step.index, step.amount * part)
    elif step.instrument.is_spot:
        book.trade_spot(step.index, step.amount * part, (step.money - step.fee) * part)
    else:
        book.trade_future(ctx, step.index, amount=step.amount * part, fee=step.fee * part)
