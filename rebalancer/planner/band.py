"""The band: what drift is left alone, and where a breach of it is traded back to."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights, sized_shorts
from rebalancer.planner.wanted import Interval

Floats = NDArray[np.float64]

_NOTHING = 1e-12
"""A weight under this is float error: sums of targets that cancel out are zero."""


def target_weights(case: Case) -> Weights:
    """Return the targets themselves, with the shorts sized on the target spot."""
    batch = case.nav.shape[0]
    spot = _fill(case.wanted.spot.target, batch)
    return Weights(
        spot=spot,
        future=_fill(case.wanted.future.target, batch) - sized_shorts(case, spot),
        wallet=_fill(case.wanted.wallet.target, batch),
    )


def settle_band(case: Case) -> Weights:
    """Return where the band leaves each column: as it is, at the nearest edge, or at the target.

    The shorts of basis sleeves and own-asset hedges are sized on the spot that this leaves, so
    their interval is that one size, and a future's whole interval moves with them.
    """
    spot = _settle(case.present.spot, case.wanted.spot, to_target=case.to_target)
    shorts = sized_shorts(case, spot)
    return Weights(
        spot=spot,
        future=_settle(
            case.present.future, future_interval(case, shorts), to_target=case.to_target
        ),
        wallet=_settle(case.present.wallet, case.wanted.wallet, to_target=case.to_target),
    )


def future_interval(case: Case, shorts: Floats) -> Interval:
    """Return each future's whole interval: its plain parts less `shorts`, (batch, future).

    It never crosses zero, and where plain parts and shorts cancel out it is zero.
    """
    plain = case.wanted.future
    ends = (plain.target, plain.low, plain.high)
    return Interval(*(keep_side(case, end - shorts) for end in ends))


def keep_side(case: Case, future: Floats) -> Floats:
    """Return futures weights cut off at zero where plain parts and shorts net to the other side."""
    plain = case.wanted.future.target
    whole = plain - sized_shorts(case, case.wanted.spot.target)
    netted = plain != 0
    floor = np.where(netted & (whole > -_NOTHING), 0.0, -np.inf)
    ceiling = np.where(netted & (whole < _NOTHING), 0.0, np.inf)
    return np.clip(future, floor, ceiling)


def _settle(present: Floats, interval: Interval, *, to_target: bool) -> Floats:
    if not to_target:
        return np.clip(present, interval.low, interval.high)
    inside = (present >= interval.low) & (present <= interval.high)
    return np.where(inside, present, interval.target)


def _fill(row: Floats, batch: int) -> Floats:
    return np.array(np.broadcast_to(row, (batch, row.shape[1])), order="F")
