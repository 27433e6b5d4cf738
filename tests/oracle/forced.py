"""May limits or cash move a plan off its bands: said by the plan, or found here again.

The book that the bands alone ask for is measured as if it were held. Where it lies well inside
every limit, with cash to spare, nothing may force the plan anywhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.book import Book
from tests.oracle.context import Context
from tests.oracle.limits import measure_worth
from tests.oracle.policy import Limit
from tests.oracle.replay import Replay
from tests.oracle.targets import TargetSheet
from tests.oracle.worth import Worth, initial_margins, value_book

NEAR = 50
"""A number within a fiftieth of its cap counts as near it."""
WORDS = ("limit", "cash", "factor", "shrink", "shrunk", "scale", "lambda", "λ", "stale", "realise")


Bases = tuple[Sequence[Number], Sequence[Number], Sequence[Number]]
"""The weights the bands ask for: coins, contracts, wallets."""


def is_forced(
    ctx: Context, sheet: TargetSheet, replay: Replay, *, bases: Bases, plan: Mapping[str, Any]
) -> bool:
    """Return whether limits, cash or trapped profit may move the plan off its bands."""
    if sheet.is_scaled or is_said(ctx, plan):
        return True
    worth = replay.worth
    cost, turnover = moving_cost(ctx, worth, bases=bases)
    book = base_book(ctx, worth, bases=bases)
    lots = cost + sum((row.step_value for row in (*ctx.coins, *ctx.contracts)), ctx.zero)
    cap = ctx.policy.plan_caps.get("turnover")
    return (
        book.quote_cash() < 2 * lots
        or (cap is not None and turnover * NEAR > cap * worth.nav * (NEAR - 1))
        or is_trapped(ctx, replay.opening, worth=worth, wallets=bases[2])
        or is_near_limit(ctx, book, lots=lots)
    )


def is_said(ctx: Context, plan: Mapping[str, Any]) -> bool:
    """Return whether the plan says that something forced it."""
    said = " ".join(str(plan.get(key)) for key in ("warnings", "refusals", "residuals")).lower()
    return any(word in said for word in (*WORDS, *(limit.name for limit in ctx.limits)))


def moving_cost(ctx: Context, worth: Worth, *, bases: Bases) -> tuple[Number, Number]:
    """Return a generous cost of going to the bases, and the turnover in money."""
    cost, traded = ctx.zero, ctx.zero
    rows = (*ctx.coins, *ctx.contracts)
    held, asked = (*worth.spots, *worth.signed), (*bases[0], *bases[1])
    for row, value, weight in zip(rows, held, asked, strict=True):
        moved = magnitude(value - weight * worth.nav)
        traded += moved
        cost += moved * (row.fee + ctx.policy.slippage) * 2
    return cost, traded / 2


def base_book(ctx: Context, worth: Worth, *, bases: Bases) -> Book:
    """Return the book the bands ask for, in unrounded amounts bought at the marks."""
    coins, contracts, wallets = bases
    nav = worth.nav
    equities = [weight * nav for weight in wallets] or [ctx.zero] * len(ctx.wallets)
    rows = zip(equities, ctx.wallet_marks, strict=True)
    return Book(
        unified=worth.unified,
        cash=nav - sum(coins) * nav - sum(equities),
        coins=[weight * nav / row.mark for weight, row in zip(coins, ctx.coins, strict=True)],
        wallets=[equity / mark for equity, mark in rows],
        contracts=[
            weight * nav / row.unit_value
            for weight, row in zip(contracts, ctx.contracts, strict=True)
        ],
        entries=[row.mark for row in ctx.contracts],
    )


def is_trapped(ctx: Context, book: Book, *, worth: Worth, wallets: Sequence[Number]) -> bool:
    """Return whether a wallet must give out more than it can without realising profit."""
    locked = initial_margins(ctx, worth)
    for index, weight in enumerate(wallets):
        equity = worth.equities[index]
        balance = book.wallets[index] * ctx.wallet_marks[index]
        free = max(ctx.zero, min(balance, equity) - locked[index])
        if equity - weight * worth.nav > free:
            return True
    return False


def is_near_limit(ctx: Context, book: Book, *, lots: Number) -> bool:
    """Return whether any limit of a book is broken, or a few lots away from it."""
    worth = value_book(ctx, book)
    base = min([worth.nav, *(equity for equity in worth.equities if equity > 0)])
    if base <= 0:
        return True
    for limit, measure in zip(ctx.limits, measure_worth(ctx, worth), strict=True):
        if limit.name == "stress_liquidation":
            near = base / NEAR + 4 * lots
        else:
            near = largest_end(limit) / NEAR + 4 * lots / base
        if measure.excess > -near:
            return True
    return False


def largest_end(limit: Limit) -> Number:
    """Return the larger end of a limit, absolute."""
    return max(magnitude(end) for end in (limit.low, limit.high) if end is not None)
