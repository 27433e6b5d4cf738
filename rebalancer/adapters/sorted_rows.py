"""The rows of several files as one history per key, in order of time."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.row_findings import Mask, RowFindings, Rows
from rebalancer.adapters.table_columns import Names
from rebalancer.model.instant import format_instant
from rebalancer.model.market import Floats, Times

Numbers = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Observations:
    """The rows of one key, arrays (row,). INVARIANT: times do not fall."""

    time_us: Times
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of one file as they stand in it, arrays (row,), and the findings they have."""

    names: Names
    time_us: Times
    has_time: Mask
    numbers: Numbers
    report: RowFindings


@dataclass(frozen=True, slots=True)
class _Merged:
    """The rows of all files that have a key and a time, arrays (row,), by key and time."""

    key: Rows
    time_us: Times
    numbers: Numbers
    file: Rows
    row: Rows


def sort_rows(files: Sequence[FileRows], *, key_name: str) -> dict[str, Observations]:
    """Return the history of each key; a time that a key has twice becomes a finding."""
    keys = sorted({name for file in files for name in file.names.distinct})
    merged = _merge(files, keys)
    _report_duplicates(merged, keys, files, key_name=key_name)
    starts = np.searchsorted(merged.key, np.arange(len(keys) + 1)).tolist()
    return {
        key: _cut(merged, slice(starts[index], starts[index + 1])) for index, key in enumerate(keys)
    }


def _merge(files: Sequence[FileRows], keys: Sequence[str]) -> _Merged:
    usable = [np.flatnonzero(file.has_time & (file.names.code >= 0)) for file in files]
    pairs = list(zip(files, usable, strict=True))
    key = np.concatenate([_codes_among(file.names, keys, rows) for file, rows in pairs])
    time_us = np.concatenate([file.time_us[rows] for file, rows in pairs])
    order = np.lexsort((time_us, key))
    numbers = {
        name: np.concatenate([file.numbers[name][rows] for file, rows in pairs])[order]
        for name in files[0].numbers
    }
    file_of = np.repeat(np.arange(len(files)), [len(rows) for rows in usable])
    row = np.concatenate(usable)
    return _Merged(key[order], time_us[order], numbers, file_of[order], row[order])


def _codes_among(names: Names, keys: Sequence[str], rows: Rows) -> Rows:
    """Return the place in the sorted `keys` of the names of some rows."""
    places = np.array([bisect_left(keys, name) for name in names.distinct], dtype=np.intp)
    codes: Rows = places[names.code[rows]]
    return codes


def _cut(merged: _Merged, rows: slice) -> Observations:
    numbers = {name: column[rows] for name, column in merged.numbers.items()}
    return Observations(merged.time_us[rows], numbers)


def _report_duplicates(
    merged: _Merged, keys: Sequence[str], files: Sequence[FileRows], *, key_name: str
) -> None:
    """Add a finding in its own file for every row whose key and time an earlier row has."""
    is_again = (np.diff(merged.key) == 0) & (np.diff(merged.time_us) == 0)
    again = np.flatnonzero(is_again) + 1

    def describe(file_index: int, row: int) -> str:
        second = int(np.flatnonzero((merged.file == file_index) & (merged.row == row))[0])
        first = files[merged.file[second - 1]].report
        place = f"{first.path}:{first.lines[merged.row[second - 1]]}"
        at = format_instant(int(merged.time_us[second]))
        return f"a second row of `{keys[merged.key[second]]}` at {at}, after {place}"

    hint = f"keep one row for each timestamp and {key_name}"
    for index in np.unique(merged.file[again]).tolist():
        rows = merged.row[again[merged.file[again] == index]]
        report = files[index].report
        report.add_rows(InputCode.DUPLICATE_ROW, rows, describe=partial(describe, index), hint=hint)
