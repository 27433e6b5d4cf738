"""The last resort: which limits conflict, and how far one alone would have to give way."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import LimitLine
from rebalancer.planner.case import Case
from rebalancer.planner.limits import LimitRow, LimitTable
from rebalancer.planner.outcomes import find_outcomes, is_broken
from rebalancer.planner.quantities import plan_quantities
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


_Place = tuple[int, LimitRow]
"""A book's row, and one of the limits that stop it."""


def smallest_relaxations(case: Case, rows: Sequence[int]) -> list[tuple[str, ...]]:
    """Return for each row, of each limit that alone could make way, the least it had to become.

    In words such as `gross_leverage 1.62 instead of 1.5`, to a tenth of a percent. Widths are tried
    many at a time, of all rows, on whole lots; what is named has been planned with to its last
    trade, and a tenth less has not. Limits that no width of their own helps are left out.
    """
    part = case.take(np.array(rows, dtype=np.intp))
    found: list[list[str]] = [[] for _ in rows]
    for (row, limit), width in _least_ceilings(part).items():
        least = _least_planned(part.take(np.array([row])), limit, width)
        if least is not None:
            found[row].append(_in_words(case, limit, least))
    return [tuple(its) for its in found]


def relax_broken(case: Case, row: int, *, broken: Iterable[LimitLine]) -> tuple[str, ...]:
    """Return of each limit that a plan leaves broken the least it had to become to be held.

    For a plan that keeps every limit where it would end, and finds no way there.
    """
    one, found = case.take(np.array([row])), []
    for line in broken:
        limit = _row_of(line)
        if limit in case.table.rows and line.after is not None:
            sign = _ENDS[limit][1]
            width = math.ceil(sign * line.after / _TENTH - _ROUNDING)
            least = _least_planned(one, limit, width, is_near=False)
            found += [] if least is None else [_in_words(case, limit, least)]
    return tuple(dict.fromkeys(found))


def _row_of(line: LimitLine) -> LimitRow | None:
    """Return the limit that would make way for a line of a plan, stressed or not."""
    name = line.name.removeprefix("stress_")
    after = -math.inf if line.after is None else line.after
    low = line.minimum is not None and after < line.minimum and name == "net_exposure"
    names = {(name, sign): row for row, (name, sign) in _ENDS.items()}
    return names.get((name, -1 if low or name == "liquidation_distance" else 1))


def _least_ceilings(case: Case) -> dict[_Place, int]:
    """Return by row and limit the least ceiling, in tenths of a percent, that a plan holds with."""
    ceilings = dict(zip(case.table.rows, case.table.ceilings.tolist(), strict=True))
    places = [(row, limit) for row in range(len(case.nav)) for limit in ceilings if limit in _ENDS]
    low = {place: math.floor(ceilings[place[1]] / _TENTH + _ROUNDING) for place in places}
    high = {place: _widest(place[1], low[place]) for place in places}
    helped = _first_holding(case, {place: [high[place]] for place in places})
    high = {place: high[place] for place in helped}
    tried = {place: _doubling(low[place], high[place]) for place in high}
    while tried:
        found = _first_holding(case, tried)
        for place, widths in tried.items():
            at = widths.index(found[place]) if place in found else len(widths)
            high[place] = widths[at] if at < len(widths) else high[place]
            low[place] = widths[at - 1] if at else low[place]
        tried = {
            place: _between(low[place], high[place])
            for place in high
            if high[place] - low[place] > 1
        }
    return high


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


def _first_holding(case: Case, tried: Mapping[_Place, list[int]]) -> dict[_Place, int]:
    """Return by row and limit the first of its widths with which whole lots keep every limit."""
    pairs = [(place, width) for place, widths in tried.items() for width in widths]
    if not pairs:
        return {}
    rows = np.array([row for (row, _), _ in pairs])
    ceilings = np.array([_ceilings(case, limit, width) for (_, limit), width in pairs]) + _HAIR
    relaxed = replace(case.take(rows), ceilings=ceilings)
    holds = plan_quantities(relaxed).holds
    found: dict[_Place, int] = {}
    for (place, width), is_held in zip(pairs, holds.tolist(), strict=True):
        if is_held:
            found.setdefault(place, width)
    return found


def _ceilings(case: Case, limit: LimitRow, width: int) -> Floats:
    """Return the table's ceilings with one limit's, stressed or not, at so many tenths."""
    ceilings = case.table.ceilings.copy()
    for index, row in enumerate(case.table.rows):
        if row in {limit, _STRESSED.get(limit)}:
            ceilings[index] = width * _TENTH
    return ceilings


def _least_planned(case: Case, limit: LimitRow, width: int, *, is_near: bool = True) -> int | None:
    """Return the least ceiling of a limit that a whole plan holds with, None where `width` fails.

    A plan may stop on its way with every limit held, where not all of its lots hold them: from a
    width that does, ever longer steps are taken down, and the last of them is halved. The first is
    a tenth of a percent where the least `is_near`, else half of the way.
    """
    own = case.table.ceilings[case.table.rows.index(limit)]
    bad, good = math.floor(float(own) / _TENTH + _ROUNDING), width
    step = 1 if is_near else max(1, (good - bad) // 2)
    if good <= bad or not _is_planned(case, limit, good):
        return None
    while good - step > bad:
        if not _is_planned(case, limit, good - step):
            bad = good - step
            break
        good, step = good - step, 2 * step
    while good - bad > 1:
        middle = (good + bad) // 2
        if _is_planned(case, limit, middle):
            good = middle
        else:
            bad = middle
    return good


def _is_planned(case: Case, limit: LimitRow, width: int) -> bool:
    """Return whether the plan with this ceiling keeps every limit to its end."""
    ceilings = _ceilings(case, limit, width)
    table = LimitTable(case.table.rows, ceilings)
    relaxed = replace(case, table=table, ceilings=ceilings[None])
    quantities = plan_quantities(relaxed)
    outcome = find_outcomes(relaxed, quantities, stale=[False], when_stale=WhenStale.REDUCE_ONLY)
    return not is_broken(relaxed, outcome[0])


def _in_words(case: Case, limit: LimitRow, width: int) -> str:
    """Return a limit, what it would have to become and what it is, as a policy writes them."""
    name, sign = _ENDS[limit]
    now = float(case.table.ceilings[case.table.rows.index(limit)])
    end = {"net_exposure": " at least" if sign < 0 else " at most"}.get(name, "")
    found = Decimal(sign * width) / 1000
    return f"{name}{end} {_text(name, found)} instead of {_text(name, sign * now)}"


def _text(name: str, value: Decimal | float) -> str:
    number = Decimal(repr(float(value))) if isinstance(value, float) else value
    if name.endswith("leverage"):
        return f"{number.normalize():f}"
    return f"{(number * 100).normalize():f}%"
