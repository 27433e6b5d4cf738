"""Is the money right: NAV, NAV after, fees, and the book the plan says it leaves."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.context import Context
from tests.oracle.replay import Replay

PRINTED_ENTRY = "0.000001"
"""Relative: entry prices are averages, printed rounded."""


def check_values(ctx: Context, replay: Replay, plan: Mapping[str, Any]) -> list[str]:
    """Return where `nav`, `nav_after` or the fees differ from the replay."""
    make, fees = ctx.arithmetic.make, replay.fees
    nav = replay.worth.nav
    slippage = sum(make(row.get("slippage", 0)) for row in plan["trades"])
    asked = {
        "nav": (plan["nav"], nav),
        "nav_after": (plan["nav_after"], nav - fees),
        "costs.fees": (plan["costs"]["fees"], fees),
        "costs.slippage": (plan["costs"]["slippage"], slippage),
    }
    return [
        f"{name} is {printed}, replayed {show(value)}"
        for name, (printed, value) in asked.items()
        if magnitude(make(printed) - value) > ctx.arithmetic.money_slack * magnitude(nav)
    ]


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
    if book.unified:
        printed[quote] = printed.get(quote, ctx.zero) + wallets.pop(quote, ctx.zero)
        held[quote] = book.cash + kept.pop(quote)
    else:
        held[quote] = book.cash
    slack = ctx.arithmetic.money_slack * magnitude(replay.worth.nav)
    loose = max(slack, ctx.arithmetic.make(PRINTED_ENTRY)) if reopens(replay) else slack
    findings = compare("spot", printed, held, loose if book.unified else slack)
    findings += compare("wallet", wallets, kept, loose)
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


def compare(
    what: str, printed: Mapping[str, Number], held: Mapping[str, Number], slack: Number
) -> list[str]:
    """Return the coins whose printed amount is not the replayed one."""
    zero = 0
    return [
        f"book_after {what} {coin} is {show(printed.get(coin, zero))}, "
        f"replayed {show(held.get(coin, zero))}"
        for coin in sorted({*printed, *held})
        if magnitude(printed.get(coin, zero) - held.get(coin, zero)) > slack
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
