"""One table of a market folder, read from all its files and checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rebalancer.adapters.row_findings import RowFindings
from rebalancer.adapters.sorted_rows import FileRows, Numbers, Observations, sort_rows
from rebalancer.adapters.table_columns import Names, read_names, read_numbers
from rebalancer.adapters.table_file import NO_LINES, Table, read_table
from rebalancer.adapters.table_times import read_times
from rebalancer.errors import Finding, InvalidInput
from rebalancer.model.instrument import Instrument

Instruments = Mapping[str, Instrument]


@dataclass(frozen=True, slots=True)
class Layout:
    """What one table of the folder holds: its name, key column, numbers and their checks.

    `check_numbers` sees the number columns, with NaN where a cell already has a finding;
    `check_names` sees the key column, where the instruments could be read.
    """

    name: str
    key: str
    numbers: tuple[str, ...]
    check_numbers: Callable[[Numbers, RowFindings], None]
    check_names: Callable[[Names, Instruments, RowFindings], None]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that a file of this table must have."""
        return ("timestamp", self.key, *self.numbers)


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of a table by key, and the findings of its files.

    INVARIANT: where there are no findings, the times of each key rise strictly.
    """

    by_key: Mapping[str, Observations]
    findings: tuple[Finding, ...]


def read_rows(
    layout: Layout, paths: Sequence[Path], *, instruments: Instruments | None
) -> TableRows:
    """Return the rows of all files of one table; their order in the files does not matter."""
    files: list[FileRows] = []
    reports: list[RowFindings] = []
    for path in paths:
        try:
            table = read_table(path, layout.columns)
        except InvalidInput as invalid:
            reports.append(RowFindings(str(path), NO_LINES, whole=list(invalid.findings)))
        else:
            files.append(_read_file_rows(layout, table, instruments))
            reports.append(table.rows)
    by_key = sort_rows(files, key_name=layout.key) if files else {}
    findings = tuple(finding for report in reports for finding in report.findings())
    return TableRows(by_key, findings)


def _read_file_rows(layout: Layout, table: Table, instruments: Instruments | None) -> FileRows:
    time_us, has_time = read_times(table, "timestamp")
    names = read_names(table, layout.key)
    numbers = {column: read_numbers(table, column) for column in layout.numbers}
    layout.check_numbers(numbers, table.rows)
    if instruments is not None:
        layout.check_names(names, instruments, table.rows)
    return FileRows(names, time_us, has_time, numbers, table.rows)
