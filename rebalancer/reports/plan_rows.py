"""The tables of a plan: its trades with their reasons, its weights, its limits."""

from collections.abc import Sequence
from decimal import Decimal

from rebalancer.model.plan import InstrumentLine, LimitLine, Order, Plan, Trade
from rebalancer.reports.figures import limit_end, limit_figure, money, percent, quantity
from rebalancer.reports.layout import Column, Row, Table, Tone

_CLAUSE = "; "


def trade_table(plan: Plan) -> Table:
    """Return the trades in order, each with its reason.

    A clause that every reason ends with, the regime, is said once, in the title.
    """
    shared, reasons = split_shared([trade.reason for trade in plan.trades])
    asked = f" for {shared}" if shared else ""
    columns = (
        Column("#"),
        Column("trade", is_number=False),
        Column("amount"),
        Column("price"),
        Column(f"{plan.quote} notional"),
        Column("fee"),
        Column("weight"),
        Column("after"),
    )
    rows = tuple(
        Row(_trade_cells(trade, plan.quote), note=reason)
        for trade, reason in zip(plan.trades, reasons, strict=True)
    )
    return Table(f"Trades{asked}, in order", columns, rows)


def split_shared(reasons: Sequence[str]) -> tuple[str, list[str]]:
    """Return the last clause that all reasons share, and the reasons without it.

    >>> split_shared(["a; regime calm", "b; c; regime calm"])
    ('regime calm', ['a', 'b; c'])
    """
    clauses = {reason.rpartition(_CLAUSE)[2] for reason in reasons}
    ending = _CLAUSE + min(clauses, default="")
    if len(clauses) != 1 or not all(reason.endswith(ending) for reason in reasons):
        return "", list(reasons)
    return ending.removeprefix(_CLAUSE), [reason.removesuffix(ending) for reason in reasons]


def weight_table(plan: Plan) -> Table:
    """Return each instrument's and wallet's drift against the interval that is left alone."""
    columns = (
        Column("share of NAV", is_number=False),
        Column("held"),
        Column("target"),
        Column("drift"),
        Column("left alone within"),
        Column("after"),
    )
    return Table("Weights", columns, tuple(_weight_row(line) for line in plan.instruments))


def limit_table(plan: Plan) -> Table:
    """Return every limit before the plan, at its worst during it, and after it."""
    columns = (
        Column("limit", is_number=False),
        Column("allowed"),
        Column("before"),
        Column("worst during"),
        Column("after"),
        Column("holds", is_number=False),
    )
    return Table("Limits", columns, tuple(_limit_row(line) for line in plan.limits))


def unit_of(order: Order) -> str:
    """Return what an order's amount counts: coins by name, or contracts."""
    return order.unit if order.unit == "contracts" else order.symbol.partition("/")[0]


def interval_text(line: InstrumentLine) -> str:
    """Return the interval that is left alone; a short sized on spot has one size alone."""
    if line.low == line.high:
        return f"exactly {percent(line.low)}"
    return f"{percent(line.low)} to {percent(line.high)}"


def allowed_text(line: LimitLine) -> str:
    """Return what a limit allows: at most, at least, or an interval."""
    low, high = (_end_text(line.name, end) for end in (line.minimum, line.maximum))
    if not low:
        return f"at most {high}" if high else ""
    return f"{low} to {high}" if high else f"at least {low}"


def _end_text(name: str, end: Decimal | None) -> str:
    return "" if end is None else limit_end(name, end)


def _trade_cells(trade: Trade, quote: str) -> tuple[str, ...]:
    step = str(trade.step)
    if not isinstance(trade, Order):
        amount = f"{quantity(trade.amount)} {trade.coin}"
        return step, f"move {trade.source} to {trade.target}", amount, "", "", "", "", ""
    reduce_only = ", reduce only" if trade.reduce_only else ""
    return (
        step,
        f"{trade.side} {trade.symbol}{reduce_only}",
        f"{quantity(trade.amount)} {unit_of(trade)}",
        quantity(trade.price),
        money(trade.notional),
        f"{money(trade.fee) if trade.fee_coin == quote else quantity(trade.fee)} {trade.fee_coin}",
        percent(trade.weight_before),
        percent(trade.weight_after),
    )


def _weight_row(line: InstrumentLine) -> Row:
    name = line.symbol or f"{line.wallet} wallet"
    drift = line.before - line.target
    return Row(
        (
            name,
            percent(line.before),
            percent(line.target),
            f"{drift:+.2%}",
            interval_text(line),
            percent(line.after),
        )
    )


def _limit_row(line: LimitLine) -> Row:
    numbers = (limit_figure(line.name, x) for x in (line.before, line.worst_during, line.after))
    tone = Tone.PLAIN if line.holds else Tone.BAD
    return Row(
        (line.name, allowed_text(line), *numbers, "yes" if line.holds else "BROKEN"), tone=tone
    )
