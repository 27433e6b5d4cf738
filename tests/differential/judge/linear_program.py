"""A linear program written row by row, solved by HiGHS."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]  # scipy ships no types
from scipy.sparse import csr_array  # type: ignore[import-untyped]  # scipy ships no types


@dataclass(frozen=True, slots=True)
class Line:
    """A constant plus multiples of variables."""

    parts: Mapping[int, float] = field(default_factory=dict)
    constant: float = 0.0

    def __add__(self, other: "Line | float") -> "Line":
        if not isinstance(other, Line):
            return Line(self.parts, self.constant + other)
        parts = dict(self.parts)
        for variable, factor in other.parts.items():
            parts[variable] = parts.get(variable, 0.0) + factor
        return Line(parts, self.constant + other.constant)

    def __mul__(self, factor: float) -> "Line":
        parts = {variable: part * factor for variable, part in self.parts.items()}
        return Line(parts, self.constant * factor)

    def __sub__(self, other: "Line | float") -> "Line":
        return self + other * -1

    def __neg__(self) -> "Line":
        return self * -1

    def at(self, values: Mapping[int, float]) -> float:
        """Return the line's number where the variables have these values."""
        return self.constant + sum(values[key] * part for key, part in self.parts.items())


def add_up(lines: Iterable[Line]) -> Line:
    """Return the sum of some lines."""
    total = Line()
    for line in lines:
        total += line
    return total


@dataclass(frozen=True, slots=True)
class Solution:
    """The least cost, and the variables there."""

    cost: float
    values: Mapping[int, float]


@dataclass(slots=True)
class Program:
    """Variables with their ends, and rows that must not be negative."""

    ends: list[tuple[float, float]] = field(default_factory=list)
    rows: list[Line] = field(default_factory=list)

    def variable(self, low: float = 0.0, high: float = inf) -> Line:
        """Return a new variable between two ends."""
        self.ends.append((low, high))
        return Line({len(self.ends) - 1: 1.0})

    def require(self, *lines: Line) -> None:
        """Ask for lines that are not negative."""
        self.rows += lines

    def minimise(self, cost: Line) -> Solution | None:
        """Return the cheapest way to meet every row; None where nothing meets them all."""
        costs = np.zeros(len(self.ends))
        for variable, factor in cost.parts.items():
            costs[variable] = factor
        entries = [
            (row, variable, -factor)
            for row, line in enumerate(self.rows)
            for variable, factor in line.parts.items()
        ]
        rows, variables, factors = zip(*entries, strict=True)
        found = linprog(
            costs,
            A_ub=csr_array((factors, (rows, variables)), shape=(len(self.rows), len(self.ends))),
            b_ub=[line.constant for line in self.rows],
            bounds=self.ends,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if found.status == INFEASIBLE:
            return None
        if found.status != OPTIMAL:
            raise RuntimeError(f"the optimiser says: {found.message}")
        return Solution(float(found.fun) + cost.constant, dict(enumerate(found.x.tolist())))


OPTIMAL, INFEASIBLE = 0, 2
