"""Is every payment covered: cash, coins, what a wallet gives out, and margin."""

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.book import Book, Worth, initial_margins
from tests.oracle.context import Context
from tests.oracle.limits import asset_deltas
from tests.oracle.replay import Replay, State


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
    for coin, amount in zip(ctx.coins, book.coins, strict=True):
        if amount < -ctx.arithmetic.unit_slack * coin.step:
            findings.append(f"{coin.base} is {show(amount)}")
    return findings


def check_transfer(ctx: Context, state: State, *, slack: Number) -> list[str]:
    """Return a transfer in a unified account, or one of more than the wallet gives out."""
    step, before = state.step, state.before
    if before.unified:
        return [f"{step.label}: a transfer in a unified account"]
    free = free_cash(ctx, before, worth=state.before_worth, wallet=step.index)
    if step.amount < 0 and -step.amount > free + slack:
        return [f"{step.label}: takes {show(-step.amount)}, the wallet gives {show(free)}"]
    return []


def free_cash(ctx: Context, book: Book, *, worth: Worth, wallet: int) -> Number:
    """Return max(0, min(balance, equity) − initial margin) of a wallet."""
    locked = initial_margins(ctx, worth)[wallet]
    return max(ctx.zero, min(book.wallets[wallet], worth.equities[wallet]) - locked)


def check_leg_imbalance(ctx: Context, replay: Replay) -> list[str]:
    """Return where an asset's delta leaves the way from its start to its end by more than m."""
    findings = []
    start, end = asset_deltas(ctx, replay.worth), asset_deltas(ctx, replay.final_worth)
    room = leg_room(ctx, replay.worth.nav)
    for state in replay.states:
        if state.step.instrument is None:
            continue
        base = state.step.instrument.base
        delta = asset_deltas(ctx, state.after_worth)[base]
        least, most = sorted((start[base], end[base]))
        if not least - room[base] <= delta <= most + room[base]:
            findings.append(
                f"{state.step.label}: {base} delta is {show(delta)}, "
                f"outside {show(least)} to {show(most)} by more than {show(room[base])}"
            )
    return findings


def leg_room(ctx: Context, nav: Number) -> dict[str, Number]:
    """Return m per asset: the larger of max_leg_imbalance × NAV and its smallest order."""
    room: dict[str, Number] = {}
    least = ctx.policy.leg_imbalance * nav * (1 + ctx.arithmetic.ratio_slack)
    for instrument in (*ctx.coins, *ctx.contracts):
        last = room.get(instrument.base, least)
        room[instrument.base] = max(last, instrument.smallest_order)
    return room
