"""The last resort: which limits conflict, and how far one alone would have to give way."""

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case
from rebalancer.planner.limits import LimitRow, LimitTable
from rebalancer.planner.outcomes import find_outcomes, is_broken
from rebalancer.planner.quantities import plan_quantities
from rebalancer.planner.settlement import settled_worst
from rebalancer.policy.compiled import WhenStale

Floats = NDArray[np.float64]

_TENTH = 0.001
_ROUNDING = 1e-6
_AT_A_TIME = 12
_HAIR = 1e-9
"""A plan may sit on its limit; the batch keeps a margin to it."""

_WIDE = 2**16
"""Widths are counted in tenths of a percent; this many is further than any limit is of use."""

_WIDEST = {LimitRow.MARGIN_UTILIZATION: 1000, LimitRow.LIQUIDATION_DISTANCE: 0}
"""No wallet may use more than its equity, and no liquidation is nearer than at once."""

_ENDS: dict[LimitRow, tuple[str, int]] = {
    LimitRow.GROSS_LEVERAGE: ("gross_leverage", 1),
    LimitRow.NET_HIGH: ("net_exposure", 1),
    LimitRow.NET_LOW: ("net_exposure", -1),
    LimitRow.FUTURES_LEVERAGE: ("futures_leverage", 1),
    LimitRow.MARGIN_UTILIZATION: ("margin_utilization", 1),
    LimitRow.LIQUIDATION_DISTANCE: ("liquidation_distance", -1),
    LimitRow.ASSET_WEIGHT: ("asset_weight", 1),
}
_STRESSED = {
    LimitRow.GROSS_LEVERAGE: LimitRow.STRESS_GROSS,
    LimitRow.NET_HIGH: LimitRow.STRESS_NET_HIGH,
    LimitRow.NET_LOW: LimitRow.STRESS_NET_LOW,
}


def smallest_relaxations(case: Case, row: int) -> tuple[str, ...]:
    """Return for each limit that alone could make way the least it would have to become.

    In words such as `gross_leverage 1.62x instead of 1.5x`, to a tenth of a percent. Widths are
    tried many at a time on whole lots; what is named has been planned with to its last trade.
    Limits that no width of their own helps are left out.
    """
    one = case.take(np.array([row]))
    return tuple(_in_words(one, limit, found) for limit, found in _least_ceilings(one).items())


def is_blocked_on_the_way(case: Case, row: int) -> bool:
    """Return whether whole lots keep every limit and only the order of the trades does not."""
    one = case.take(np.array([row]))
    return bool(settled_worst(one, plan_quantities(one).orders)[0] <= 0)


def _least_ceilings(case: Case) -> dict[LimitRow, int]:
    """Return by limit the least ceiling, in tenths of a percent, with which a plan holds."""
    ceilings = dict(zip(case.table.rows, case.table.ceilings.tolist(), strict=True))
    limits = [limit for limit in ceilings if limit in _ENDS]
    low = {limit: math.floor(ceilings[limit] / _TENTH + _ROUNDING) for limit in limits}
    high = {limit: _widest(limit, low[limit]) for limit in limits}
    helped = _first_holding(case, {limit: [high[limit]] for limit in limits})
    high = {limit: high[limit] for limit in helped}
    tried = {limit: _doubling(low[limit], high[limit]) for limit in high}
    while tried:
        found = _first_holding(case, tried)
        for limit, widths in tried.items():
            place = widths.index(found[limit]) if limit in found else len(widths)
            high[limit] = widths[place] if place < len(widths) else high[limit]
            low[limit] = widths[place - 1] if place else low[limit]
        tried = {
            limit: _between(low[limit], high[limit])
            for limit in high
            if high[limit] - low[limit] > 1
        }
    return {limit: place for limit, place in high.items() if _is_planned(case, limit, place)}


def _widest(limit: LimitRow, low: int) -> int:
    return _WIDEST.get(limit, low + _WIDE)


def _doubling(low: int, high: int) -> list[int]:
    """Return widths from low, exclusive, to high: each step twice the one before."""
    steps = (low + 2**power for power in range(_WIDE.bit_length()))
    return [*(place for place in steps if place < high), high]


def _between(low: int, high: int) -> list[int]:
    """Return at most so many places between low and high, evenly, as are tried at a time."""
    count = min(_AT_A_TIME, high - low - 1)
    places = {low + (high - low) * part // (count + 1) for part in range(1, count + 1)}
    return sorted(places - {low})


def _first_holding(case: Case, tried: Mapping[LimitRow, list[int]]) -> dict[LimitRow, int]:
    """Return by limit the first of its widths with which whole lots keep every limit."""
    pairs = [(limit, place) for limit, places in tried.items() for place in places]
    if not pairs:
        return {}
    rows = np.zeros(len(pairs), dtype=np.intp)
    ceilings = np.array([_ceilings(case, limit, place) for limit, place in pairs]) + _HAIR
    relaxed = replace(case.take(rows), ceilings=ceilings)
    holds = settled_worst(relaxed, plan_quantities(relaxed).orders) <= 0
    found: dict[LimitRow, int] = {}
    for (limit, place), is_held in zip(pairs, holds.tolist(), strict=True):
        if is_held:
            found.setdefault(limit, place)
    return found


def _ceilings(case: Case, limit: LimitRow, place: int) -> Floats:
    """Return the table's ceilings with one limit's, stressed or not, at so many tenths."""
    ceilings = case.table.ceilings.copy()
    for index, row in enumerate(case.table.rows):
        if row in {limit, _STRESSED.get(limit)}:
            ceilings[index] = place * _TENTH
    return ceilings


def _is_planned(case: Case, limit: LimitRow, place: int) -> bool:
    """Return whether the plan with this ceiling keeps every limit to its end."""
    ceilings = _ceilings(case, limit, place)
    table = LimitTable(case.table.rows, ceilings)
    relaxed = replace(case, table=table, ceilings=ceilings[None])
    quantities = plan_quantities(relaxed)
    outcome = find_outcomes(relaxed, quantities, stale=[False], when_stale=WhenStale.REDUCE_ONLY)
    return not is_broken(relaxed, outcome[0])


def _in_words(case: Case, limit: LimitRow, place: int) -> str:
    name, sign = _ENDS[limit]
    now = float(case.table.ceilings[case.table.rows.index(limit)])
    end = {"net_exposure": " below" if sign < 0 else " above"}.get(name, "")
    found = Decimal(sign * place) / 1000
    return f"{name}{end} {_text(name, found)} instead of {_text(name, sign * now)}"


def _text(name: str, value: Decimal | float) -> str:
    number = Decimal(repr(float(value))) if isinstance(value, float) else value
    if name.endswith("leverage"):
        return f"{number.normalize():f}x"
    return f"{(number * 100).normalize():f}%"
