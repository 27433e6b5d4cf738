"""A column of times of a table in microseconds, with a finding for each bad cell."""

import numpy as np
import polars as pl

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.row_findings import Mask
from rebalancer.adapters.table_columns import report_missing
from rebalancer.adapters.table_file import Table
from rebalancer.model.instant import parse_instant
from rebalancer.model.market import Times

_USUAL_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_USUAL_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ$"
_NAIVE_TIME = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d+)?)?$"
_HINT = "write times as 2023-12-31T00:00:00Z; a bare date is midnight UTC"


def read_times(table: Table, column: str) -> tuple[Times, Mask]:
    """Return a column of times in microseconds since 1970 UTC, and which rows have one.

    Text is read by the model's rule for times: a date or a time with a zone. Other columns must
    be dates or times of a known zone.
    """
    cells = table.frame[column]
    if cells.dtype == pl.String:
        return _read_texts(table, column, cells)
    if isinstance(cells.dtype, pl.Datetime) and cells.dtype.time_zone is None:
        message = f"column `{column}` holds times without a zone"
        hint = "store it as a timestamp in UTC"
        table.rows.add_whole(InputCode.NAIVE_TIME, message, hint=hint)
    elif not isinstance(cells.dtype, pl.Datetime | pl.Date):
        message = f"column `{column}` holds no times but {cells.dtype}"
        table.rows.add_whole(InputCode.NOT_A_TIME, message, hint=_HINT)
    else:
        missing = report_missing(table, column)
        return cells.dt.epoch("us").fill_null(0).to_numpy(), ~missing
    return np.zeros(len(cells), dtype=np.int64), np.zeros(len(cells), dtype=np.bool_)


def _read_texts(table: Table, column: str, cells: pl.Series) -> tuple[Times, Mask]:
    """Parse the usual spelling in one go, and each other distinct text once."""
    parsed = cells.str.to_datetime(_USUAL_FORMAT, time_unit="us", strict=False)
    is_usual = cells.str.contains(_USUAL_TIME)
    if is_usual.all(ignore_nulls=False) and not parsed.null_count():
        return parsed.to_physical().to_numpy(), np.ones(len(cells), dtype=np.bool_)
    known = (parsed.is_not_null() & is_usual).fill_null(value=False).to_numpy().copy()
    time_us = parsed.to_physical().fill_null(0).to_numpy().copy()
    _read_unusual(cells, time_us, known)
    _report_bad_times(table, column, known)
    return time_us, known


def _read_unusual(cells: pl.Series, time_us: Times, known: Mask) -> None:
    """Fill in, in place, the times of the rows not yet known that the model's rule can read."""
    rows = np.flatnonzero(~known)
    texts = cells.gather(rows.tolist()).to_list()
    instants = {text: _instant(text) for text in set(texts)}
    found = [instants[text] for text in texts]
    known[rows] = [instant is not None for instant in found]
    time_us[rows] = [instant or 0 for instant in found]


def _instant(text: str | None) -> int | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError:
        return None


def _report_bad_times(table: Table, column: str, known: Mask) -> None:
    cells = table.frame[column]
    empty = report_missing(table, column)
    naive = cells.str.contains(_NAIVE_TIME).fill_null(value=False).to_numpy() & ~known
    table.rows.add_mask(
        InputCode.NAIVE_TIME,
        naive,
        describe=lambda row: f"`{column}` has no zone: `{cells[row]}`",
        hint="add the zone, such as Z for UTC",
    )
    table.rows.add_mask(
        InputCode.NOT_A_TIME,
        ~known & ~naive & ~empty,
        describe=lambda row: f"`{column}` must be a time, was `{cells[row]}`",
        hint=_HINT,
    )
