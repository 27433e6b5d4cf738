"""A plan as Markdown, for a ticket, a pull request or a mail."""

import re
from collections.abc import Iterable

from rebalancer.model.plan import Plan
from rebalancer.reports.layout import Line, Table, Tone
from rebalancer.reports.plan_outlook import describe_outlook
from rebalancer.reports.plan_rows import limit_table, trade_table, weight_table
from rebalancer.reports.plan_table import carry_texts, head_entries, headline, left_over_texts

_MARKS = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|^[#+-]")


def plan_markdown(plan: Plan) -> str:
    """Return a plan as Markdown: the same texts and tables that `plan_lines` prints."""
    refusals = [f"{each.guard}: {each.message}" for each in plan.refusals]
    parts = [
        f"## {_escaped(_text(headline(plan)))}",
        _list(f"{label}: {text}" if label else text for label, text in head_entries(plan)),
        _section("Refused", refusals),
        _section("Warnings", plan.warnings),
        _table(trade_table(plan)),
        _section("Next", describe_outlook(plan)),
        _table(weight_table(plan)),
        _table(limit_table(plan)),
        _section("Left over", left_over_texts(plan)),
        _section("Carry", carry_texts(plan)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _text(line: Line) -> str:
    return "".join(span.text for span in line)


def _section(heading: str, texts: Iterable[str]) -> str:
    content = _list(texts)
    return f"### {heading}\n\n{content}" if content else ""


def _list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {_escaped(text)}" for text in texts)


def _table(content: Table) -> str:
    """Return a table; the rows' notes become its last column."""
    if not content.rows:
        return ""
    has_notes = any(row.note for row in content.rows)
    headings = [column.heading for column in content.columns]
    rules = ["---:" if column.is_number else "---" for column in content.columns]
    rows = [list(row.cells) for row in content.rows]
    for row, cells in zip(content.rows, rows, strict=True):
        if has_notes:
            cells.append(row.note)
        if row.tone is Tone.BAD:
            cells[0] = f"{cells[0]} (!)"
    if has_notes:
        headings.append("reason")
        rules.append("---")
    lines = [_row(headings), _row(rules, is_rule=True), *map(_row, rows)]
    return f"### {_escaped(content.title)}\n\n" + "\n".join(lines)


def _row(cells: Iterable[str], *, is_rule: bool = False) -> str:
    return "| " + " | ".join(cell if is_rule else _escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Return a text in which no character is a mark of Markdown's, on one line."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))
