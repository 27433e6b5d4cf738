"""What a choice of weights would cost and which limits it would break, before lots."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights, coins_bought, kept_share
from rebalancer.planner.exposure import Exposure, column_sum, expose, pooled_profit
from rebalancer.planner.limits import Facts, gather_facts, limit_residuals

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CEILING_MARGIN = 1e-10
"""Share of NAV kept between a plan and its limits, so that float error never breaks one."""

CASH_ROW = -1
"""The last residual column: cash below zero, as a share of NAV."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What choosing some weights leads to: exposures after costs, and the cash left.

    `cash` (batch,) is a share of NAV, infinite where nothing is spent: a book without cash may
    still trade what its wallets pay for.
    """

    exposure: Exposure
    cash: Floats


def foresee(case: Case, weights: Weights) -> Outcome:
    """Return the exposures and cash after trading to these weights, fees and slippage paid.

    A wallet that is sent money is sent its futures fees too; one that is left alone pays its own.
    """
    layout, nav = case.layout, case.nav
    bought = coins_bought(case, weights)
    moved = weights.wallet != case.present.wallet
    spending = np.zeros(nav.shape[0], dtype=bool)
    for wallet, coin in enumerate(layout.wallet_coin):
        spending |= moved[:, wallet] & (coin < 0)
    costs = np.zeros(nav.shape[0])
    for column in range(layout.spot_count):
        costs += np.abs(bought[:, column]) * (layout.fee[column] + layout.slippage)
        spending |= bought[:, column] > 0
    paid = _futures_costs(case, weights, moved)
    spending |= paid.cash > 0
    spent = float(layout.transfer_step[:1].sum() + layout.fee_step.sum())
    costs += paid.cash + np.where(spending, spent / nav, 0.0)
    free = 1 - costs - column_sum(weights.spot) - column_sum(weights.wallet)
    profit = case.profit * kept_share(case, weights.future)
    if layout.unified:
        in_quote = np.array([float(coin < 0) for coin in layout.coin_of])
        free = free - column_sum(profit * in_quote)
    exposure = _exposure(case, weights, paid=paid, cash=free, profit=profit)
    return Outcome(exposure=exposure, cash=np.where(spending, free, np.inf))


@dataclass(frozen=True, slots=True, eq=False)
class _Paid:
    """What futures trades cost: each wallet, each coin's spot holding, and cash; shares of NAV."""

    wallet: Floats
    spot: Floats
    cash: Floats


def _futures_costs(case: Case, weights: Weights, moved: Bools) -> _Paid:
    """Return what futures trades cost; a wallet that is sent money is sent their costs too."""
    layout = case.layout
    paid = _Paid(
        wallet=np.zeros(weights.wallet.shape, order="F"),
        spot=np.zeros(weights.spot.shape, order="F"),
        cash=np.zeros(case.nav.shape[0]),
    )
    for future, wallet in enumerate(layout.wallet_of):
        change = weights.future[:, future] - case.present.future[:, future]
        if not change.any():
            continue
        slipped = np.abs(change) * case.marks.gain[:, future] * layout.slippage
        cost = case.fee_weights(future, change) + slipped
        coin = layout.coin_of[future]
        source = paid.cash if coin < 0 else paid.spot[:, coin]
        if layout.unified:
            source += cost
        else:
            source += np.where(moved[:, wallet], cost, 0.0)
            paid.wallet[:, wallet] += np.where(moved[:, wallet], 0.0, cost)
    return paid if layout.unified else _with_coins_bought(case, weights, paid)


def _with_coins_bought(case: Case, weights: Weights, paid: _Paid) -> _Paid:
    """Return the costs with coins bought for what a spot holding does not have of them."""
    if not paid.spot.any():
        return paid
    bought = np.maximum(paid.spot - np.maximum(weights.spot, 0.0), 0.0)
    rate = case.layout.fee[: case.layout.spot_count] + case.layout.slippage
    return _Paid(paid.wallet, paid.spot - bought, paid.cash + column_sum(bought * (1 + rate)))


def _exposure(
    case: Case, weights: Weights, *, paid: _Paid, cash: Floats, profit: Floats
) -> Exposure:
    by_row = case.nav[:, None]
    coins = weights.spot - paid.spot - pooled_profit(profit, layout=case.layout)
    values = (
        coins * by_row,
        weights.future * by_row,
        (weights.wallet - paid.wallet) * by_row,
    )
    return expose(
        values, case.marks, layout=case.layout, cash=cash * case.nav, profit=profit * by_row
    )


def residuals(case: Case, weights: Weights) -> Floats:
    """Return each limit's residual and, last, the cash below zero, as shares of NAV."""
    outcome = foresee(case, weights)
    facts = gather_facts(outcome.exposure, case.layout, scale=case.nav)
    limits = limit_residuals(facts, case.table, ceilings=case.ceilings)
    return np.column_stack([spare_the_idle(limits, facts), -outcome.cash])


def spare_the_idle(limits: Floats, facts: Facts) -> Floats:
    """Return the limits' residuals less the margin where a book holds nothing that can err.

    A book in cash alone may sit exactly on a limit of nothing.
    """
    return np.where(facts.gross[:, None] > 0, limits, limits - 1.01 * CEILING_MARGIN)


def worst(rows: Floats) -> Floats:
    """Return the largest residual of each book, with the margin kept: ≤ 0 where all hold."""
    return np.asarray(rows.max(axis=1)) + CEILING_MARGIN
