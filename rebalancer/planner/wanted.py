"""A regime's parts as arrays: target weights and the intervals around them that are left alone."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.target_parts import Part, RegimeTargets
from rebalancer.planner.layout import Layout

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Target weights with their no-trade interval, each (batch or 1, column).

    INVARIANT: low ≤ target ≤ high, on one side of zero; a zero target has no band, only a range.
    """

    target: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What a regime wants of each column.

    `future` holds the plain parts only; besides them each future is short `sized[f, s]` coins for
    every coin of spot column s, of which `basis[f, s]` are one leg of a basis pair.
    """

    spot: Interval
    future: Interval
    wallet: Interval
    sized: Floats
    basis: Floats
    basis_share: Floats


def build_wanted(targets: RegimeTargets, layout: Layout, *, band: float) -> Wanted:
    """Return the arrays of a regime's parts, (1, column), with `band` around parts without range.

    Sized shorts are shared pro rata to the sleeves' targets, so a short follows whatever spot is
    held: coefficients are coins of future per coin of spot, (future, spot).
    """
    spots = layout.symbols[: layout.spot_count]
    futures = layout.symbols[layout.spot_count :]
    totals = {
        spot: sum(part.weight for part in targets.spot if part.name == spot) for spot in spots
    }
    sized = np.zeros((len(futures), len(spots)))
    basis = np.zeros_like(sized)
    for short in targets.shorts:
        held = sum(
            part.weight
            for part in targets.spot
            if part.name == short.spot and part.source == short.source
        )
        if held:
            place = futures.index(short.future), spots.index(short.spot)
            coins = float(short.ratio * held / totals[short.spot])
            sized[place] += coins
            basis[place] += coins * short.is_basis
    return Wanted(
        spot=_interval(targets.spot, spots, band),
        future=_interval(targets.futures, futures, band),
        wallet=_interval(targets.margin, layout.wallets, band),
        sized=sized,
        basis=basis,
        basis_share=basis.sum(axis=0),
    )


def _interval(parts: Iterable[Part], names: Iterable[str], band: float) -> Interval:
    rows = [_one_interval([part for part in parts if part.name == name], band) for name in names]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Interval(*(columns[:, index][None, :] for index in range(3)))


def _one_interval(parts: list[Part], band: float) -> tuple[float, float, float]:
    """Return target, low and high of one column: ranges add up, other parts share one band.

    Parts without a range that ask for nothing, or that cancel out, have no band.
    """
    target = float(sum(part.weight for part in parts))
    low = float(sum(part.weight if part.low is None else part.low for part in parts))
    high = float(sum(part.weight if part.high is None else part.high for part in parts))
    if sum(part.weight for part in parts if part.low is None):
        low, high = low - band, high + band
    if target == 0 and low < 0 < high:
        return 0.0, 0.0, 0.0
    return target, max(low, 0.0) if target > 0 else low, min(high, 0.0) if target < 0 else high
