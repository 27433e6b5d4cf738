"""The limits of a plan as lines: before, at the worst, after, with both ends of an interval."""

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import LimitLine, Order, Trade
from rebalancer.planner.limits import LimitRow, LimitTable
from rebalancer.policy.compiled import Limits

Floats = NDArray[np.float64]

_HOLDS = 1e-9
"""Numbers are ratios of sums of floats: within this they are the same number."""

_MINIMA = {LimitRow.LIQUIDATION_DISTANCE, LimitRow.STRESS_LIQUIDATION}
LOW_ENDS = {LimitRow.NET_LOW: LimitRow.NET_HIGH, LimitRow.STRESS_NET_LOW: LimitRow.STRESS_NET_HIGH}


def limit_lines(table: LimitTable, numbers: Floats, *, limits: Limits) -> tuple[LimitLine, ...]:
    """Return a line per limit of the policy; `numbers` is (state, row), first before, last after.

    The initial margin row is the venue's, not the policy's, and has no line.
    """
    lines = []
    for index, row in enumerate(table.rows):
        if row is LimitRow.INITIAL_MARGIN or row in LOW_ENDS:
            continue
        lines.append(_line(table, numbers, index=index, limits=limits))
    return tuple(lines)


def trade_lines(
    trades: Sequence[Trade], *, nav: Decimal, limits: Limits, most_turnover: float
) -> tuple[LimitLine, ...]:
    """Return a line per limit on the trades themselves: their turnover and the largest order.

    Turnover is half the notional traded / NAV before; `most_turnover` allows what restoring
    other limits takes besides.
    """
    notionals = [trade.notional for trade in trades if isinstance(trade, Order)]
    lines = []
    if limits.turnover is not None:
        value = float(sum(notionals, Decimal(0)) / 2 / nav)
        holds = value <= max(most_turnover, float(limits.turnover)) + _HOLDS
        lines.append(LimitLine("turnover", None, limits.turnover, 0.0, value, value, holds))
    if limits.order_notional is not None:
        largest = max(notionals, default=Decimal(0))
        holds = largest <= limits.order_notional
        value = float(largest)
        lines.append(
            LimitLine("order_notional", None, limits.order_notional, 0.0, value, value, holds)
        )
    return tuple(lines)


def _line(table: LimitTable, numbers: Floats, *, index: int, limits: Limits) -> LimitLine:
    row = table.rows[index]
    values, excess = _two_sided(table, numbers, index)
    if row in _MINIMA:
        values = -values
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


def _two_sided(table: LimitTable, numbers: Floats, index: int) -> tuple[Floats, Floats]:
    """Return a row's numbers and how far they are outside, each at the end that is nearer to it.

    Under stress an exposure has a highest and a lowest number: the more dangerous one is shown.
    """
    values, excess = numbers[:, index], numbers[:, index] - table.ceilings[index]
    low = {high: low for low, high in LOW_ENDS.items()}.get(table.rows[index])
    if low is None:
        return values, excess
    place = table.rows.index(low)
    below = numbers[:, place] - table.ceilings[place]
    return np.where(below > excess, -numbers[:, place], values), np.maximum(excess, below)


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
