"""The last resort: which limits conflict, and how far one alone would have to give way."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from rebalancer.model.plan import LimitLine
from rebalancer.planner.case import Case
from rebalancer.planner.least_widths import TENTH, WidthSearch, ceilings_with, find_least
from rebalancer.planner.limits import LimitRow
from rebalancer.planner.quantities import plan_quantities

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


_Place = tuple[int, LimitRow]
"""A book's row, and one of the limits that stop it."""


def smallest_relaxations(case: Case, rows: Sequence[int]) -> list[tuple[str, ...]]:
    """Return for each row, of each limit that alone could make way, the least it had to become.

    In words such as `gross_leverage 1.62 instead of 1.5`, to a tenth of a percent. Widths are tried
    many at a time, of all rows, on whole lots; what is named has been planned with to its last
    trade, and a tenth less has not. Limits that no width of their own helps are left out.
    """
    part = case.take(np.array(rows, dtype=np.intp))
    searches = [
        WidthSearch(row, limit, bad=_own_width(case, limit), good=width, step=1)
        for (row, limit), width in _least_ceilings(part).items()
    ]
    return _say_least(part, searches)


def relax_broken(
    case: Case, broken: Mapping[int, Iterable[LimitLine]]
) -> dict[int, tuple[str, ...]]:
    """Return by row of each limit that its plan leaves broken the least it had to become.

    For plans that keep every limit where they would end, and find no way there.
    """
    searches = []
    for row, lines in broken.items():
        for line in lines:
            limit = _row_of(line)
            if limit in case.table.rows and line.after is not None:
                bad, sign = _own_width(case, limit), _ENDS[limit][1]
                good = math.ceil(sign * line.after / TENTH - _ROUNDING)
                step = max(1, (good - bad) // 2)
                searches.append(WidthSearch(row, limit, bad=bad, good=good, step=step))
    said = _say_least(case, searches)
    return {row: said[row] for row in broken}


def _own_width(case: Case, limit: LimitRow) -> int:
    """Return a limit's own ceiling in tenths of a percent."""
    own = case.table.ceilings[case.table.rows.index(limit)]
    return math.floor(float(own) / TENTH + _ROUNDING)


def _say_least(case: Case, searches: Sequence[WidthSearch]) -> list[tuple[str, ...]]:
    """Return by row in words what the searches find."""
    found: list[dict[str, None]] = [{} for _ in case.nav]
    for search, least in zip(searches, find_least(case, searches), strict=True):
        if least is not None:
            found[search.row][_in_words(case, search.limit, least)] = None
    return [tuple(its) for its in found]


def _row_of(line: LimitLine) -> LimitRow | None:
    """Return the limit that would make way for a line of a plan, stressed or not."""
    name = line.name.removeprefix("stress_")
    after = -math.inf if line.after is None else line.after
    low = line.minimum is not None and after < line.minimum and name == "net_exposure"
    names = {(name, sign): row for row, (name, sign) in _ENDS.items()}
    return names.get((name, -1 if low or name == "liquidation_distance" else 1))


def _least_ceilings(case: Case) -> dict[_Place, int]:
    """Return by row and limit the least ceiling, in tenths of a percent, that a plan holds with."""
    limits = [limit for limit in case.table.rows if limit in _ENDS]
    places = [(row, limit) for row in range(len(case.nav)) for limit in limits]
    low = {place: _own_width(case, place[1]) for place in places}
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
    ceilings = (
        np.array([ceilings_with(case, limit, width=width) for (_, limit), width in pairs]) + _HAIR
    )
    relaxed = replace(case.take(rows), ceilings=ceilings)
    holds = plan_quantities(relaxed).holds
    found: dict[_Place, int] = {}
    for (place, width), is_held in zip(pairs, holds.tolist(), strict=True):
        if is_held:
            found.setdefault(place, width)
    return found


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
