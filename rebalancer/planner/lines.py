"""Each instrument's and wallet's weights against its interval, as a plan shows them."""

import numpy as np

from rebalancer.model.plan import InstrumentLine
from rebalancer.planner.band import future_interval, target_weights
from rebalancer.planner.case import Case, Weights


def instrument_lines(case: Case, row: int, *, after: Weights) -> tuple[InstrumentLine, ...]:
    """Return a line per column that is held or wanted; `after` is a batch of one.

    The interval of a sized short is what the coins that are left ask for.
    """
    one = case.take(np.array([row]))
    layout, target = case.layout, target_weights(one)
    interval = future_interval(one, spot=after.spot, wallet=after.wallet)
    lines = []
    for column, symbol in enumerate(layout.symbols):
        future = column - layout.spot_count
        if future < 0:
            ends = (one.wanted.spot.low[0, column], one.wanted.spot.high[0, column])
            values = (one.present.spot[0, column], target.spot[0, column], after.spot[0, column])
        else:
            ends = (interval.low[0, future], interval.high[0, future])
            values = (
                one.present.future[0, future],
                target.future[0, future],
                after.future[0, future],
            )
        if any(values):
            lines.append(_line((symbol, None), values, ends))
    for column, coin in enumerate(layout.wallets):
        ends = (one.wanted.wallet.low[0, column], one.wanted.wallet.high[0, column])
        values = (one.present.wallet[0, column], target.wallet[0, column], after.wallet[0, column])
        if any(values):
            lines.append(_line((None, coin), values, ends))
    return tuple(lines)


def _line(
    name: tuple[str | None, str | None],
    values: tuple[float, float, float],
    ends: tuple[float, float],
) -> InstrumentLine:
    before, target, after = (float(value) for value in values)
    return InstrumentLine(*name, before, target, float(ends[0]), float(ends[1]), after)
