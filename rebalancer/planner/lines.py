"""Each instrument's and wallet's weights against its interval, as a plan shows them."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import InstrumentLine
from rebalancer.planner.band import future_interval, target_weights
from rebalancer.planner.case import Case, Weights

Floats = NDArray[np.float64]


def instrument_lines(case: Case, *, after: Weights) -> list[tuple[InstrumentLine, ...]]:
    """Return each book's lines, one per column that is held or wanted; `after` is where it ends.

    The interval of a sized short is what the coins that are left ask for.
    """
    layout, wanted, present, target = case.layout, case.wanted, case.present, target_weights(case)
    interval = future_interval(case, spot=after.spot, wallet=after.wallet)
    names = [(symbol, None) for symbol in layout.symbols]
    columns = zip(
        [*names, *((None, coin) for coin in layout.wallets)],
        np.hstack([present.spot, present.future, present.wallet]).T.tolist(),
        np.hstack([target.spot, target.future, target.wallet]).T.tolist(),
        _joined(case, wanted.spot.low, interval.low, wanted.wallet.low),
        _joined(case, wanted.spot.high, interval.high, wanted.wallet.high),
        np.hstack([after.spot, after.future, after.wallet]).T.tolist(),
        strict=True,
    )
    lines: list[list[InstrumentLine]] = [[] for _ in case.nav]
    for (symbol, coin), *values in columns:
        for row, (held, wish, low, high, left) in enumerate(zip(*values, strict=True)):
            if held or wish or left:
                lines[row].append(InstrumentLine(symbol, coin, held, wish, low, high, left))
    return [tuple(its_lines) for its_lines in lines]


def _joined(case: Case, *parts: Floats) -> list[list[float]]:
    """Return columns of (batch or 1,) as one list of columns of (batch,)."""
    batch = len(case.nav)
    columns = [np.broadcast_to(part, (batch, part.shape[1])) for part in parts]
    joined: list[list[float]] = np.hstack(columns).T.tolist()
    return joined
