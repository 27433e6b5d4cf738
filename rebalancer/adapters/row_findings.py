"""Findings in the rows of one table, kept few enough to read."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.printable import printable
from rebalancer.errors import Finding, Place, Severity

MAX_ROW_FINDINGS = 20
"""How many findings one file shows; the rest are counted."""

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
Describe = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class _Problem:
    """One kind of problem and the rows, counted from 0 in the table, that have it."""

    code: InputCode
    rows: Rows
    describe: Describe
    hint: str


@dataclass(slots=True)
class RowFindings:
    """Collects the problems of one file; `lines` gives each table row's line in the file.

    Messages are written only for the rows that are shown, so a file of a million bad rows costs
    no more than one of twenty.
    """

    path: str
    lines: NDArray[np.int64]
    whole: list[Finding] = field(default_factory=list)
    problems: list[_Problem] = field(default_factory=list)

    def add_mask(self, code: InputCode, mask: Mask, *, describe: Describe, hint: str = "") -> None:
        """Add a finding for every row of `mask` (row,) that is true."""
        if mask.any():
            self.add_rows(code, np.flatnonzero(mask), describe=describe, hint=hint)

    def add_row(self, code: InputCode, row: int, *, message: str, hint: str = "") -> None:
        """Add a finding for one row."""
        self.add_rows(code, np.array([row]), describe=lambda _row: message, hint=hint)

    def add_rows(self, code: InputCode, rows: Rows, *, describe: Describe, hint: str = "") -> None:
        """Add a finding for each of the rows, counted from 0 in the table."""
        self.problems.append(_Problem(code, np.sort(rows), describe, hint))

    def add_whole(self, code: InputCode, message: str, *, line: int = 0, hint: str = "") -> None:
        """Add a finding about the whole file, or about a line that is not a row of the table."""
        message, hint = printable(message), printable(hint)
        self.whole.append(Finding(Place(self.path, line), Severity.ERROR, code, message, hint))

    def findings(self) -> list[Finding]:
        """Return the findings in the order of their rows: the first twenty, then a count."""
        placed = sorted(
            (int(self.lines[row]), order, int(row))
            for order, problem in enumerate(self.problems)
            for row in problem.rows[:MAX_ROW_FINDINGS]
        )
        shown = [self._finding(*place) for place in placed[:MAX_ROW_FINDINGS]]
        total = sum(len(problem.rows) for problem in self.problems)
        return [*self.whole, *shown, *self._rest(total - len(shown))]

    def _finding(self, line: int, order: int, row: int) -> Finding:
        problem = self.problems[order]
        message = printable(problem.describe(row))
        return Finding(
            Place(self.path, line), Severity.ERROR, problem.code, message, printable(problem.hint)
        )

    def _rest(self, count: int) -> list[Finding]:
        if count <= 0:
            return []
        message = f"{count:,} more findings in this file are not shown"
        place = Place(self.path)
        return [Finding(place, Severity.ERROR, InputCode.MORE_FINDINGS, message)]
