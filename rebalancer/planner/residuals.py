"""What a choice of weights would cost and which limits it would break, before lots."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.case import Case, Weights
from rebalancer.planner.exposure import Exposure, column_sum
from rebalancer.planner.limits import gather_facts, limit_residuals

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CEILING_MARGIN = 1e-10
"""Share of NAV kept between a plan and its limits, so that float error never breaks one."""

CASH_ROW = -1
"""The last residual column: cash below zero, as a share of NAV."""

TRANSFER_STEP = 0.01
FEE_STEP = 1e-6


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
    moved = weights.wallet != case.present.wallet
    spending = moved.any(axis=1)
    costs = np.zeros(nav.shape[0])
    for column in range(layout.spot_count):
        traded = weights.spot[:, column] - case.present.spot[:, column]
        costs += np.abs(traded) * (layout.fee[column] + layout.slippage)
        spending |= traded > 0
    from_wallet, from_cash = _futures_costs(case, weights, moved)
    kept = weights.wallet - from_wallet
    if layout.unified:
        spending |= from_cash > 0
    spent = TRANSFER_STEP * len(layout.wallets) + FEE_STEP * len(layout.fee)
    costs += from_cash + np.where(spending, spent / nav, 0.0)
    after = (1 - costs - column_sum(from_wallet)) * nav
    free = 1 - costs - column_sum(weights.spot) - column_sum(weights.wallet)
    if layout.unified:
        free = free - _open_profit(case, weights)
    by_row = nav[:, None]
    margin = after[:, None] if layout.unified else kept * by_row
    exposure = Exposure(weights.spot * by_row, weights.future * by_row, margin, after)
    return Outcome(exposure=exposure, cash=np.where(spending, free, np.inf))


def _futures_costs(case: Case, weights: Weights, moved: Bools) -> tuple[Floats, Floats]:
    """Return what futures trades cost each unmoved wallet (batch, wallet), and cash (batch,)."""
    layout = case.layout
    from_wallet = np.zeros(weights.wallet.shape, order="F")
    from_cash = np.zeros(case.nav.shape[0])
    for future, wallet in enumerate(layout.wallet_of):
        rate = layout.fee[layout.spot_count + future] + layout.slippage
        cost = np.abs(weights.future[:, future] - case.present.future[:, future]) * rate
        if layout.unified:
            from_cash += cost
        else:
            from_cash += np.where(moved[:, wallet], cost, 0.0)
            from_wallet[:, wallet] += np.where(moved[:, wallet], 0.0, cost)
    return from_wallet, from_cash


def _open_profit(case: Case, weights: Weights) -> Floats:
    """Return the profit still unrealised after the trades: it is equity but not cash."""
    kept = np.clip(
        np.divide(
            weights.future,
            case.present.future,
            out=np.zeros_like(weights.future),
            where=case.present.future != 0,
        ),
        0.0,
        1.0,
    )
    return column_sum(kept * case.profit)


def residuals(case: Case, weights: Weights) -> Floats:
    """Return each limit's residual and, last, the cash below zero, as shares of NAV."""
    outcome = foresee(case, weights)
    facts = gather_facts(outcome.exposure, case.layout, scale=case.nav)
    limits = limit_residuals(facts, case.table, ceilings=case.table.ceilings[None])
    return np.column_stack([limits, -outcome.cash])


def worst(rows: Floats) -> Floats:
    """Return the largest residual of each book, with the margin kept: ≤ 0 where all hold."""
    return np.asarray(rows.max(axis=1)) + CEILING_MARGIN
