"""The last resort: which limits conflict, and how far one alone would have to give way."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

import numpy as np

from rebalancer.planner.case import Case
from rebalancer.planner.limits import LimitRow, LimitTable
from rebalancer.planner.outcomes import find_outcomes, is_broken
from rebalancer.planner.quantities import plan_quantities
from rebalancer.policy.compiled import WhenStale

_FINE = 0.001
_WIDE = 100.0
_WIDEST = {LimitRow.MARGIN_UTILIZATION: 1.0, LimitRow.LIQUIDATION_DISTANCE: 0.0}
"""No wallet may use more than its equity, and no liquidation is nearer than at once."""
_TRIES = 4

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

    In words such as `gross_leverage 1.62x instead of 1.5x`. Each is found by halving and is true
    of the plan itself: with that one limit so wide, every limit holds at the end. Limits that no
    width of their own helps are left out.
    """
    one = case.take(np.array([row]))
    return tuple(_relaxations(one))


def _relaxations(case: Case) -> Iterator[str]:
    for index, limit in enumerate(case.table.rows):
        if limit not in _ENDS:
            continue
        name, sign = _ENDS[limit]
        ceiling = float(case.table.ceilings[index])
        found = _least_ceiling(case, limit, ceiling=ceiling)
        if found is not None:
            end = {"net_exposure": " below" if sign < 0 else " above"}.get(name, "")
            now = _text(name, sign * ceiling)
            yield f"{name}{end} {_text(name, sign * found)} instead of {now}"


def _least_ceiling(case: Case, limit: LimitRow, *, ceiling: float) -> Decimal | None:
    """Return the least ceiling, in tenths of a percent, with which a plan holds."""
    widest = _WIDEST.get(limit, ceiling + _WIDE)
    if widest <= ceiling or not _holds_with(case, limit, widest):
        return None
    low, high, width = ceiling, widest, 0.01
    while ceiling + width < widest:
        if _holds_with(case, limit, ceiling + width):
            high = ceiling + width
            break
        low, width = ceiling + width, width * 4
    while high - low > _FINE:
        middle = (low + high) / 2
        low, high = (low, middle) if _holds_with(case, limit, middle) else (middle, high)
    rounded = Decimal(repr(high)).quantize(Decimal("0.001"), rounding=ROUND_CEILING)
    for _ in range(_TRIES):
        if _holds_with(case, limit, float(rounded)):
            return rounded
        rounded += Decimal("0.001")
    return None


def _holds_with(case: Case, limit: LimitRow, ceiling: float) -> bool:
    """Return whether a plan exists that keeps every limit, were this one's ceiling another."""
    ceilings = case.table.ceilings.copy()
    for index, row in enumerate(case.table.rows):
        if row in {limit, _STRESSED.get(limit)}:
            ceilings[index] = ceiling
    relaxed = replace(case, table=LimitTable(case.table.rows, ceilings))
    quantities = plan_quantities(relaxed)
    outcome = find_outcomes(relaxed, quantities, stale=[False], when_stale=WhenStale.REDUCE_ONLY)
    return not is_broken(relaxed, outcome[0])


def _text(name: str, value: Decimal | float) -> str:
    number = Decimal(repr(float(value))) if isinstance(value, float) else value
    if name.endswith("leverage"):
        return f"{number.normalize():f}x"
    return f"{(number * 100).normalize():f}%"
