"""The limits of a plan as lines: before, at the worst, after, with both ends of an interval."""

import math
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import LimitLine
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import LimitRow, LimitTable, gather_facts
from rebalancer.planner.steps import State, Venue, stack_exposure
from rebalancer.policy.compiled import Limits

Floats = NDArray[np.float64]

_HOLDS = 1e-9
"""Numbers are ratios of sums of floats: within this they are the same number."""

_MINIMA = {LimitRow.LIQUIDATION_DISTANCE, LimitRow.STRESS_LIQUIDATION}
_LOW_ENDS = {LimitRow.NET_LOW: LimitRow.NET_HIGH, LimitRow.STRESS_NET_LOW: LimitRow.STRESS_NET_HIGH}


def numbers_along(
    venue: Venue, table: LimitTable, *, states: Iterable[State], nav: float
) -> Floats:
    """Return every row's number in every state, (state, row); money rows are shares of `nav`."""
    stacked = list(states)
    exposure = stack_exposure(venue, stacked)
    facts = gather_facts(exposure, venue.layout, scale=np.full(len(stacked), nav))
    return limit_numbers(facts, table)


def limit_lines(table: LimitTable, numbers: Floats, *, limits: Limits) -> tuple[LimitLine, ...]:
    """Return a line per limit of the policy; `numbers` is (state, row), first before, last after.

    The initial margin row is the venue's, not the policy's, and has no line.
    """
    lines = []
    for index, row in enumerate(table.rows):
        if row is LimitRow.INITIAL_MARGIN or row in _LOW_ENDS:
            continue
        lines.append(_line(table, numbers, index=index, limits=limits))
    return tuple(lines)


def _line(table: LimitTable, numbers: Floats, *, index: int, limits: Limits) -> LimitLine:
    row = table.rows[index]
    excess = numbers[:, index] - table.ceilings[index]
    low = {high: low for low, high in _LOW_ENDS.items()}.get(row)
    if low is not None:
        place = table.rows.index(low)
        excess = np.maximum(excess, numbers[:, place] - table.ceilings[place])
    values = -numbers[:, index] if row in _MINIMA else numbers[:, index]
    minimum, maximum = _ends(row, limits)
    return LimitLine(
        name=row.value.split(" ")[0],
        minimum=minimum,
        maximum=maximum,
        before=_finite(values[0]),
        worst_during=_finite(values[int(np.argmax(excess))]),
        after=_finite(values[-1]),
        holds=bool(excess[-1] <= _HOLDS),
    )


def _ends(row: LimitRow, limits: Limits) -> tuple[Decimal | None, Decimal | None]:
    """Return the policy's own minimum and maximum of a limit."""
    if row is LimitRow.STRESS_LIQUIDATION:
        return Decimal(0), None
    name = row.value.split(" ")[0].removeprefix("stress_")
    value = getattr(limits, name)
    if isinstance(value, tuple):
        return value
    return (value, None) if row in _MINIMA else (None, value)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
