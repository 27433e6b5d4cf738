"""The band: what drift is left alone, and where a breach of it is traded back to."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights, range_of_shorts, sized_shorts
from rebalancer.planner.wanted import Interval

Floats = NDArray[np.float64]

_NOTHING = 1e-12
"""A weight under this is float error: sums of targets that cancel out are zero."""


def target_weights(case: Case) -> Weights:
    """Return the targets themselves, with the shorts sized on the target coins."""
    batch = case.nav.shape[0]
    spot = _fill(case.wanted.spot.target, batch)
    wallet = _fill(case.wanted.wallet.target, batch)
    shorts = sized_shorts(case, spot, wallet=wallet)
    return Weights(
        spot=spot, future=_fill(case.wanted.future.target, batch) - shorts, wallet=wallet
    )


def settle_band(case: Case) -> Weights:
    """Return where the band leaves each column: as it is, at the nearest edge, or at the target.

    The shorts of basis sleeves and own-asset hedges are sized on the coins that this leaves, so
    their interval is that one size, or a hedge's own range, and a future's whole interval moves
    with them.
    """
    spot = _settle(case.present.spot, case.wanted.spot, to_target=case.rules.to_target)
    wallet = _settle(case.present.wallet, case.wanted.wallet, to_target=case.rules.to_target)
    interval = future_interval(case, spot=spot, wallet=wallet)
    future = _settle(case.present.future, interval, to_target=case.rules.to_target)
    return Weights(spot=spot, future=future, wallet=wallet)


def future_interval(case: Case, *, spot: Floats, wallet: Floats) -> Interval:
    """Return each future's whole interval: its plain parts less the shorts sized on the coins.

    `spot` and `wallet` are the weights that hold the coins. The interval never crosses zero, and
    where plain parts and shorts cancel out it is zero.
    """
    plain, shorts = case.wanted.future, sized_shorts(case, spot, wallet=wallet)
    least, most = shorts, shorts
    if (case.wanted.least < case.wanted.most).any():
        least, most = range_of_shorts(case, spot, wallet=wallet)
    ends = (plain.target - shorts, plain.low - most, plain.high - least)
    return Interval(*(keep_side(case, end) for end in ends))


def keep_side(case: Case, future: Floats) -> Floats:
    """Return futures weights cut off at zero where they would be on the other side of it.

    What only shorts ask for is never long; where plain parts and shorts net, their sum says which
    side it is.
    """
    plain = case.wanted.future.target
    whole = plain - sized_shorts(case, case.wanted.spot.target, wallet=case.wanted.wallet.target)
    netted = plain != 0
    floor = np.where(netted & (whole > -_NOTHING), 0.0, -np.inf)
    is_short = case.wanted.sized.any(axis=2) | case.wanted.on_wallet.any(axis=2)
    ceiling = np.where((netted | is_short) & (whole < _NOTHING), 0.0, np.inf)
    return np.clip(future, floor, ceiling)


def _settle(present: Floats, interval: Interval, *, to_target: bool) -> Floats:
    if not to_target:
        return np.clip(present, interval.low, interval.high)
    inside = (present >= interval.low) & (present <= interval.high)
    return np.where(inside, present, interval.target)


def _fill(row: Floats, batch: int) -> Floats:
    return np.array(np.broadcast_to(row, (batch, row.shape[1])), order="F")
