"""Which books' orders keep the promise in the preferred order, none of them split or moved.

Of such a plan the quantities are all there is to know. The answer errs on the side of no: what is
near to a limit or over the one on turnover, in parts, or realises profit is left to the whole plan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case
from rebalancer.planner.limit_numbers import limit_numbers
from rebalancer.planner.limits import (
    Facts,
    LimitTable,
    account_initial_margin,
    gather_facts,
    limit_residuals,
)
from rebalancer.planner.lots import Orders, count_lots, order_fees
from rebalancer.planner.promise import limits_beyond
from rebalancer.planner.realising import reopened_lots
from rebalancer.planner.residuals import CEILING_MARGIN
from rebalancer.planner.states import States, expose_states
from rebalancer.planner.steps import OUTWARD, TRANSFERS, Phase
from rebalancer.planner.turnover import is_over

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CLEAR = 1e-12
"""Share of NAV by which a plain order stays clear of anything that may stop it."""

_CLEARLY = 0.2
"""Share of the slack of float error that a limit may use up."""

_CLEAR_STEPS = 1e-6

_AT_ONCE = 1280
"""Columns of books that are played together: their states are as many times as there are steps."""


@dataclass(frozen=True, slots=True, eq=False)
class _Move:
    """One step of each book: lots (batch, instrument), or transfers (batch, wallet) in coin."""

    phase: Phase
    lots: Floats
    transfers: Floats


def plays_plainly(case: Case, orders: Orders) -> Bools:
    """Return which books' orders can be sent whole, in the preferred order, (batch,).

    All books have the ceilings of their own limit table.
    """
    plain = np.asarray(~reopened_lots(case, orders).any(axis=1))
    plain &= ~is_over(case, orders, most=np.full(len(plain), case.rules.turnover))
    if np.isfinite(case.rules.order_notional):
        return np.zeros(len(plain), dtype=bool)
    facts = _facts(case, _start(case))
    floor = case.ceilings - CEILING_MARGIN
    within = (limit_residuals(facts, case.table, ceilings=floor) <= 0).all(axis=1)
    size = max(_AT_ONCE // len(case.layout.lot), 1)
    for group in (within, ~within):
        chosen = np.flatnonzero(group & plain)
        for start in range(0, chosen.size, size):
            rows = chosen[start : start + size]
            some = Orders(orders.lots[rows], orders.transfers[rows])
            plain[rows] = _plays(case.take(rows), some, mends=group is not within)
    return plain


def _plays(case: Case, orders: Orders, *, mends: bool) -> Bools:
    """Return which books keep the promise at every step; `mends` that limits are broken before.

    The states of all steps are one batch, (step · book,).
    """
    batch, moves, states = len(case.nav), list(_moves(case, orders)), [_start(case)]
    plays = np.ones(batch, dtype=bool)
    for move in moves:
        plays &= _gives(case, states[-1], move=move)
        states.append(_take(case, states[-1], move=move))
    if not moves:
        return plays
    many = case.take(np.tile(np.arange(batch), len(moves)))
    before, after = _joined(states[:-1]), _joined(states[1:])
    facts = _facts(many, after)
    keeps = _stays_inside(case, states[0], delta=facts.asset_delta)
    keeps &= _keeps(many, _facts(many, before) if mends else None, after=facts)
    keeps &= _is_paid(many, before, after=after)
    return np.asarray(plays & keeps.reshape(len(moves), batch).all(axis=0))


def _stays_inside(case: Case, start: States, *, delta: Floats) -> Bools:
    """Return whether each asset's delta, (step · book, asset), keeps to its corridor."""
    ends = (_facts(case, start).asset_delta, delta[-len(case.nav) :])
    room = case.rules.leg_imbalance * case.nav[:, None] * (1 - _CLEAR)
    steps = delta.reshape(-1, *ends[0].shape)
    inside = (steps >= np.minimum(*ends) - room) & (steps <= np.maximum(*ends) + room)
    return np.asarray(inside.all(axis=2).ravel())


def _joined(states: Sequence[States]) -> States:
    """Return books of several steps as one batch."""
    parts = ([getattr(each, name) for each in states] for name in States.__slots__)
    return States(*(np.concatenate(part) for part in parts))


def _keeps(case: Case, before: Facts | None, *, after: Facts) -> Bools:
    """Return which books clearly keep every limit in a step.

    `before` is given where limits may be broken: they may not become worse.
    """
    ceilings = case.ceilings - CEILING_MARGIN
    if before is not None:
        ceilings = np.maximum(_numbers(before, case.table), ceilings)
    rows, slack = limits_beyond(case.table, ceilings, after=after)
    return np.asarray((rows <= slack * _CLEARLY).all(axis=1))


def _numbers(facts: Facts, table: LimitTable) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return limit_numbers(facts, table)


def _start(case: Case) -> States:
    nav, marks = case.nav[:, None], case.marks
    return States(
        spot=case.holdings.spot,
        size=case.holdings.size,
        profit=case.profit * nav / marks.coin,
        cash=case.holdings.cash,
        equity=case.present.wallet * nav / marks.wallet,
    )


def _facts(case: Case, states: States) -> Facts:
    exposure = expose_states(states, case.marks, layout=case.layout)
    return gather_facts(exposure, case.layout, scale=case.nav)


def _is_paid(case: Case, before: States, *, after: States) -> Bools:
    """Return which books have the coins and the cash that a step spends."""
    clear = _CLEAR * case.nav
    price = case.marks.price[:, : case.layout.spot_count]
    coins = (after.spot >= before.spot) | (after.spot * price >= -clear[:, None] / 100)
    return np.asarray(coins.all(axis=1) & ((after.cash >= before.cash) | (after.cash >= clear)))


def _gives(case: Case, states: States, *, move: _Move) -> Bools:
    """Return whose wallets give out what a step takes: no unrealised profit, no locked margin."""
    if move.phase not in OUTWARD:
        return np.ones(len(case.nav), dtype=bool)
    layout = case.layout
    locked = account_initial_margin(_facts(case, states)) / case.marks.wallet
    profit = np.zeros_like(states.equity)
    for future, wallet in enumerate(layout.wallet_of):
        profit[:, wallet] += states.profit[:, future]
    free = np.maximum(np.minimum(states.equity, states.equity - profit) - locked, 0.0)
    steps = free * (1 - 2 * CEILING_MARGIN) / layout.transfer_step - _CLEAR_STEPS
    return np.asarray((-move.transfers / layout.transfer_step <= np.maximum(steps, 0)).all(axis=1))


def _take(case: Case, states: States, *, move: _Move) -> States:
    """Return the books after a step, filled at the marks."""
    layout, marks, count = case.layout, case.marks, case.layout.spot_count
    if move.phase in TRANSFERS:
        spot, cash = states.spot.copy("F"), states.cash
        for wallet, coin in enumerate(layout.wallet_coin):
            if coin >= 0:
                spot[:, coin] -= move.transfers[:, wallet]
            else:
                cash = cash - move.transfers[:, wallet]
        return replace(states, spot=spot, cash=cash, equity=states.equity + move.transfers)
    amounts, fees = move.lots * layout.lot, order_fees(case, move.lots)
    paid = (amounts * marks.price)[:, :count] + fees[:, :count]
    size = states.size + amounts[:, count:]
    closing = states.size * amounts[:, count:] < 0
    share = np.divide(-amounts[:, count:], states.size, out=np.zeros_like(size), where=closing)
    realised = states.profit * np.minimum(share, 1.0)
    spot, cash = states.spot + amounts[:, :count], states.cash - paid.sum(axis=1)
    equity = states.equity.copy("F")
    for future, coin in enumerate(layout.coin_of):
        fee = fees[:, count + future]
        if not layout.unified:
            equity[:, layout.wallet_of[future]] -= fee
        elif coin >= 0:
            spot[:, coin] += realised[:, future] - fee
        else:
            cash = cash + realised[:, future] - fee
    return States(spot, size, states.profit - realised, cash, equity)


def _moves(case: Case, orders: Orders) -> Iterator[_Move]:
    """Yield the steps in the preferred order: of a phase, the largest position first."""
    layout, count = case.layout, case.layout.spot_count
    no_lots, no_transfers = np.zeros_like(orders.lots), np.zeros_like(orders.transfers)
    held = np.concatenate([case.holdings.spot, case.holdings.size], axis=1)
    before = np.trunc(count_lots(held, layout.lot))
    closing = np.where(before * orders.lots < 0, np.minimum(np.abs(before), np.abs(orders.lots)), 0)
    closing = np.sign(orders.lots) * closing
    closing[:, :count] = 0.0
    opening = orders.lots - closing
    is_spot = np.arange(len(layout.lot)) < count
    is_coin = np.array(layout.wallet_coin) >= 0
    sent = orders.transfers
    sold, bought = np.minimum(opening, 0.0), np.maximum(opening, 0.0)
    if not sent.any():
        # nothing comes between sales and purchases: each book's are one row of steps
        sold, bought = opening, np.zeros_like(opening)
    for phase, lots in (
        (Phase.REDUCE_FUTURES, closing),
        (Phase.COINS_OUT, np.where(is_coin, np.minimum(sent, 0.0), 0.0)),
        (Phase.SELL_SPOT, np.where(is_spot, sold, 0.0)),
        (Phase.TRANSFER_OUT, np.where(~is_coin, np.minimum(sent, 0.0), 0.0)),
        (Phase.TRANSFER_IN, np.where(~is_coin, np.maximum(sent, 0.0), 0.0)),
        (Phase.BUY_SPOT, np.where(is_spot, bought, 0.0)),
        (Phase.COINS_IN, np.where(is_coin, np.maximum(sent, 0.0), 0.0)),
        (Phase.OPEN_FUTURES, np.where(is_spot, 0.0, opening)),
    ):
        if phase in TRANSFERS:
            worth = np.abs(lots) * case.marks.wallet
            yield from (_Move(phase, no_lots, part) for part in _one_by_one(lots, worth))
        else:
            after = np.maximum(np.abs(held), np.abs(held + lots * layout.lot))
            group = lots > 0 if phase is Phase.SELL_SPOT else np.zeros(lots.shape, dtype=bool)
            parts = _one_by_one(lots, after * case.marks.unit, group=group)
            yield from (_Move(phase, part, no_transfers) for part in parts)


def _one_by_one(amounts: Floats, worth: Floats, *, group: Bools | None = None) -> Iterator[Floats]:
    """Yield each book's amounts (batch, column) one column at a time, the largest worth first.

    Those of a `group` come after all others.
    """
    if not amounts.any():
        return
    late = np.zeros(amounts.shape, dtype=np.int8) if group is None else group.astype(np.int8)
    order = np.lexsort((-worth, np.where(amounts != 0, late, 2)), axis=1)
    for rank in range(amounts.shape[1]):
        place = order[:, [rank]]
        part = np.zeros_like(amounts)
        np.put_along_axis(part, place, np.take_along_axis(amounts, place, axis=1), axis=1)
        if not part.any():
            return
        yield part
