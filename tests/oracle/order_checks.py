"""Is every order one that the venue takes, at the mark, with its fee, in the right order."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.context import Context
from tests.oracle.instruments import Instrument
from tests.oracle.replay import Replay, State

MONEY_DIGITS, COIN_DIGITS = 10**6, 10**8
"""Fees are rounded up to six decimals of the quote coin, eight of a coin that margins."""
PRINTED_ERROR = "0.000000001"
"""Relative to a number over one: what floats may carry where long and short nearly cancel out."""
PRINTED_COINS = "0.00000000001"
"""Coins.

Sizes and holdings in coins are ratios that may not end; they are printed rounded to twelve
decimals, and a few such roundings may add up. The next real amount, a fee's last digit, is a
thousand times larger.
"""


def check_orders(ctx: Context, replay: Replay, plan: Mapping[str, Any]) -> list[str]:
    """Return every order that is not what the venue and the design ask for."""
    findings = list(replay.findings)
    numbers = [row.get("step") for row in plan["trades"]]
    if numbers != list(range(1, len(numbers) + 1)):
        findings.append(f"steps are numbered {numbers}")
    for state in replay.states:
        step = state.step
        if step.instrument is None:
            if step.amount == 0 or ctx.arithmetic.make(step.row["amount"]) < 0:
                findings.append(f"{step.label}: transfer of {step.row['amount']}")
            continue
        found = [
            *check_lot(ctx, state, step.instrument),
            *check_direction(state, step.instrument),
            *check_price(ctx, state, step.instrument),
            *check_fee(ctx, state, step.instrument),
        ]
        findings += [f"{step.label} {step.instrument.symbol}: {text}" for text in found]
    return findings


def check_lot(ctx: Context, state: State, instrument: Instrument) -> list[str]:
    """Return broken steps, minimums and the policy's largest order."""
    row, findings = state.step.row, []
    amount = ctx.arithmetic.make(row["amount"])
    value = amount * instrument.unit_value
    cap = ctx.policy.plan_caps.get("order_notional")
    lots = amount / instrument.step
    if magnitude(lots - round(lots)) > ctx.arithmetic.unit_slack:
        findings.append(f"amount {row['amount']} is not a multiple of {show(instrument.step)}")
    slack = ctx.arithmetic.unit_slack * instrument.step
    if amount <= 0 or amount < instrument.min_amount - slack:
        findings.append(f"amount {row['amount']} is under {show(instrument.min_amount)}")
    exempt = row["reduce_only"] and not instrument.is_spot
    if not exempt and value < instrument.min_cost - slack * instrument.unit_value:
        findings.append(f"worth {show(value)} is under the minimum {show(instrument.min_cost)}")
    if cap is not None and value > cap + slack * instrument.unit_value:
        findings.append(f"worth {show(value)} is over order_notional {show(cap)}")
    return findings


def check_direction(state: State, instrument: Instrument) -> list[str]:
    """Return a crossing of zero, and reduce-only orders that do not reduce."""
    if instrument.is_spot:
        return ["a spot order is reduce_only"] if state.step.row["reduce_only"] else []
    held, after = (book.contracts[state.step.index] for book in (state.before, state.after))
    if held * after < 0:
        return [f"crosses zero from {show(held)} to {show(after)}"]
    if state.step.row["reduce_only"] and magnitude(after) >= magnitude(held):
        return [f"reduce_only takes {show(held)} to {show(after)}"]
    return []


def check_price(ctx: Context, state: State, instrument: Instrument) -> list[str]:
    """Return a price that is not the mark, and products that do not multiply out."""
    row, make = state.step.row, ctx.arithmetic.make
    amount = make(row["amount"])
    asked = {
        "price": instrument.mark,
        "quantity_base": amount * instrument.unit_base,
        "notional": amount * instrument.unit_value,
    }
    rounded = {"quantity_base": make(PRINTED_COINS)} if instrument.is_inverse else {}
    findings = [
        f"{name} is {row[name]}, not {show(value)}"
        for name, value in asked.items()
        if magnitude(make(row[name]) - value)
        > ctx.arithmetic.money_slack * magnitude(value) + rounded.get(name, ctx.zero)
    ]
    unit = "base" if instrument.is_spot else "contracts"
    if row["unit"] != unit:
        findings.append(f"unit is {row['unit']}, not {unit}")
    return findings


def check_fee(ctx: Context, state: State, instrument: Instrument) -> list[str]:
    """Return a fee that is not notional × taker fee, in the coin that pays it, rounded up."""
    row, make = state.step.row, ctx.arithmetic.make
    findings = []
    amount = make(row["amount"])
    exact = amount * instrument.unit_settled * instrument.fee
    digits = COIN_DIGITS if instrument.is_inverse else MONEY_DIGITS
    if not is_rounded_up(ctx, state.step.fee, exact, digits=digits):
        findings.append(f"fee is {row['fee']}, not {show(exact)} rounded up")
    reserve, asked = make(row.get("slippage", 0)), amount * instrument.unit_value
    asked *= ctx.policy.slippage
    if magnitude(reserve - asked) * MONEY_DIGITS > 1 + ctx.arithmetic.unit_slack:
        findings.append(f"slippage is {row['slippage']}, not {show(asked)}")
    return findings


def is_rounded_up(ctx: Context, fee: Number, exact: Number, *, digits: int) -> bool:
    """Return whether a fee is the next multiple of the last digit at or above the exact one.

    Floats cannot tell a whole number of digits from a little more: there one digit may be too much.
    """
    slack = ctx.arithmetic.unit_slack
    units = fee * digits
    over = units - exact * digits
    return magnitude(units - round(units)) <= slack and -slack <= over < 1 + slack


def check_trade_weights(ctx: Context, replay: Replay) -> list[str]:
    """Return printed weights of a trade that are not its instrument's.

    The design leaves open whether a weight on the way is of the NAV before the plan or at that
    step; the fees between them rarely show in four decimals, and either is taken.
    """
    findings = []
    opening = replay.worth.nav
    for state in replay.states:
        step = state.step
        if step.instrument is None:
            continue
        is_spot = step.instrument.is_spot
        ends = (("weight_before", state.before_worth), ("weight_after", state.after_worth))
        for name, worth in ends:
            value = (worth.spots if is_spot else worth.signed)[step.index]
            navs = (opening, worth.nav)
            if not is_printed(ctx, step.row[name], tuple(value / nav for nav in navs if nav > 0)):
                findings.append(f"{step.label}: {name} is {step.row[name]}")
    return findings


def is_printed(ctx: Context, text: str, values: tuple[Number, ...]) -> bool:
    """Return whether a text is one of the values in four decimals, a tie rounded either way.

    Plans print floats: of a distance of some hundred thousand, where longs and shorts nearly cancel
    out, the fourth decimal is less than their error.
    """
    printed, half = ctx.arithmetic.make(text), ctx.arithmetic.half_digit
    error = ctx.arithmetic.make(PRINTED_ERROR)
    return any(
        magnitude(printed - value) <= half + error * max(magnitude(value) - 1, 0)
        for value in values
    )


def check_turnover(ctx: Context, replay: Replay, *, was_clean: bool) -> list[str]:
    """Return a turnover over the policy's by more than a lot of each instrument.

    Trades that restore a limit are exempt, so nothing is held where one was broken before.
    """
    cap = ctx.policy.plan_caps.get("turnover")
    if cap is None or not was_clean:
        return []
    nav = replay.worth.nav
    steps = [(state.step.instrument, state.step.money) for state in replay.states]
    lots = {row.symbol: row.step_value for row, _ in steps if row}
    turnover = sum((magnitude(money) for row, money in steps if row), ctx.zero) / 2
    if turnover > nav * (cap + ctx.arithmetic.ratio_slack) + sum(lots.values()):
        return [f"turnover is {show(turnover / nav)}, over {show(cap)}"]
    return []
