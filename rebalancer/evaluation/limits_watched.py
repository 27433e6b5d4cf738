"""The limits of a policy at every bar: their numbers, and where they are broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.events import Breach
from rebalancer.model.market import Floats, Times
from rebalancer.model.observations import Booleans
from rebalancer.model.regime_path import RegimePath
from rebalancer.planner.exposure import Holdings, build_marks, column_sum, measure_exposure
from rebalancer.planner.layout import Layout
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import (
    STRESSED_SUMS,
    Facts,
    LimitRow,
    LimitTable,
    gather_facts,
    limit_residuals,
    limit_table,
)
from rebalancer.policy.compiled import Policy

_HOLDS = 1e-9
"""Numbers are ratios of sums of floats: within this they are the same number."""

_NEGATED = frozenset(
    {
        LimitRow.NET_LOW,
        LimitRow.STRESS_NET_LOW,
        LimitRow.LIQUIDATION_DISTANCE,
        LimitRow.STRESS_LIQUIDATION,
    }
)
"""Rows whose numbers are turned around, so that smaller is safer."""

_WITHOUT_POSITIONS = {
    LimitRow.FUTURES_LEVERAGE: 0.0,
    LimitRow.MARGIN_UTILIZATION: 0.0,
    LimitRow.LIQUIDATION_DISTANCE: -np.inf,
    LimitRow.STRESS_LIQUIDATION: -np.inf,
}
"""What the rows about positions say of books that hold none."""


_NO_CEILING = 1e12
"""Stands for an infinite ceiling where it is multiplied."""


@dataclass(frozen=True, slots=True, eq=False)
class WatchedLimits:
    """Every limit row that any regime of a policy has, and each regime's ceilings (row,).

    A regime without a row has an infinite ceiling. The initial margin is the venue's, not a limit.
    """

    layout: Layout
    table: LimitTable
    ceilings: Mapping[str, Floats]

    def ceilings_during(self, path: RegimePath, time_us: Times) -> Floats:
        """Return the ceilings up to each time, before any step at it, (time, row)."""
        names = [path.initial_regime, *(step.target for step in path.steps)]
        table = np.array([self.ceilings[name] for name in names]).reshape(len(names), -1)
        steps_us = np.array([step.at_us for step in path.steps], dtype=np.int64)
        return table[np.searchsorted(steps_us, time_us, side="left")]


def watched_limits(policy: Policy, layout: Layout) -> WatchedLimits:
    """Return the limits that a policy's regimes watch."""
    tables = {one.name: limit_table(one.limits, layout) for one in policy.regimes}
    rows = dict.fromkeys(row for table in tables.values() for row in table.rows)
    rows.pop(LimitRow.INITIAL_MARGIN, None)
    ceilings = {}
    for name, table in tables.items():
        own = dict(zip(table.rows, table.ceilings.tolist(), strict=True))
        ceilings[name] = np.array([own.get(row, np.inf) for row in rows])
    return WatchedLimits(layout, LimitTable(tuple(rows), np.zeros(len(rows))), ceilings)


def regimes_from(path: RegimePath, time_us: Times) -> list[str]:
    """Return the regime in force from each time on, after any step at it."""
    names = [path.initial_regime, *(step.target for step in path.steps)]
    steps_us = np.array([step.at_us for step in path.steps], dtype=np.int64)
    return [names[place] for place in np.searchsorted(steps_us, time_us, side="right").tolist()]


def facts_of(holdings: Holdings, close: Floats, *, layout: Layout) -> Facts:
    """Return the facts of books (bar, column) at closes (bar, instrument)."""
    marks = build_marks(np.asfortranarray(close), layout)
    exposure = measure_exposure(holdings, marks, layout=layout)
    return gather_facts(exposure, layout, scale=np.where(exposure.nav > 0, exposure.nav, 1.0))


def numbers_at(facts: Facts, table: LimitTable, *, ceilings: Floats | None = None) -> Floats:
    """Return the numbers of limit rows, (bar, row); NaN where NAV is not positive and a sum is.

    Where nobody holds a position, what is about positions is known without looking. With `ceilings`
    (bar, row) a stressed sum that is clearly within its own is not measured: minus infinity.
    """
    numbers = np.full((len(facts.gross), len(table.rows)), -np.inf, order="F")
    is_idle = not facts.positions.any()
    may_vanish = ~(_least_nav(facts) > 0)
    for index, row in enumerate(table.rows):
        if is_idle and row in _WITHOUT_POSITIONS:
            numbers[:, index] = _WITHOUT_POSITIONS[row]
            continue
        bars: slice | NDArray[np.intp] = slice(None)
        its_facts = facts
        if ceilings is not None and row in STRESSED_SUMS.values():
            bars = np.flatnonzero(_is_near(facts, row, ceiling=ceilings[:, index]) | may_vanish)
            its_facts = facts.take(bars)
        with np.errstate(divide="ignore", invalid="ignore"):
            numbers[bars, index] = limit_numbers(its_facts, LimitTable((row,), np.zeros(1)))[:, 0]
    return numbers


def _is_near(facts: Facts, row: LimitRow, *, ceiling: Floats) -> Booleans:
    """Return at which bars a stressed sum may pass its ceiling, (bar,)."""
    finite = np.minimum(ceiling, _NO_CEILING)[:, None]
    beyond = limit_residuals(facts, LimitTable((row,), np.zeros(1)), ceilings=finite)[:, 0]
    return np.asarray(~(beyond < 0))


def _least_nav(facts: Facts) -> Floats:
    """Return the least that NAV can become under stress, (bar,)."""
    layout, gain = facts.layout, facts.asset_gain
    low, high = layout.stress_low[None], layout.stress_high[None]
    return facts.exposure.nav + column_sum(np.minimum(gain * low, gain * high))


def broken(numbers: Floats, ceilings: Floats) -> Booleans:
    """Return which numbers pass their ceilings, (bar, row)."""
    return np.asarray(numbers > ceilings + _HOLDS)


def find_breaches(
    table: LimitTable,
    numbers: Floats,
    *,
    ceilings: Floats,
    time_us: Times,
    filled_us: Sequence[int],
) -> list[Breach]:
    """Return the breaches of a run: consecutive bars at which a limit is broken, row by row.

    `numbers` and `ceilings` are those of the table's rows, (bar, row). A bar is judged by the
    limits of the regime up to it: a step at its close asks for a plan first.
    """
    over = broken(numbers, ceilings)
    if not over.any():
        return []
    fills = np.unique(np.array(filled_us, dtype=np.int64))
    breaches = []
    for index, row in enumerate(table.rows):
        for first, stop in _runs(over[:, index]):
            bars = slice(first, stop)
            found = (numbers[bars, index], ceilings[bars, index])
            since_us = int(time_us[max(first - 1, 0)])
            breaches.append(
                _breach(
                    row,
                    found,
                    time_us=time_us,
                    bars=(first, stop),
                    after_fill=_any_within(fills, since_us, int(time_us[first])),
                )
            )
    return breaches


def _breach(
    row: LimitRow,
    found: tuple[Floats, Floats],
    *,
    time_us: Times,
    bars: tuple[int, int],
    after_fill: bool,
) -> Breach:
    numbers, ceilings = found
    worst = int(np.argmax(numbers - ceilings))
    sign = -1.0 if row in _NEGATED else 1.0
    first, stop = bars
    return Breach(
        at_us=int(time_us[first]),
        until_us=int(time_us[min(stop, len(time_us) - 1)]),
        name=row.value.split(" ")[0],
        allowed=sign * float(ceilings[worst]),
        worst=sign * float(numbers[worst]),
        bars=stop - first,
        after_fill=after_fill,
    )


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and one past the last place of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def _any_within(fills: Times, since_us: int, until_us: int) -> bool:
    """Return whether any fill lies within [since, until)."""
    first, stop = np.searchsorted(fills, [since_us, until_us])
    return bool(stop > first)
