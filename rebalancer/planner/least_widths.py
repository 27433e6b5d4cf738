"""The least widths of limits that whole plans hold with: many searches, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case
from rebalancer.planner.limits import STRESSED_SUMS, LimitRow
from rebalancer.planner.outcomes import ends_broken, find_outcomes
from rebalancer.planner.quantities import plan_quantities
from rebalancer.policy.compiled import WhenStale

Floats = NDArray[np.float64]

TENTH = 0.001
"""Widths are counted in tenths of a percent."""

_AT_A_TIME = 14
"""About so many plans are made side by side: more searches try fewer widths each."""

_Tried = tuple[int, LimitRow, int]
"""A book's row, one of its limits, and a width for it."""


@dataclass(frozen=True, slots=True)
class WidthSearch:
    """Where the search for the least width of one book's limit stands.

    A plan may stop on its way with every limit held, where not all of its lots hold them: from
    `good`, a width that does, ever longer steps are taken down, to no less than `bad`, which does
    not; the last of them is halved.
    """

    row: int
    limit: LimitRow
    bad: int
    good: int
    step: int
    is_good: bool = False

    @property
    def next_width(self) -> int | None:
        """The width to try next, None at the end; the first is `good` itself."""
        if self.good <= self.bad:
            return None
        if not self.is_good:
            return self.good
        if self.step and self.good - self.step > self.bad:
            return self.good - self.step
        return (self.good + self.bad) // 2 if self.good - self.bad > 1 else None

    @property
    def least(self) -> int | None:
        """The least width known to do."""
        return self.good if self.is_good else None

    def after(self, width: int, *, holds: bool) -> "WidthSearch":
        """Return the search after its next width was tried; without a good one it is over."""
        if not self.is_good:
            return replace(self, is_good=True) if holds else replace(self, good=self.bad)
        if holds:
            return replace(self, good=width, step=2 * self.step)
        return replace(self, bad=width, step=0)


def find_least(case: Case, searches: Sequence[WidthSearch]) -> list[int | None]:
    """Return the least ceiling of each search that a whole plan holds with, None without one.

    Each round tries what every search may ask for in its next few steps.
    """
    found = list(searches)
    while open_searches := [search for search in found if search.next_width is not None]:
        steps = (_AT_A_TIME // len(open_searches) + 1).bit_length() - 1
        tried = {
            (search.row, search.limit, width): None
            for search in open_searches
            for width in widths_ahead(search, max(steps, 1))
        }
        known = dict(zip(tried, are_planned(case, list(tried)), strict=True))
        found = [_walk(search, known) for search in found]
    return [search.least for search in found]


def widths_ahead(search: WidthSearch, steps: int) -> list[int]:
    """Return all widths that a search may try in its next steps, whatever holds."""
    width = search.next_width
    if width is None or not steps:
        return []
    ways = [widths_ahead(search.after(width, holds=holds), steps - 1) for holds in (True, False)]
    return list(dict.fromkeys([width, *ways[0], *ways[1]]))


def _walk(search: WidthSearch, known: Mapping[_Tried, bool]) -> WidthSearch:
    """Return the search after the steps whose answers are known."""
    while (width := search.next_width) is not None:
        holds = known.get((search.row, search.limit, width))
        if holds is None:
            break
        search = search.after(width, holds=holds)
    return search


def are_planned(case: Case, tried: Sequence[_Tried]) -> list[bool]:
    """Return whether each book's plan with such a ceiling keeps every limit to its end."""
    relaxed = case.take(np.array([row for row, _, _ in tried], dtype=np.intp))
    ceilings = np.array([ceilings_with(case, limit, width=width) for _, limit, width in tried])
    relaxed = replace(relaxed, ceilings=ceilings)
    outcomes = find_outcomes(
        relaxed,
        plan_quantities(relaxed),
        stale=[False] * len(tried),
        when_stale=WhenStale.REDUCE_ONLY,
    )
    planned: list[bool] = (~ends_broken(relaxed, outcomes)).tolist()
    return planned


def ceilings_with(case: Case, limit: LimitRow, *, width: int) -> Floats:
    """Return the table's ceilings, (row,), with one limit's, stressed or not, at such a width."""
    ceilings = case.table.ceilings.copy()
    for index, row in enumerate(case.table.rows):
        if row in {limit, STRESSED_SUMS.get(limit)}:
            ceilings[index] = width * TENTH
    return ceilings
