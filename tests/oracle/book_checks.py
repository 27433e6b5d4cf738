"""Is the money right: NAV, NAV after, fees, and the book the plan says it leaves."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.context import Context
from tests.oracle.order_checks import PRINTED_COINS
from tests.oracle.replay import Replay

PRINTED_ENTRY = "0.000001"
"""Relative: entry prices are averages, printed rounded."""
PRINTED_NAV = "0.000000001"
"""Relative: profit in coins is a ratio that may not end, and so is a NAV that holds it."""
PRINTED_COST = "0.000001"
"""Money: fees in coins at spot have more digits than money is printed with."""


def check_values(ctx: Context, replay: Replay, plan: Mapping[str, Any]) -> list[str]:
    """Return where `nav`, `nav_after` or the fees differ from the replay."""
    make, fees = ctx.arithmetic.make, replay.fees
    nav = replay.worth.nav
    slippage = sum(make(row.get("slippage", 0)) for row in plan["trades"])
    slack = ctx.arithmetic.money_slack * magnitude(nav)
    worth = make(PRINTED_NAV) * magnitude(nav) if holds_coin_margin(ctx, replay) else slack
    is_coin = any(state.step.cost != state.step.fee for state in replay.states)
    cost = slack + make(PRINTED_COST) if is_coin else slack
    asked = {
        "nav": (plan["nav"], nav, worth),
        "nav_after": (plan["nav_after"], nav - fees, worth),
        "costs.fees": (plan["costs"]["fees"], fees, cost),
        "costs.slippage": (plan["costs"]["slippage"], slippage, slack),
    }
    return [
        f"{name} is {printed}, replayed {show(value)}"
        for name, (printed, value, room) in asked.items()
        if magnitude(make(printed) - value) > room
    ]


def holds_coin_margin(ctx: Context, replay: Replay) -> bool:
    """Return whether coins or positions lie in a coin-margined wallet before or after the plan.

    Coins have more digits than money is printed with.
    """
    for book in (replay.opening, replay.final):
        rows = zip(ctx.wallet_coins, book.wallets, strict=True)
        if any(coin is not None and amount != 0 for coin, amount in rows):
            return True
        held = zip(ctx.contracts, book.contracts, strict=True)
        if any(row.is_inverse and amount != 0 for row, amount in held):
            return True
    return False


def check_book_after(ctx: Context, replay: Replay, plan: Mapping[str, Any]) -> list[str]:
    """Return where `book_after` differs from the replayed book."""
    after, book = plan["book_after"], replay.final
    quote = ctx.policy.quote
    printed = read_amounts(ctx, after.get("spot"))
    wallets = read_amounts(ctx, after.get("wallets"))
    held = {row.base: amount for row, amount in zip(ctx.coins, book.coins, strict=True)}
    for coin, amount in replay.outside.items():
        held[coin] = held.get(coin, ctx.zero) + amount
    kept = dict(zip(ctx.wallets, book.wallets, strict=True))
    held[quote] = book.cash
    if book.unified:
        pool(printed, wallets)
        pool(held, kept)
    slack = ctx.arithmetic.money_slack * magnitude(replay.worth.nav)
    loose = max(slack, ctx.arithmetic.make(PRINTED_ENTRY)) if reopens(replay) else slack
    rooms = coin_rooms(ctx, slack)
    spots = rooms | {quote: loose if book.unified else slack}
    findings = compare("spot", printed, held, rooms=spots, slack=slack)
    findings += compare("wallet", wallets, kept, rooms=rooms | {quote: loose}, slack=slack)
    return findings + compare_positions(ctx, replay, after.get("positions") or ())


def read_amounts(ctx: Context, amounts: Mapping[str, Any] | None) -> dict[str, Number]:
    """Return printed amounts as numbers."""
    return {coin: ctx.arithmetic.make(text) for coin, text in (amounts or {}).items()}


def reopens(replay: Replay) -> bool:
    """Return whether a position is reduced after it grew: what that realises may not end."""
    grown: set[int] = set()
    for state in replay.states:
        step = state.step
        if step.instrument is None or step.instrument.is_spot:
            continue
        if magnitude(state.after.contracts[step.index]) > magnitude(
            state.before.contracts[step.index]
        ):
            grown.add(step.index)
        elif step.index in grown:
            return True
    return False


def pool(spot: dict[str, Number], wallets: dict[str, Number]) -> None:
    """Add wallets to the spot coins: a unified account does not keep them apart."""
    for coin, amount in wallets.items():
        spot[coin] = spot.get(coin, 0) + amount
    wallets.clear()


def coin_rooms(ctx: Context, slack: Number) -> dict[str, Number]:
    """Return how far the printed holdings of each coin that margins contracts may be off."""
    printed = ctx.arithmetic.make(PRINTED_COINS)
    return {
        coin: printed + slack / mark
        for coin, mark in zip(ctx.wallets[1:], ctx.wallet_marks[1:], strict=True)
    }


def compare(
    what: str,
    printed: Mapping[str, Number],
    held: Mapping[str, Number],
    *,
    rooms: Mapping[str, Number],
    slack: Number,
) -> list[str]:
    """Return the coins whose printed amount is not the replayed one."""
    zero = 0
    return [
        f"book_after {what} {coin} is {show(printed.get(coin, zero))}, "
        f"replayed {show(held.get(coin, zero))}"
        for coin in sorted({*printed, *held})
        if magnitude(printed.get(coin, zero) - held.get(coin, zero)) > rooms.get(coin, slack)
    ]


def compare_positions(ctx: Context, replay: Replay, rows: Any) -> list[str]:
    """Return the positions whose contracts or entry price are not the replayed ones."""
    make, book = ctx.arithmetic.make, replay.final
    printed = {row["symbol"]: row for row in rows}
    findings = [f"book_after has unknown {key}" for key in printed if key not in ctx.contract_of]
    for symbol, index in ctx.contract_of.items():
        held, entry = book.contracts[index], book.entries[index]
        row = printed.get(symbol, {"contracts": 0, "entry_price": 0})
        contracts = make(row["contracts"])
        if magnitude(contracts - held) > ctx.arithmetic.unit_slack * ctx.contracts[index].step:
            findings.append(f"book_after {symbol} is {show(contracts)}, replayed {show(held)}")
        elif held != 0 and magnitude(make(row["entry_price"]) - entry) > entry * make(
            PRINTED_ENTRY
        ):
            findings.append(
                f"book_after {symbol} entry is {row['entry_price']}, replayed {show(entry)}"
            )
    return findings
