"""What happened to a policy on the way, as counts and as tables a person reads."""

from collections.abc import Sequence
from math import isfinite
from typing import TypeVar

from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.events import (
    Breach,
    CutOrder,
    DataGap,
    Event,
    Expiry,
    Liquidation,
)
from rebalancer.model.decimals import from_float
from rebalancer.reports.figures import (
    clock,
    duration,
    limit_decimals,
    limit_figure,
    money,
    quantity,
)
from rebalancer.reports.layout import Column, Line, Row, Table, Tone, prose, table

MOST_ROWS = 12
"""A table of events shows as many as one screen holds; the rest is counted."""

_Kind = TypeVar("_Kind", bound=Event)


def event_counts(evaluation: Evaluation) -> dict[str, int]:
    """Return how many events of each kind there were that a reader should worry about."""
    kinds = {
        "breaches of limits": Breach,
        "liquidations": Liquidation,
        "data gaps": DataGap,
        "orders cut short": CutOrder,
    }
    return {label: len(_of(evaluation, kind)) for label, kind in kinds.items()}


def event_lines(evaluation: Evaluation, *, width: int) -> list[Line]:
    """Return a table for each kind of event that there was, the gravest kind first."""
    quote = evaluation.quote
    return [
        *_listed(_liquidations(_of(evaluation, Liquidation), quote), width=width),
        *_listed(_breaches(_of(evaluation, Breach)), width=width),
        *_listed(_gaps(_of(evaluation, DataGap)), width=width),
        *_listed(_cuts(_of(evaluation, CutOrder)), width=width),
        *_listed(_expiries(_of(evaluation, Expiry)), width=width),
    ]


def _of(evaluation: Evaluation, kind: type[_Kind]) -> list[_Kind]:
    return [event for event in evaluation.events if isinstance(event, kind)]


def _listed(content: Table, *, width: int) -> list[Line]:
    """Return a table's first rows, and how many more there are."""
    shown = Table(content.title, content.columns, content.rows[:MOST_ROWS])
    lines = table(shown, width=width)
    if left := len(content.rows) - len(shown.rows):
        more = f"and {left:,} more: --format json lists them, --out writes them as a table"
        lines += prose(more, width=width)
    return lines


def _table(
    title: str, headings: Sequence[str], rows: Sequence[Row], *, texts: Sequence[str] = ()
) -> Table:
    """Return a table whose first column, and those of `texts`, are words."""
    words = {headings[0], *texts}
    columns = tuple(Column(heading, is_number=heading not in words) for heading in headings)
    return Table(title, columns, tuple(rows))


def _liquidations(events: Sequence[Liquidation], quote: str) -> Table:
    rows = [
        Row(
            (clock(each.at_us), f"{each.wallet} wallet", money(each.equity), money(each.fee)),
            note="; ".join(
                f"{closed.symbol}: {quantity(closed.contracts)} contracts of entry "
                f"{_price(closed.entry_price)} closed at {_price(closed.price)}"
                for closed in each.positions
            ),
            tone=Tone.BAD,
        )
        for each in events
    ]
    headings = ("within the bar of", "wallet", f"equity left, {quote}", f"its fee, {quote}")
    return _table("Liquidations", headings, rows, texts=("wallet",))


def _breaches(events: Sequence[Breach]) -> Table:
    rows = [
        Row(
            (
                each.name,
                clock(each.at_us),
                duration(each.until_us - each.at_us),
                *_sizes(each),
                "the market, after a fill" if each.after_fill else "drift",
            ),
            tone=Tone.CAREFUL,
        )
        for each in events
    ]
    headings = ("limit", "broken from", "for", "allowed", "worst", "by", "seen first")
    return _table("Breaches of limits", headings, rows, texts=("broken from", "seen first"))


def _gaps(events: Sequence[DataGap]) -> Table:
    rows = [
        Row(
            (
                each.symbol,
                each.missing.value,
                clock(each.at_us),
                duration(each.until_us - each.at_us),
                quantity(each.held),
            ),
            tone=Tone.CAREFUL,
        )
        for each in events
    ]
    title = "Data gaps: missing funding counts as none, for a missing price the last one stands"
    headings = ("symbol", "missing", "from", "for", "held")
    return _table(title, headings, rows, texts=("missing", "from"))


def _cuts(events: Sequence[CutOrder]) -> Table:
    rows = [
        Row(
            (each.name, clock(each.at_us), quantity(each.planned), quantity(each.filled)),
            note=each.reason,
        )
        for each in events
    ]
    headings = ("order or transfer", "at", "planned", "carried out")
    return _table("Orders cut short", headings, rows, texts=("at",))


def _expiries(events: Sequence[Expiry]) -> Table:
    rows = [
        Row((each.symbol, clock(each.at_us), quantity(each.contracts), _price(each.price)))
        for each in events
    ]
    headings = ("expired", "at", "contracts", "settled at")
    return _table("Expiries", headings, rows, texts=("at",))


def _sizes(breach: Breach) -> tuple[str, ...]:
    """Return what is allowed, the worst and what lies between, with digits that tell them apart.

    A book without equity has infinite leverage.
    """
    decimals = limit_decimals(breach.name, breach.size)
    return tuple(
        limit_figure(breach.name, each, decimals=decimals) if isfinite(each) else "infinite"
        for each in (breach.allowed, breach.worst, breach.size)
    )


def _price(value: float) -> str:
    return quantity(from_float(round(value, 8)))
