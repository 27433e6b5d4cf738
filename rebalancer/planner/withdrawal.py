"""What a futures wallet gives out: never unrealised profit, never locked margin."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights
from rebalancer.planner.limits import initial_value

Floats = NDArray[np.float64]

KEPT_BACK = 2e-9
"""Share of a withdrawal that stays: more than cents are snapped by, so none is a cent too large."""


def wallet_floor(case: Case, weights: Weights, *, reopened: Floats | None = None) -> Floats:
    """Return the least wallet equity that can be left, as shares of NAV, (batch, wallet).

    What it gives out is `withdrawable`; the fees of the reductions leave it besides.
    """
    equity, free = _free_margin(case, weights, reopened=reopened)
    return np.asarray(equity - _given(free))


def withdrawable(case: Case, weights: Weights, *, reopened: Floats | None = None) -> Floats:
    """Return the most that each wallet gives out, as shares of NAV, (batch, wallet)."""
    return _given(free_margin(case, weights, reopened=reopened))


def free_margin(case: Case, weights: Weights, *, reopened: Floats | None = None) -> Floats:
    """Return min(balance, equity) - initial margin as shares of NAV, (batch, wallet).

    Counted when the positions that these weights reduce are reduced and their profit is realised;
    negative where locked margin is unrealised profit. `reopened` (batch, future) is the share of
    each position that is closed and opened again to realise its profit besides; None stands for
    as much as it takes.
    """
    return _free_margin(case, weights, reopened=reopened)[1]


def _given(free: Floats) -> Floats:
    return np.asarray(np.maximum(free, 0.0) * (1 - KEPT_BACK))


def _free_margin(case: Case, weights: Weights, *, reopened: Floats | None) -> tuple[Floats, Floats]:
    """Return each wallet's equity less the fees of reductions, and its free margin."""
    layout = case.layout
    equity = case.present.wallet.copy("F")
    balance = case.holdings.wallet * case.marks.wallet / case.nav[:, None]
    locked, won, cost = (np.zeros_like(equity) for _ in range(3))
    for future, wallet in enumerate(layout.wallet_of if layout.wallets else ()):
        held, chosen = case.present.future[:, future], weights.future[:, future]
        if not (held.any() or chosen.any()):
            continue
        left = kept_part(held, chosen)
        fee = case.fee_weights(future, held - left)
        closed = np.divide(held - left, held, out=np.zeros_like(held), where=held != 0)
        balance[:, wallet] += closed * case.profit[:, future] - fee
        equity[:, wallet] -= fee
        gain = np.abs(left) * case.nav * case.marks.gain[:, future]
        coin = case.marks.coin[:, future]
        locked[:, wallet] += initial_value(gain, coin, tiers=layout.tiers[future]) / case.nav
        share = 1 - closed if reopened is None else reopened[:, future]
        if not share.any():
            continue
        won_here = np.maximum(share * case.profit[:, future], 0.0)
        won[:, wallet] += won_here
        cost[:, wallet] += np.where(won_here > 0, 2 * case.fee_weights(future, share * held), 0.0)
    free = np.minimum(balance + won, equity) - cost - locked
    if reopened is None:
        free = np.maximum(np.minimum(balance, equity) - locked, free)
    return equity, free


def kept_part(held: Floats, chosen: Floats) -> Floats:
    """Return what is left of each position after only its reduction towards `chosen`."""
    return np.minimum(np.maximum(chosen, np.minimum(held, 0.0)), np.maximum(held, 0.0))
