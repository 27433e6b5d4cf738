"""Columns of names and numbers of a table as arrays, with a finding for each bad cell."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.row_findings import Mask, Rows
from rebalancer.adapters.table_file import Table
from rebalancer.model.market import Floats

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Names:
    """A column of names: each row's index in `distinct`, which is sorted, or -1 for none (row,)."""

    code: Codes
    distinct: tuple[str, ...]

    def rows_of(self, name: str) -> Rows:
        """Return the rows that hold a name."""
        return np.flatnonzero(self.code == self.distinct.index(name))


def read_names(table: Table, column: str) -> Names:
    """Return a column of names, such as symbols; cells with a finding have none."""
    cells = table.frame[column].cast(pl.String)
    found = cells.unique().to_list()
    distinct = sorted(name for name in found if name)
    if len(distinct) < len(found):
        report_missing(table, column)
    codes = cells.cast(pl.Enum(distinct), strict=False).to_physical().cast(pl.Int64)
    return Names(codes.fill_null(-1).to_numpy(), tuple(distinct))


def read_numbers(table: Table, column: str) -> Floats:
    """Return a column of numbers (row,); cells with a finding are NaN."""
    cells = table.frame[column]
    if cells.dtype != pl.String and not cells.dtype.is_numeric():
        message = f"column `{column}` holds no numbers but {cells.dtype}"
        table.rows.add_whole(InputCode.NOT_A_NUMBER, message)
        return np.full(len(cells), np.nan)
    numbers = cells.cast(pl.Float64, strict=False)
    values: Floats = numbers.to_numpy()
    finite = np.isfinite(values)
    if finite.all():
        return values
    _report_bad_numbers(table, column, numbers)
    return np.where(finite, values, np.nan)


def _report_bad_numbers(table: Table, column: str, numbers: pl.Series) -> None:
    cells = table.frame[column]
    empty = report_missing(table, column)
    table.rows.add_mask(
        InputCode.NOT_A_NUMBER,
        numbers.is_null().to_numpy() & ~empty,
        describe=lambda row: f"`{column}` must be a number, was `{cells[row]}`",
    )
    table.rows.add_mask(
        InputCode.NOT_FINITE,
        (~numbers.is_finite()).fill_null(value=False).to_numpy(),
        describe=lambda row: f"`{column}` must be a finite number, was `{cells[row]}`",
        hint="leave out a row that was not observed",
    )


def report_missing(table: Table, column: str) -> Mask:
    """Return which cells of a column are empty, with a finding for each."""
    cells = table.frame[column]
    empty: Mask = cells.is_null().to_numpy()
    if cells.dtype == pl.String:
        empty = (cells.fill_null("") == "").to_numpy()
    table.rows.add_mask(
        InputCode.MISSING_VALUE, empty, describe=lambda _row: f"`{column}` is empty"
    )
    return empty
