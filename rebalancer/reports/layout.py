"""Lines and tables of text: what reports are made of before something prints them.

Nothing here knows a terminal. A tone says what a piece of text means; the printer may colour it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap

WIDTH = 100
"""The width of a report that no terminal asks for."""

_GAP = 2


class Tone(StrEnum):
    """What a piece of text means to its reader."""

    PLAIN = "plain"
    TITLE = "title"
    MUTED = "muted"
    GOOD = "good"
    CAREFUL = "careful"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: its heading, and whether it is aligned to the right like numbers."""

    heading: str
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a text per column, and a note that stands on the lines below it."""

    cells: tuple[str, ...]
    note: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, with a title above them."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def plain_text(lines: Iterable[Line]) -> str:
    """Return lines as text, without tones or blanks at their ends."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)


def title(text: str) -> list[Line]:
    """Return a heading with an empty line above it."""
    return [(), (Span(text, Tone.TITLE),)]


def entry(label: str, text: str, *, width: int, tone: Tone = Tone.PLAIN) -> list[Line]:
    """Return a labelled text, wrapped under itself."""
    head = f"{label:<12}"
    pieces = _wrapped(text, width - len(head))
    first: Line = (Span(head, Tone.MUTED), Span(pieces[0], tone))
    return [first, *((Span(" " * len(head) + piece, tone),) for piece in pieces[1:])]


def prose(text: str, *, width: int) -> list[Line]:
    """Return a text wrapped to the width, its later lines a little to the right."""
    first, *rest = _wrapped(text, width - _GAP)
    return [(Span(first),), *((Span(" " * _GAP + piece),) for piece in rest)]


def bullets(texts: Iterable[str], *, width: int, tone: Tone = Tone.PLAIN) -> list[Line]:
    """Return texts as a list, each wrapped under its dash."""
    lines: list[Line] = []
    for text in texts:
        first, *rest = _wrapped(text, width - _GAP)
        lines.append((Span(f"- {first}", tone),))
        lines += [(Span(f"  {piece}", tone),) for piece in rest]
    return lines


def table(content: Table, *, width: int) -> list[Line]:
    """Return a table: title, headings, rows with their notes wrapped below; nothing without rows.

    Columns are as wide as they need to be; only notes are wrapped to the width.
    """
    if not content.rows:
        return []
    headings = [column.heading for column in content.columns]
    widths = [
        max(map(len, cells))
        for cells in zip(headings, *(row.cells for row in content.rows), strict=True)
    ]
    lines = title(content.title)
    lines.append((Span(_joined(headings, content.columns, widths), Tone.MUTED),))
    for row in content.rows:
        lines.append((Span(_joined(row.cells, content.columns, widths), row.tone),))
        indent = " " * (widths[0] + _GAP)
        lines += [
            (Span(indent + piece, Tone.MUTED),)
            for piece in (_wrapped(row.note, width - len(indent)) if row.note else [])
        ]
    return lines


def _joined(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    aligned = (
        cell.rjust(width) if column.is_number else cell.ljust(width)
        for cell, column, width in zip(cells, columns, widths, strict=True)
    )
    return (" " * _GAP).join(aligned).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, at least one; words longer than the width stay whole."""
    return wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]
