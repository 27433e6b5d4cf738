"""Limits as convex functions of a book's exposures: do they hold, and by how much not.

Every row is oriented so that smaller is safer: a limit holds where its number is at most its
ceiling. A residual is the same statement in quote money (number ≤ ceiling exactly where
residual ≤ 0), convex in the exposures, so a fill between two books that hold also holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.margin import initial_margin, maintenance_margin
from rebalancer.planner.exposure import Exposure, column_sum
from rebalancer.planner.layout import Layout
from rebalancer.policy.compiled import Limits

Floats = NDArray[np.float64]


class LimitRow(StrEnum):
    """The rows of the limit arrays; low and high ends of an interval are rows of their own."""

    GROSS_LEVERAGE = "gross_leverage"
    NET_HIGH = "net_exposure high"
    NET_LOW = "net_exposure low"
    FUTURES_LEVERAGE = "futures_leverage"
    MARGIN_UTILIZATION = "margin_utilization"
    LIQUIDATION_DISTANCE = "liquidation_distance"
    STRESS_GROSS = "stress_gross_leverage"
    STRESS_NET_HIGH = "stress_net_exposure high"
    STRESS_NET_LOW = "stress_net_exposure low"
    STRESS_LIQUIDATION = "stress_liquidation"
    INITIAL_MARGIN = "initial_margin"


@dataclass(frozen=True, slots=True, eq=False)
class LimitTable:
    """The limits in force: their rows and ceilings (row,), oriented so that smaller is safer."""

    rows: tuple[LimitRow, ...]
    ceilings: Floats


def limit_table(limits: Limits, layout: Layout) -> LimitTable:
    """Return the rows that these limits and the policy's stress switch on, in a fixed order.

    Initial margin within equity is always a row where there are futures.
    """
    ceilings: dict[LimitRow, float] = {}
    if limits.gross_leverage is not None:
        ceilings[LimitRow.GROSS_LEVERAGE] = float(limits.gross_leverage)
    if limits.net_exposure is not None:
        ceilings[LimitRow.NET_HIGH] = float(limits.net_exposure[1])
        ceilings[LimitRow.NET_LOW] = -float(limits.net_exposure[0])
    if layout.future_count:
        ceilings |= _futures_ceilings(limits)
    if layout.has_stress:
        for plain, stressed in _STRESSED.items():
            if plain in ceilings:
                ceilings[stressed] = ceilings[plain]
        if layout.future_count:
            ceilings[LimitRow.STRESS_LIQUIDATION] = 0.0
    return LimitTable(tuple(ceilings), np.array(list(ceilings.values()), dtype=np.float64))


_STRESSED = {
    LimitRow.GROSS_LEVERAGE: LimitRow.STRESS_GROSS,
    LimitRow.NET_HIGH: LimitRow.STRESS_NET_HIGH,
    LimitRow.NET_LOW: LimitRow.STRESS_NET_LOW,
}


def _futures_ceilings(limits: Limits) -> dict[LimitRow, float]:
    ceilings = {LimitRow.INITIAL_MARGIN: 0.0}
    if limits.futures_leverage is not None:
        ceilings[LimitRow.FUTURES_LEVERAGE] = float(limits.futures_leverage)
    if limits.margin_utilization is not None:
        ceilings[LimitRow.MARGIN_UTILIZATION] = float(limits.margin_utilization)
    if limits.liquidation_distance is not None:
        ceilings[LimitRow.LIQUIDATION_DISTANCE] = -float(limits.liquidation_distance)
    return ceilings


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the rows share, computed once per batch: sums by asset and by margin account."""

    layout: Layout
    exposure: Exposure
    scale: Floats
    gross: Floats
    net: Floats
    asset_gross: Floats
    asset_delta: Floats
    positions: Floats


def gather_facts(exposure: Exposure, layout: Layout, *, scale: Floats) -> Facts:
    """Return the sums that the rows need; `scale` (batch,) is the NAV money rows are shares of."""
    batch = exposure.nav.shape[0]
    gross = np.zeros((batch, len(layout.assets)), order="F")
    delta = np.zeros((batch, len(layout.assets)), order="F")
    positions = np.zeros(exposure.margin.shape, order="F")
    for column, asset in enumerate(layout.asset_of):
        future = column - layout.spot_count
        value = exposure.spot[:, column] if future < 0 else exposure.future[:, future]
        size = np.abs(value)
        gross[:, asset] += size
        delta[:, asset] += value
        if future >= 0:
            positions[:, layout.wallet_of[future]] += size
    return Facts(
        layout=layout,
        exposure=exposure,
        scale=scale,
        gross=column_sum(gross),
        net=column_sum(delta),
        asset_gross=gross,
        asset_delta=delta,
        positions=positions,
    )


def limit_residuals(facts: Facts, table: LimitTable, *, ceilings: Floats) -> Floats:
    """Return each row's residual as a share of `scale`, (batch, row): a row holds where it is ≤ 0.

    `ceilings` is (batch or 1, row); pass `table.ceilings[None]` for the policy's own.
    """
    result = np.empty((facts.gross.shape[0], len(table.rows)), order="F")
    for index, row in enumerate(table.rows):
        result[:, index] = _RESIDUALS[row](facts, ceilings[:, index]) / facts.scale
    return result


def _gross(facts: Facts, ceiling: Floats) -> Floats:
    return facts.gross - ceiling * facts.exposure.nav


def _net_high(facts: Facts, ceiling: Floats) -> Floats:
    return facts.net - ceiling * facts.exposure.nav


def _net_low(facts: Facts, ceiling: Floats) -> Floats:
    return -facts.net - ceiling * facts.exposure.nav


def _futures_leverage(facts: Facts, ceiling: Floats) -> Floats:
    return _worst(facts.positions - ceiling[:, None] * facts.exposure.margin)


def _margin_utilization(facts: Facts, ceiling: Floats) -> Floats:
    return _worst(account_initial_margin(facts) - ceiling[:, None] * facts.exposure.margin)


def _initial_margin(facts: Facts, ceiling: Floats) -> Floats:
    locked = account_initial_margin(facts) - facts.exposure.margin
    return _worst(np.where(facts.positions > 0, locked, -np.inf)) - ceiling * facts.scale


def _liquidation_distance(facts: Facts, ceiling: Floats) -> Floats:
    distance = np.maximum(-ceiling, 0.0)
    up = account_shortfall(facts, distance)
    down = account_shortfall(facts, -np.minimum(distance, 1.0))
    return np.maximum(_worst(up), _worst(down))


def _stress_gross(facts: Facts, ceiling: Floats) -> Floats:
    return _gross(facts, ceiling) + stressed(facts, facts.asset_gross, ceiling=ceiling)


def _stress_net_high(facts: Facts, ceiling: Floats) -> Floats:
    return _net_high(facts, ceiling) + stressed(facts, facts.asset_delta, ceiling=ceiling)


def _stress_net_low(facts: Facts, ceiling: Floats) -> Floats:
    return _net_low(facts, ceiling) + stressed(facts, -facts.asset_delta, ceiling=ceiling)


def _stress_liquidation(facts: Facts, ceiling: Floats) -> Floats:
    return _worst(stressed_shortfall(facts)) - ceiling * facts.scale


_RESIDUALS: dict[LimitRow, Callable[[Facts, Floats], Floats]] = {
    LimitRow.GROSS_LEVERAGE: _gross,
    LimitRow.NET_HIGH: _net_high,
    LimitRow.NET_LOW: _net_low,
    LimitRow.FUTURES_LEVERAGE: _futures_leverage,
    LimitRow.MARGIN_UTILIZATION: _margin_utilization,
    LimitRow.INITIAL_MARGIN: _initial_margin,
    LimitRow.LIQUIDATION_DISTANCE: _liquidation_distance,
    LimitRow.STRESS_GROSS: _stress_gross,
    LimitRow.STRESS_NET_HIGH: _stress_net_high,
    LimitRow.STRESS_NET_LOW: _stress_net_low,
    LimitRow.STRESS_LIQUIDATION: _stress_liquidation,
}


def account_initial_margin(facts: Facts) -> Floats:
    """Return the initial margin locked in each margin account, (batch, account)."""
    locked = np.zeros(facts.positions.shape, order="F")
    for future, wallet in enumerate(facts.layout.wallet_of):
        notional = np.abs(facts.exposure.future[:, future])
        locked[:, wallet] += initial_margin(notional, facts.layout.tiers[future])
    return locked


def account_delta(facts: Facts) -> Floats:
    """Return how much each margin account gains per unit of a joint move, (batch, account)."""
    delta = np.zeros(facts.positions.shape, order="F")
    for future, wallet in enumerate(facts.layout.wallet_of):
        delta[:, wallet] += facts.exposure.future[:, future]
    if facts.layout.unified:
        delta[:, 0] += column_sum(facts.exposure.spot)
    return delta


def account_shortfall(facts: Facts, move: Floats) -> Floats:
    """Return maintenance margin less equity after all marks move by `move`, (batch, account).

    Minus infinity where an account has no position: nothing there can be liquidated.
    """
    shortfall = -facts.exposure.margin - move[:, None] * account_delta(facts)
    for future, wallet in enumerate(facts.layout.wallet_of):
        notional = np.abs(facts.exposure.future[:, future]) * (1 + move)
        shortfall[:, wallet] += maintenance_margin(notional, facts.layout.tiers[future])
    shortfall[facts.positions == 0] = -np.inf
    return shortfall


def stressed(facts: Facts, by_asset: Floats, *, ceiling: Floats) -> Floats:
    """Return the worst that the stress box adds to `Σ by_asset - ceiling · NAV`, (batch,).

    The sum is linear in each asset's move, so the worst corner is found asset by asset.
    """
    worst = np.zeros(facts.gross.shape)
    for asset, (low, high) in enumerate(
        zip(facts.layout.stress_low, facts.layout.stress_high, strict=True)
    ):
        slope = by_asset[:, asset] - ceiling * facts.asset_delta[:, asset]
        worst += np.maximum(slope * low, slope * high)
    return worst


def stressed_shortfall(facts: Facts) -> Floats:
    """Return maintenance margin less equity in each account's worst corner, (batch, account).

    Per asset the shortfall is convex in its move, so its worst is at an end of the asset's range.
    """
    layout, accounts = facts.layout, facts.positions.shape[1]
    shortfall = -facts.exposure.margin
    for account in range(accounts):
        for asset, ends in enumerate(zip(layout.stress_low, layout.stress_high, strict=True)):
            by_end = [_asset_shortfall(facts, account, asset, float(move)) for move in ends]
            shortfall[:, account] += np.maximum(*by_end)
    shortfall[facts.positions == 0] = -np.inf
    return shortfall


def _asset_shortfall(facts: Facts, account: int, asset: int, move: float) -> Floats:
    """Return what one asset's move adds to an account's maintenance margin less equity."""
    layout = facts.layout
    change = np.zeros(facts.gross.shape)
    for column, its_asset in enumerate(layout.asset_of):
        future = column - layout.spot_count
        if its_asset != asset:
            continue
        if future < 0:
            if layout.unified:
                change -= facts.exposure.spot[:, column] * move
        elif layout.wallet_of[future] == account:
            value = facts.exposure.future[:, future]
            change -= value * move
            change += maintenance_margin(np.abs(value) * (1 + move), layout.tiers[future])
    return change


def _worst(by_account: Floats) -> Floats:
    worst = by_account[:, 0]
    for account in range(1, by_account.shape[1]):
        worst = np.maximum(worst, by_account[:, account])
    return worst
