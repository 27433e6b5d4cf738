"""One CSV or Parquet file read as a table whose rows know their line in the file."""

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import polars as pl

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.row_findings import MAX_ROW_FINDINGS, RowFindings
from rebalancer.errors import InvalidInput

NO_LINES = np.empty(0, dtype=np.int64)
_HEADER_HINT = "the first line names the columns, separated by commas"
_UNREADABLE = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True, slots=True)
class Table:
    """The asked-for columns of one file, and the findings of its rows so far.

    Rows of a CSV are numbered by their line, so the first after the header is 2; rows of a Parquet
    file count from 1. The cells of a CSV are text, those of a Parquet file have its types.
    """

    frame: pl.DataFrame
    rows: RowFindings


def read_table(path: Path, columns: Sequence[str]) -> Table:
    """Return the columns of one CSV or Parquet file.

    Raises InvalidInput where the file cannot be read, lacks a column or has a row of another width.
    """
    is_csv = path.suffix == ".csv"
    frame, first_line = _read_csv(path) if is_csv else (_read_parquet(path), 1)
    _require_columns(path, frame, columns, header_line=first_line - 1)
    lines = np.arange(first_line, first_line + frame.height, dtype=np.int64)
    frame = frame.select(columns)
    if is_csv and frame[columns[0]].null_count():
        blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
        frame, lines = frame.filter(~blank), lines[~blank.to_numpy()]
    return Table(frame, RowFindings(str(path), lines))


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except _UNREADABLE as error:
        raise _unreadable(path, "Parquet", error) from error


def _read_csv(path: Path) -> tuple[pl.DataFrame, int]:
    """Return the table as text, and the line of its first row."""
    try:
        content = path.read_bytes()
        frame = pl.read_csv(content, infer_schema=False)
    except pl.exceptions.NoDataError as error:
        raise _invalid(path, InputCode.EMPTY_TABLE, "the file is empty") from error
    except _UNREADABLE as error:
        raise _explain_csv(path, error) from error
    blank_start = len(content) - len(content.lstrip(b"\r\n"))
    return frame, 2 + content.count(b"\n", 0, blank_start)


def _explain_csv(path: Path, error: BaseException) -> InvalidInput:
    """Return what is wrong with a CSV that could not be read, placed by a slow second reading."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as bad:
        line = bad.object.count(b"\n", 0, bad.start) + 1
        hint = "save the file as UTF-8"
        return _invalid(path, InputCode.NOT_UTF_8, "not UTF-8 text", line=line, hint=hint)
    except OSError as bad:
        return _unreadable(path, "CSV", bad)
    return _too_wide_rows(path, text) or _unreadable(path, "CSV", error)


def _too_wide_rows(path: Path, text: str) -> InvalidInput | None:
    rows = RowFindings(str(path), NO_LINES)
    with suppress(csv.Error):
        reader = csv.reader(io.StringIO(text, newline=""))
        width = len(next(reader, []))
        for cells in reader:
            if len(cells) > width and len(rows.whole) < MAX_ROW_FINDINGS:
                message = f"{len(cells)} values in a table of {width} columns"
                rows.add_whole(InputCode.MALFORMED_ROW, message, line=reader.line_num)
    return InvalidInput(rows.whole) if rows.whole else None


def _require_columns(
    path: Path, frame: pl.DataFrame, columns: Sequence[str], *, header_line: int
) -> None:
    rows = RowFindings(str(path), NO_LINES)
    missing = [column for column in columns if column not in frame.columns]
    if len(missing) == len(columns):
        message = f"no header with the columns {','.join(columns)}"
        rows.add_whole(InputCode.MISSING_COLUMN, message, line=header_line, hint=_HEADER_HINT)
        raise InvalidInput(rows.whole)
    for column in missing:
        hint = _column_hint(column, set(frame.columns) - set(columns))
        message = f"no column `{column}`"
        rows.add_whole(InputCode.MISSING_COLUMN, message, line=header_line, hint=hint)
    for column in columns:
        if f"{column}_duplicated_0" in frame.columns:
            message = f"two columns named `{column}`"
            rows.add_whole(InputCode.DUPLICATE_COLUMN, message, line=header_line)
    if rows.whole:
        raise InvalidInput(rows.whole)


def _column_hint(column: str, spare: set[str]) -> str:
    close = get_close_matches(column, sorted(spare), n=1)
    return f"rename `{close[0]}` to `{column}`" if close else ""


def _unreadable(path: Path, kind: str, error: BaseException) -> InvalidInput:
    reason = getattr(error, "strerror", None) or str(error).strip().split("\n", 1)[0]
    return _invalid(path, InputCode.UNREADABLE_FILE, f"cannot be read as {kind}: {reason}")


def _invalid(
    path: Path, code: InputCode, message: str, *, line: int = 0, hint: str = ""
) -> InvalidInput:
    rows = RowFindings(str(path), NO_LINES)
    rows.add_whole(code, message, line=line, hint=hint)
    return InvalidInput(rows.whole)
