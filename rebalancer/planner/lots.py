"""Whole lots: exact multiples of each instrument's step, on the safe side, above the minimums."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights
from rebalancer.planner.layout import Layout
from rebalancer.planner.residuals import FEE_STEP, TRANSFER_STEP
from rebalancer.planner.withdrawal import kept_part

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SNAP = 1e-9
"""A quotient this near a whole number is that number: float error must not cost a lot."""

_FLOAT_ERROR = 1e-12
"""Share of a cost within which a product of floats is that cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Signed whole lots (batch, instrument) and transfers into wallets (batch, wallet).

    A future's lots may cross zero: the part that closes and the part that opens are two orders.
    """

    lots: Floats
    transfers: Floats


def count_lots(amount: Floats, lot: float) -> Floats:
    """Return amounts in lots, snapped to whole numbers that float error has missed."""
    quotient = amount / lot
    nearest = np.rint(quotient)
    near = np.abs(quotient - nearest) <= _SNAP * np.maximum(1.0, np.abs(nearest))
    return np.where(near, nearest, quotient)


def round_orders(case: Case, weights: Weights, *, free: Bools) -> Orders:
    """Return the orders that bring each book to the weights, in whole lots.

    `free` (batch,) marks books whose limits ask for the move: there `min_trade` does not block.
    Risk-adding orders round towards zero and risk-reducing ones away from it without crossing
    zero; of a basis pair the future is rounded first and the spot leg takes its base quantity.
    """
    layout = case.layout
    lots = np.zeros((case.nav.shape[0], len(layout.lot)), order="F")
    slack = np.zeros((case.nav.shape[0], layout.spot_count), order="F")
    for future in range(layout.future_count):
        column = layout.spot_count + future
        wanted = weights.future[:, future] * case.nav / case.prices[:, column]
        lots[:, column] = _future_lots(case, future, wanted, free=free)
        missed = lots[:, column] * layout.lot[column] - (wanted - case.holdings.size[:, future])
        _pass_to_spot(case, weights, (future, missed), slack)
    for column in range(layout.spot_count):
        lots[:, column] = _spot_lots(case, column, weights.spot[:, column], slack[:, column], free)
    _cancel_lone_legs(case, weights, lots)
    return Orders(lots=lots, transfers=_transfers(case, weights, lots, free=free))


def _future_lots(case: Case, future: int, wanted: Floats, *, free: Bools) -> Floats:
    layout = case.layout
    column = layout.spot_count + future
    held = case.holdings.size[:, future]
    left = kept_part(held, wanted)
    lot = float(layout.lot[column])
    whole = np.trunc(count_lots(np.abs(held), lot))
    closing = np.minimum(np.ceil(count_lots(np.abs(held - left), lot)), whole)
    opening = np.trunc(count_lots(np.abs(wanted - left), lot))
    closing = drop_small(
        layout, column, lots=closing, price=case.prices[:, column], reduce_only=True
    )
    opening = drop_small(
        layout, column, lots=opening, price=case.prices[:, column], reduce_only=False
    )
    lots = opening * np.sign(wanted - left) - closing * np.sign(held)
    value = np.abs(wanted - held) * case.prices[:, column]
    has_target = weights_ask(case, future)
    blocked = (value < case.min_trade) & has_target & ~free
    return np.where(blocked, 0.0, lots)


def weights_ask(case: Case, future: int) -> Bools:
    """Return whether anything asks for this future at all; without it, `min_trade` is not read."""
    plain = case.wanted.future.target[:, future] != 0
    sized = np.zeros(plain.shape, dtype=bool)
    for column in np.flatnonzero(case.wanted.sized[future]):
        sized |= case.wanted.spot.target[:, column] != 0
    return np.asarray(plain | sized)


def _pass_to_spot(case: Case, weights: Weights, short: tuple[int, Floats], slack: Floats) -> None:
    """Add to `slack` the coins by which rounding left a basis short off its spot leg.

    A future that other parts ask for too is no leg of a pair: its rounding is not the spot's.
    """
    future, missed = short
    if case.wanted.future.target[:, future].any():
        return
    wanted, held = weights.future[:, future], case.present.future[:, future]
    for column in np.flatnonzero(case.wanted.basis[future]):
        bought = weights.spot[:, column] - case.present.spot[:, column]
        paired = (bought > 0) & (wanted < held) | (bought < 0) & (wanted > held)
        part = case.wanted.basis[future, column] / case.wanted.sized[future, column]
        most = np.abs(bought) * case.nav / case.prices[:, column]
        slack[:, column] += np.where(paired, np.clip(missed * part, -most, most), 0.0)


def _spot_lots(case: Case, column: int, weight: Floats, slack: Floats, free: Bools) -> Floats:
    layout = case.layout
    price, held = case.prices[:, column], case.holdings.spot[:, column]
    lot = float(layout.lot[column])
    moved = weight != case.present.spot[:, column]
    change = np.where(moved, weight * case.nav / price - held - slack, 0.0)
    count = count_lots(change, lot)
    whole = np.trunc(count_lots(held, lot))
    lots = np.where(count > 0, np.trunc(count), -np.minimum(np.ceil(-count), whole))
    lots = drop_small(layout, column, lots=lots, price=price, reduce_only=False)
    small = np.abs(change) * price < case.min_trade
    blocked = small & (case.wanted.spot.target[:, column] != 0) & ~free
    return np.where(blocked, 0.0, lots)


def drop_small(
    layout: Layout, column: int, *, lots: Floats, price: Floats, reduce_only: bool
) -> Floats:
    """Return the lots with orders under the venue's minimum amount or cost left out.

    A reduce-only close is exempt from the minimum cost, not from the minimum amount.
    """
    amount = np.abs(lots) * layout.lot[column]
    small = amount < layout.min_amount[column] * (1 - _SNAP)
    if not reduce_only:
        small = small | (amount * price < layout.min_cost[column] * (1 - _FLOAT_ERROR))
    return np.where(small, 0.0, lots)


def _cancel_lone_legs(case: Case, weights: Weights, lots: Floats) -> None:
    """Take back the opening of a basis short whose spot leg is too small to be sent, in place."""
    layout = case.layout
    for future, column in np.argwhere(case.wanted.basis):
        place = layout.spot_count + future
        wanted_buy = weights.spot[:, column] > case.present.spot[:, column]
        opens = (lots[:, place] < 0) & (case.holdings.size[:, future] <= 0)
        pure = case.wanted.basis_share[column] >= 1 - _SNAP
        lone = opens & wanted_buy & (lots[:, column] == 0) & pure
        lots[:, place] = np.where(lone, 0.0, lots[:, place])


def order_fees(case: Case, lots: Floats) -> Floats:
    """Return each column's fee in the quote coin, (batch, instrument), rounded up as charged."""
    notional = np.abs(lots) * case.layout.lot * case.prices
    return np.ceil(count_lots(notional * case.layout.fee, FEE_STEP)) * FEE_STEP


def _transfers(case: Case, weights: Weights, lots: Floats, *, free: Bools) -> Floats:
    """Return what each wallet is sent (negative: gives), cents rounded up in and down out.

    Where a limit asks for the move, what is over a cent by float error alone counts as over it.
    A wallet that the band leaves alone sends nothing; one that moves also gets its futures fees.
    """
    layout = case.layout
    fees = order_fees(case, lots)
    transfers = np.zeros_like(weights.wallet)
    for wallet in range(len(layout.wallets)):
        change = (weights.wallet[:, wallet] - case.present.wallet[:, wallet]) * case.nav
        moved = weights.wallet[:, wallet] != case.present.wallet[:, wallet]
        for future, its_wallet in enumerate(layout.wallet_of):
            if its_wallet == wallet:
                change = change + fees[:, layout.spot_count + future]
        cents = np.where(free, change / TRANSFER_STEP, count_lots(change, TRANSFER_STEP))
        amount = np.ceil(cents) * TRANSFER_STEP
        small = np.abs(change) < case.min_trade
        blocked = small & (case.wanted.wallet.target[:, wallet] != 0) & ~free
        transfers[:, wallet] = np.where(moved & ~blocked, amount, 0.0)
    return transfers
