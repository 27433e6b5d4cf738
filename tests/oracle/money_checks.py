"""Is every payment covered: cash, coins, what a wallet gives out, and margin."""

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.book import Book
from tests.oracle.context import Context
from tests.oracle.replay import Replay, State
from tests.oracle.worth import Worth, initial_margins

CENTS, COIN_PARTS = 10**2, 10**8
"""A transfer is a whole number of cents of the quote coin, of 0.00000001 of another."""


def check_money(ctx: Context, replay: Replay) -> list[str]:
    """Return every trade, or half-filled trade, that spends what is not there."""
    findings = []
    slack = ctx.arithmetic.money_slack * magnitude(replay.worth.nav)
    for state in replay.states:
        for part, book in (("half-way", state.half), ("after it", state.after)):
            found = check_cash(ctx, state, book=book, slack=slack)
            findings += [f"{state.step.label} {part}: {text}" for text in found]
        if state.step.instrument is None:
            findings += check_transfer(ctx, state, slack=slack)
    return findings


def check_cash(ctx: Context, state: State, *, book: Book, slack: Number) -> list[str]:
    """Return cash or coins under zero; where they were under it before, a further fall."""
    findings = []
    floor = min(state.before.quote_cash(), ctx.zero)
    if book.quote_cash() < floor - slack:
        findings.append(f"cash is {show(book.quote_cash())}")
    if book.unified and state.step.instrument is not None and not state.step.instrument.is_spot:
        return findings  # the pool lends a coin that a loss or a fee takes from it
    rows = zip(ctx.coins, book.coins, state.before.coins, strict=True)
    for coin, amount, held in rows:
        if amount < min(held, ctx.zero) - ctx.arithmetic.unit_slack * coin.step:
            findings.append(f"{coin.base} is {show(amount)}")
    return findings


def check_transfer(ctx: Context, state: State, *, slack: Number) -> list[str]:
    """Return a transfer in a unified account, in parts of a unit, or of more than is free."""
    step, before = state.step, state.before
    if before.unified:
        return [f"{step.label}: a transfer in a unified account"]
    findings = []
    mark = ctx.wallet_marks[step.index]
    is_coin = ctx.wallet_coins[step.index] is not None
    units = step.amount * (COIN_PARTS if is_coin else CENTS)
    if magnitude(units - round(units)) > ctx.arithmetic.unit_slack:
        findings.append(f"{step.label}: {step.row['amount']} is no whole number of its units")
    free = free_coins(ctx, before, worth=state.before_worth, wallet=step.index)
    if step.amount < 0 and -step.amount > free + slack / mark:
        text = f"takes {show(-step.amount)}, the wallet gives {show(free)}"
        findings.append(f"{step.label}: {text}")
    return findings


def free_coins(ctx: Context, book: Book, *, worth: Worth, wallet: int) -> Number:
    """Return max(0, min(balance, equity) − initial margin) of a wallet, in its coin."""
    mark = ctx.wallet_marks[wallet]
    equity, locked = worth.equities[wallet], initial_margins(ctx, worth)[wallet]
    return max(ctx.zero, min(book.wallets[wallet], equity / mark) - locked / mark)
