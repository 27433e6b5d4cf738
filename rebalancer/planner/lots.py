"""Whole lots: exact multiples of each instrument's step, on the safe side, above the minimums."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights, coins_bought, kept_share, sized_shorts
from rebalancer.planner.withdrawal import kept_part

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SNAP = 1e-9
"""A quotient this near a whole number is that number: float error must not cost a lot."""

FEE_ERROR = 1e-14
"""Share of a fee, or of an order's worth, within which a product of floats is the exact one."""

_CENT = 0.01
"""Coins worth less, in quote money, are not worth a transfer."""

_COUNTED = 1e12
_UNCOUNTED = 1e-15
"""Up to so many steps a float tells one from the next; beyond, this share of them is doubtful."""

_FLOAT_ERROR = 1e-12
"""Share of a cost within which a product of floats is that cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Signed whole lots (batch, instrument) and transfers into wallets, in coin (batch, wallet).

    A future's lots may cross zero: the part that closes and the part that opens are two orders.
    """

    lots: Floats
    transfers: Floats


def count_lots(amount: Floats, lot: float | Floats) -> Floats:
    """Return amounts in lots, snapped to whole numbers that float error has missed."""
    quotient = amount / lot
    nearest = np.rint(quotient)
    near = np.abs(quotient - nearest) <= _SNAP * np.maximum(1.0, np.abs(nearest))
    return np.where(near, nearest, quotient)


def whole_steps(amount: Floats, step: float) -> Floats:
    """Return how many whole transfer steps an amount is at least, float error aside."""
    steps = amount / step
    return np.floor(np.where(steps < _COUNTED, steps + 1e-4, steps * (1 - _UNCOUNTED)))


def round_orders(case: Case, weights: Weights, *, free: Bools) -> Orders:
    """Return the orders that bring each book to the weights, in whole lots.

    `free` (batch,) marks books whose limits ask for the move: there `min_trade` does not block.
    Risk-adding orders round towards zero and risk-reducing ones away from it without crossing
    zero; of a basis pair the future is rounded first and the spot leg takes its base quantity.
    """
    layout = case.layout
    weights = _without_small_transfers(case, weights, free=free)
    lots = np.zeros((case.nav.shape[0], len(layout.lot)), order="F")
    slack = np.zeros((case.nav.shape[0], layout.spot_count), order="F")
    for future in range(layout.future_count):
        column = layout.spot_count + future
        wanted = weights.future[:, future] * case.nav / case.marks.unit[:, column]
        lots[:, column] = _future_lots(case, future, wanted, free=free)
        missed = lots[:, column] * layout.lot[column] - (wanted - case.holdings.size[:, future])
        coins = missed * case.marks.unit[:, column] / case.marks.price[:, column]
        _pass_to_spot(case, weights, (future, coins), slack)
    weights = _without_lone_collateral(case, weights, lots)
    transfers = _transfers(case, weights, lots, free=free)
    bought, out = _coins_wanted(case, weights, slack), _coins_out(case, lots, transfers)
    if not layout.unified:
        # what a wallet is sent besides, for its fees, is bought where spot does not have it
        short_of = out - case.holdings.spot
        bought = np.where((bought > 0) & (short_of > 0), np.maximum(bought, short_of), bought)
    for column in range(layout.spot_count):
        order = (column, bought[:, column])
        lots[:, column] = _spot_lots(case, order, out[:, column], free)
    if _cancel_lone_legs(case, weights, lots):
        transfers = _transfers(case, weights, lots, free=free)
    sent = _within_coins(case, lots, transfers)
    _follow_collateral(case, weights, lots, missing=transfers - sent)
    return Orders(lots=lots, transfers=sent)


def _future_lots(case: Case, future: int, wanted: Floats, *, free: Bools) -> Floats:
    layout = case.layout
    column = layout.spot_count + future
    held = case.holdings.size[:, future]
    left = kept_part(held, wanted)
    lot = float(layout.lot[column])
    whole = np.trunc(count_lots(np.abs(held), lot))
    closing = np.minimum(np.ceil(count_lots(np.abs(held - left), lot)), whole)
    opening = np.trunc(count_lots(np.abs(wanted - left), lot))
    closing = sendable_lots(case, column, lots=closing, reduce_only=True)
    opening = sendable_lots(case, column, lots=opening, reduce_only=False)
    lots = opening * np.sign(wanted - left) - closing * np.sign(held)
    value = np.abs(wanted - held) * case.marks.unit[:, column]
    has_target = weights_ask(case, future)
    blocked = (value < case.rules.min_trade) & has_target & ~free
    return np.where(blocked, 0.0, lots)


def weights_ask(case: Case, future: int) -> Bools:
    """Return whether anything asks for this future at all; without it, `min_trade` is not read."""
    plain = case.wanted.future.target[:, future] != 0
    sized = np.zeros(plain.shape, dtype=bool)
    for column in np.flatnonzero(case.wanted.sized[0, future]):
        sized |= case.wanted.spot.target[:, column] != 0
    for wallet in np.flatnonzero(case.wanted.on_wallet[0, future]):
        sized |= case.wanted.wallet.target[:, wallet] != 0
    return np.asarray(plain | sized)


def _pass_to_spot(case: Case, weights: Weights, short: tuple[int, Floats], slack: Floats) -> None:
    """Add to `slack` the coins by which rounding left a basis short off its spot leg.

    A future that other parts ask for too is no leg of a pair: its rounding is not the spot's.
    """
    future, missed = short
    is_alone = case.wanted.future.target[:, future] == 0
    wanted, held = weights.future[:, future], case.present.future[:, future]
    for column in np.flatnonzero(case.wanted.basis[0, future]):
        bought = weights.spot[:, column] - case.present.spot[:, column]
        paired = (bought > 0) & (wanted < held) | (bought < 0) & (wanted > held)
        part = case.wanted.basis[:, future, column] / case.wanted.sized[:, future, column]
        most = np.abs(bought) * case.nav / case.marks.price[:, column]
        slack[:, column] += np.where(paired & is_alone, np.clip(missed * part, -most, most), 0.0)


def _coins_wanted(case: Case, weights: Weights, slack: Floats) -> Floats:
    """Return the coins that each spot column trades, less the slack of its pair, (batch, spot)."""
    bought, prices = coins_bought(case, weights), case.marks.price[:, : case.layout.spot_count]
    return np.where(bought != 0, bought * case.nav[:, None] / prices - slack, 0.0)


def _spot_lots(case: Case, order: tuple[int, Floats], out: Floats, free: Bools) -> Floats:
    """Return a spot column's lots; `out` are the coins that leave the holding without a trade.

    `order` is the column and the coins that it trades.
    """
    column, change = order
    layout, price = case.layout, case.marks.price[:, column]
    held, lot = case.holdings.spot[:, column] - out, float(layout.lot[column])
    count = count_lots(change, lot)
    whole = np.maximum(np.trunc(count_lots(held, lot)), 0.0)
    lots = np.where(count > 0, np.trunc(count), -np.minimum(np.ceil(-count), whole))
    lots = sendable_lots(case, column, lots=lots, reduce_only=False)
    small = np.abs(change) * price < case.rules.min_trade
    blocked = small & (case.wanted.spot.target[:, column] != 0) & ~free
    return np.where(blocked, 0.0, lots)


def _coins_out(case: Case, lots: Floats, transfers: Floats) -> Floats:
    """Return the coins that leave each spot holding without a trade of it, (batch, spot).

    Transfers into wallets take them; from a pool, the fees and losses of coin-margined contracts.
    """
    layout, count = case.layout, case.layout.spot_count
    out = np.zeros((case.nav.shape[0], count), order="F")
    for wallet, column in enumerate(layout.wallet_coin):
        if column >= 0:
            out[:, column] += transfers[:, wallet]
    if layout.unified:
        fees = order_fees(case, lots)
        size = case.holdings.size + lots[:, count:] * layout.lot[count:]
        after = size * case.marks.unit[:, count:] / case.nav[:, None]
        lost = -case.profit * (1 - kept_share(case, after))
        for future, column in enumerate(layout.coin_of):
            if column >= 0:
                coins = lost[:, future] * case.nav / case.marks.coin[:, future]
                out[:, column] += fees[:, count + future] + coins
    return out


def _follow_collateral(case: Case, weights: Weights, lots: Floats, *, missing: Floats) -> None:
    """Open fewer lots of shorts whose collateral is short of coins, in place."""
    for future, wallet in np.argwhere(case.wanted.on_wallet[0]):
        column = case.layout.spot_count + future
        share = case.wanted.on_wallet[:, future, wallet]
        value = missing[:, wallet] * share * case.marks.price[:, column]
        worth = float(case.layout.lot[column]) * case.marks.unit[:, column]
        wanted = weights.future[:, future] - case.present.future[:, future]
        most = np.maximum(count_lots(np.maximum(-wanted * case.nav - value, 0.0), worth), 0.0)
        fewer = np.maximum(lots[:, column], -np.trunc(most))
        left = sendable_lots(case, column, lots=np.minimum(fewer, 0.0), reduce_only=False)
        lots[:, column] = np.where((value > 0) & (lots[:, column] < 0), left, lots[:, column])


def _within_coins(case: Case, lots: Floats, transfers: Floats) -> Floats:
    """Return the transfers, those of coins no larger than what the spot holding then has."""
    layout, transfers = case.layout, transfers.copy("F")
    for wallet, column in enumerate(layout.wallet_coin):
        if column >= 0:
            step = layout.transfer_step[wallet]
            held = case.holdings.spot[:, column] + lots[:, column] * layout.lot[column]
            most = whole_steps(np.maximum(held, 0.0), step) * step
            transfers[:, wallet] = np.minimum(transfers[:, wallet], most)
    return transfers


def _without_small_transfers(case: Case, weights: Weights, *, free: Bools) -> Weights:
    """Return the weights without moves of wallets under `min_trade`, or of coins worth no cent.

    Coins that are not sent are not traded for either, nor is the short that they would be behind.
    """
    change = (weights.wallet - case.present.wallet) * case.nav[:, None]
    is_small = (np.abs(change) < case.rules.min_trade) & ~free[:, None]
    is_small = is_small & (case.wanted.wallet.target != 0)
    in_coin = np.array([column >= 0 for column in case.layout.wallet_coin], dtype=bool)
    is_small |= (np.abs(change) < _CENT) & in_coin
    if not is_small.any():
        return weights
    wallet = np.where(is_small, case.present.wallet, weights.wallet)
    shorts = sized_shorts(case, weights.spot, wallet=wallet)
    shorts = shorts - sized_shorts(case, weights.spot, wallet=weights.wallet)
    return Weights(weights.spot, weights.future - shorts, wallet)


def _without_lone_collateral(case: Case, weights: Weights, lots: Floats) -> Weights:
    """Return the weights without coins sent to a wallet whose short is too small to be sent."""
    layout, wallet = case.layout, weights.wallet.copy("F")
    for future, index in np.argwhere(case.wanted.on_wallet[0]):
        place = layout.spot_count + future
        sent = wallet[:, index] > case.present.wallet[:, index]
        wants = weights.future[:, future] < case.present.future[:, future]
        lone = sent & wants & (lots[:, place] == 0) & (case.present.future[:, future] == 0)
        pure = case.wanted.wallet_share[:, index] >= 1 - _SNAP
        wallet[:, index] = np.where(lone & pure, case.present.wallet[:, index], wallet[:, index])
    return Weights(weights.spot, weights.future, wallet)


def sendable_lots(case: Case, column: int, *, lots: Floats, reduce_only: bool) -> Floats:
    """Return the lots without what the venue does not take: orders under its smallest.

    A reduce-only close is exempt from the minimum cost, not from the minimum amount. Where the
    limit on one order's notional splits an order, each part must be one that the venue takes.
    """
    layout, unit = case.layout, case.marks.unit[:, column]
    size, lot = np.abs(lots), float(layout.lot[column])
    small = size * lot < layout.min_amount[column] * (1 - _SNAP)
    if not reduce_only:
        small = small | (size * lot * unit < layout.min_cost[column] * (1 - _FLOAT_ERROR))
    sent = np.where(small, 0.0, lots)
    if np.isinf(case.rules.order_notional):
        return sent
    most = most_lots(case.rules.order_notional, lot * unit)
    least = np.maximum(np.ceil(layout.min_amount[column] / lot * (1 - _SNAP)), 1.0)
    if not reduce_only:
        by_cost = np.ceil(layout.min_cost[column] / (lot * unit) * (1 - _FLOAT_ERROR))
        least = np.maximum(least, by_cost)
    parts = np.ceil(np.divide(np.abs(sent), most, out=np.zeros_like(size), where=most > 0))
    fits = parts * least <= np.abs(sent)
    whole = np.where(fits, np.abs(sent), np.maximum(parts - 1, 0.0) * most)
    return np.where(most < least, 0.0, np.sign(sent) * whole)


def most_lots(order_notional: float, worth: Floats) -> Floats:
    """Return the most whole lots, each worth so much, that are within a limit on one order."""
    return np.asarray(np.trunc(order_notional / worth * (1 + FEE_ERROR)))


def _cancel_lone_legs(case: Case, weights: Weights, lots: Floats) -> bool:
    """Take back the opening of a basis short whose spot leg is too small to be sent, in place.

    Returns whether there was one: its fees need not be sent to its wallet.
    """
    layout, found = case.layout, False
    for future, column in np.argwhere(case.wanted.basis[0]):
        place = layout.spot_count + future
        wanted_buy = weights.spot[:, column] > case.present.spot[:, column]
        opens = (lots[:, place] < 0) & (case.holdings.size[:, future] <= 0)
        pure = case.wanted.basis_share[:, column] >= 1 - _SNAP
        lone = opens & wanted_buy & (lots[:, column] == 0) & pure
        lots[:, place] = np.where(lone, 0.0, lots[:, place])
        found |= bool(lone.any())
    return found


def order_fees(case: Case, lots: Floats) -> Floats:
    """Return each column's fee in the coin that pays it, rounded up as charged.

    Shapes: lots and fees (batch, instrument).
    """
    layout, marks = case.layout, case.marks
    # in place: a large batch spends as long on new arrays as on the numbers
    units = np.abs(lots)
    units *= layout.lot
    units *= marks.unit
    for future in range(layout.future_count):
        if layout.is_inverse(future):
            column = layout.spot_count + future
            units[:, column] /= marks.price[:, column]
    units *= layout.fee
    units /= layout.fee_step
    nearest, charged = np.rint(units), np.ceil(units)
    units -= nearest
    near = np.abs(units, out=units) <= FEE_ERROR * np.maximum(1.0, nearest)
    np.copyto(charged, nearest, where=near)
    charged *= layout.fee_step
    return charged


def _transfers(case: Case, weights: Weights, lots: Floats, *, free: Bools) -> Floats:
    """Return what each wallet is sent (negative: gives) in its coin, rounded up in and down out.

    Where a limit asks for the move, what is over a cent by float error alone counts as over it.
    A wallet that the band leaves alone sends nothing; one that moves also gets its futures fees.
    """
    layout = case.layout
    fees = order_fees(case, lots)
    transfers = np.zeros_like(weights.wallet)
    for wallet, step in enumerate(layout.transfer_step.tolist()):
        price = case.marks.wallet[:, wallet]
        change = (weights.wallet[:, wallet] - case.present.wallet[:, wallet]) * case.nav / price
        moved = weights.wallet[:, wallet] != case.present.wallet[:, wallet]
        for future, its_wallet in enumerate(layout.wallet_of):
            if its_wallet == wallet:
                change = change + fees[:, layout.spot_count + future]
        steps = np.where(free, change / step, count_lots(change, step))
        amount = np.ceil(steps) * step
        transfers[:, wallet] = np.where(moved, amount, 0.0)
    return transfers
