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

from rebalancer.model.margin import MarginTiers, initial_margin, maintenance_margin
from rebalancer.planner.exposure import Exposure, column_sum, take_rows
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
    ASSET_WEIGHT = "asset_weight"
    INITIAL_MARGIN = "initial_margin"


@dataclass(frozen=True, slots=True, eq=False)
class LimitTable:
    """The limits in force: their rows and ceilings (row,), oriented so that smaller is safer."""

    rows: tuple[LimitRow, ...]
    ceilings: Floats


def limit_table(limits: Limits, layout: Layout) -> LimitTable:
    """Return the rows that these limits and the policy's stress switch on, in a fixed order.

    Initial margin within equity is a row wherever there are futures.
    """
    ceilings = _book_ceilings(limits)
    if layout.future_count:
        ceilings[LimitRow.INITIAL_MARGIN] = 0.0
    ceilings |= _futures_ceilings(limits)
    if layout.has_stress:
        for plain, stressed in STRESSED_SUMS.items():
            if plain in ceilings:
                ceilings[stressed] = ceilings[plain]
        ceilings[LimitRow.STRESS_LIQUIDATION] = 0.0
    return LimitTable(tuple(ceilings), np.array(list(ceilings.values()), dtype=np.float64))


def _book_ceilings(limits: Limits) -> dict[LimitRow, float]:
    ceilings: dict[LimitRow, float] = {}
    if limits.gross_leverage is not None:
        ceilings[LimitRow.GROSS_LEVERAGE] = float(limits.gross_leverage)
    if limits.net_exposure is not None:
        ceilings[LimitRow.NET_HIGH] = float(limits.net_exposure[1])
        ceilings[LimitRow.NET_LOW] = -float(limits.net_exposure[0])
    if limits.asset_weight is not None:
        ceilings[LimitRow.ASSET_WEIGHT] = float(limits.asset_weight)
    return ceilings


STRESSED_SUMS = {
    LimitRow.GROSS_LEVERAGE: LimitRow.STRESS_GROSS,
    LimitRow.NET_HIGH: LimitRow.STRESS_NET_HIGH,
    LimitRow.NET_LOW: LimitRow.STRESS_NET_LOW,
}
"""Limits on sums over all of a book, and the rows that hold them over the stress box."""


def _futures_ceilings(limits: Limits) -> dict[LimitRow, float]:
    ceilings: dict[LimitRow, float] = {}
    if limits.futures_leverage is not None:
        ceilings[LimitRow.FUTURES_LEVERAGE] = float(limits.futures_leverage)
    if limits.margin_utilization is not None:
        ceilings[LimitRow.MARGIN_UTILIZATION] = float(limits.margin_utilization)
    if limits.liquidation_distance is not None:
        ceilings[LimitRow.LIQUIDATION_DISTANCE] = -float(limits.liquidation_distance)
    return ceilings


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the rows share, computed once per batch: sums by asset and by margin account.

    `asset_gain` (batch, asset) is what the book gains while an asset's prices double, and
    `coin_gain` the part of it that coins and inverse contracts make. `asset_linear` and
    `asset_inverse` are the absolute notionals. `positions` (batch, account) are the notionals in
    settle coin, at the coin's price.
    """

    layout: Layout
    exposure: Exposure
    scale: Floats
    gross: Floats
    net: Floats
    coin_gain: Floats
    asset_linear: Floats
    asset_inverse: Floats
    asset_delta: Floats
    asset_gain: Floats
    positions: Floats

    def take(self, rows: NDArray[np.intp]) -> "Facts":
        """Return the facts of these rows."""
        _, _, *names = self.__slots__
        parts = (take_rows(getattr(self, name), rows) for name in names)
        return Facts(self.layout, self.exposure.take(rows), *parts)


def gather_facts(exposure: Exposure, layout: Layout, *, scale: Floats) -> Facts:
    """Return the sums that the rows need; `scale` (batch,) is the NAV money rows are shares of."""
    coin_gain, delta = exposure.coin.copy(order="F"), exposure.coin.copy(order="F")
    asset_gain = exposure.coin.copy(order="F")
    linear, inverse = np.zeros_like(delta), np.zeros_like(delta)
    positions = np.zeros(exposure.margin.shape, order="F")
    for future, wallet in enumerate(layout.wallet_of):
        asset = layout.asset_of[layout.spot_count + future]
        value, gain = exposure.future[:, future], exposure.gain[:, future]
        size = np.abs(value)
        if layout.is_inverse(future):
            inverse[:, asset] += size
            coin_gain[:, asset] += gain
        else:
            linear[:, asset] += size
        delta[:, asset] += value
        asset_gain[:, asset] += gain
        positions[:, wallet] += np.abs(gain)
    return Facts(
        layout=layout,
        exposure=exposure,
        scale=scale,
        gross=column_sum(np.abs(exposure.coin) + linear + inverse),
        net=column_sum(delta),
        coin_gain=coin_gain,
        asset_linear=linear,
        asset_inverse=inverse,
        asset_delta=delta,
        asset_gain=asset_gain,
        positions=positions,
    )


def limit_residuals(facts: Facts, table: LimitTable, *, ceilings: Floats) -> Floats:
    """Return each row's residual as a share of `scale`, (batch, row): a row holds where it is ≤ 0.

    `ceilings` is (batch or 1, row); pass `table.ceilings[None]` for the policy's own.
    """
    result = np.full((facts.gross.shape[0], len(table.rows)), -np.inf, order="F")
    is_idle = not facts.positions.any()
    for index, row in enumerate(table.rows):
        if not (is_idle and row in OF_POSITIONS):
            result[:, index] = _RESIDUALS[row](facts, ceilings[:, index]) / facts.scale
    return result


def _gross(facts: Facts, ceiling: Floats) -> Floats:
    return facts.gross - ceiling * facts.exposure.nav


def _net_high(facts: Facts, ceiling: Floats) -> Floats:
    return facts.net - ceiling * facts.exposure.nav


def _net_low(facts: Facts, ceiling: Floats) -> Floats:
    return -facts.net - ceiling * facts.exposure.nav


def _futures_leverage(facts: Facts, ceiling: Floats) -> Floats:
    return _worst(_of_users(facts, facts.positions - ceiling[:, None] * facts.exposure.margin))


def _margin_utilization(facts: Facts, ceiling: Floats) -> Floats:
    used = account_initial_margin(facts)
    return _worst(_of_users(facts, used - ceiling[:, None] * facts.exposure.margin))


def _initial_margin(facts: Facts, ceiling: Floats) -> Floats:
    locked = account_initial_margin(facts) - facts.exposure.margin
    return _worst(_of_users(facts, locked)) - ceiling * facts.scale


def _of_users(facts: Facts, by_account: Floats) -> Floats:
    """Return the values of accounts with positions; nothing on nothing breaks no limit."""
    return np.where(facts.positions > 0, by_account, -np.inf)


def _liquidation_distance(facts: Facts, ceiling: Floats) -> Floats:
    distance = np.maximum(-ceiling, 0.0)
    up = account_shortfall(facts, distance)
    down = account_shortfall(facts, -np.minimum(distance, 1.0))
    return np.maximum(_worst(up), _worst(down))


def _asset_weight(facts: Facts, ceiling: Floats) -> Floats:
    return (
        np.asarray(np.abs(facts.asset_delta).max(axis=1, initial=0.0))
        - ceiling * facts.exposure.nav
    )


def _stress_gross(facts: Facts, ceiling: Floats) -> Floats:
    return _stressed(facts, moved_gross(facts), ceiling=ceiling)


def _stress_net_high(facts: Facts, ceiling: Floats) -> Floats:
    return _stressed(facts, moved_delta(facts), ceiling=ceiling)


def _stress_net_low(facts: Facts, ceiling: Floats) -> Floats:
    low, high = moved_delta(facts)
    return _stressed(facts, (-low, -high), ceiling=ceiling)


def _stress_liquidation(facts: Facts, ceiling: Floats) -> Floats:
    return _worst(stressed_shortfall(facts)) - ceiling * facts.scale


OF_POSITIONS = frozenset(
    {
        LimitRow.FUTURES_LEVERAGE,
        LimitRow.MARGIN_UTILIZATION,
        LimitRow.INITIAL_MARGIN,
        LimitRow.LIQUIDATION_DISTANCE,
        LimitRow.STRESS_LIQUIDATION,
    }
)
"""Rows of accounts with positions: where there are none, nothing is near its limit."""

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
    LimitRow.ASSET_WEIGHT: _asset_weight,
}


def account_initial_margin(facts: Facts) -> Floats:
    """Return the initial margin locked in each margin account, (batch, account)."""
    locked = np.zeros(facts.positions.shape, order="F")
    for future, wallet in enumerate(facts.layout.wallet_of):
        coin = facts.exposure.coin_price[:, future]
        gain = np.abs(facts.exposure.gain[:, future])
        locked[:, wallet] += initial_value(gain, coin, tiers=facts.layout.tiers[future])
    return locked


def initial_value(gain: Floats, coin: Floats, *, tiers: MarginTiers) -> Floats:
    """Return the initial margin in quote money of notionals valued at their settle coin's price."""
    return np.asarray(initial_margin(gain / coin, tiers) * coin)


def account_gain(facts: Facts) -> Floats:
    """Return how much each margin account gains per unit of a joint move, (batch, account)."""
    layout = facts.layout
    gain = np.zeros(facts.positions.shape, order="F")
    for future, wallet in enumerate(layout.wallet_of):
        gain[:, wallet] += facts.exposure.gain[:, future]
    if layout.unified:
        gain[:, 0] += column_sum(facts.exposure.coin)
    for wallet, column in enumerate(layout.wallet_coin):
        if column >= 0:
            gain[:, wallet] += facts.exposure.margin[:, wallet]
    return gain


def account_shortfall(facts: Facts, move: Floats) -> Floats:
    """Return maintenance margin less equity after all marks move by `move`, (batch, account).

    In quote money at the moved prices; a coin wallet's is zero exactly where its coins are.
    Minus infinity where an account has no position: nothing there can be liquidated.
    """
    shortfall = -facts.exposure.margin - move[:, None] * account_gain(facts)
    for future, wallet in enumerate(facts.layout.wallet_of):
        shortfall[:, wallet] += moved_maintenance(facts, future, move=move)
    shortfall[facts.positions == 0] = -np.inf
    return shortfall


def moved_maintenance(facts: Facts, future: int, *, move: Floats | float) -> Floats:
    """Return a future's maintenance margin after its price moved, in quote money, (batch,).

    The price of an inverse contract's coin moves too, and its notional in money does not.
    """
    layout, exposure = facts.layout, facts.exposure
    gain, tiers = np.abs(exposure.gain[:, future]), layout.tiers[future]
    if not layout.is_inverse(future):
        return maintenance_margin(gain * (1 + move), tiers)
    return maintenance_margin(gain, tiers, coin=exposure.coin_price[:, future] * (1 + move))


def moved_gross(facts: Facts) -> tuple[Floats, Floats]:
    """Return each asset's gross value at the low and the high end of its stress, (batch, asset)."""
    return _at_ends(
        facts,
        lambda move: (
            np.abs(facts.exposure.coin + facts.coin_gain * move)
            + facts.asset_linear * (1 + move)
            + facts.asset_inverse
        ),
    )


def moved_delta(facts: Facts) -> tuple[Floats, Floats]:
    """Return each asset's delta value at the low and the high end of its stress, (batch, asset)."""
    return _at_ends(facts, lambda move: facts.asset_delta + facts.asset_gain * move)


def _at_ends(facts: Facts, value: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    low, high = facts.layout.stress_low[None], facts.layout.stress_high[None]
    return value(low), value(high)


def _stressed(facts: Facts, ends: tuple[Floats, Floats], *, ceiling: Floats) -> Floats:
    """Return the worst of `Σ by_asset - ceiling · NAV` over the stress box, (batch,).

    The sum is convex in each asset's move, so the worst corner is found asset by asset.
    """
    layout, high = facts.layout, ceiling[:, None] * facts.asset_gain
    # in place: a large batch spends as long on new arrays as on the numbers
    low = high * layout.stress_low[None]
    high *= layout.stress_high[None]
    np.subtract(ends[0], low, out=low)
    np.subtract(ends[1], high, out=high)
    return column_sum(np.maximum(low, high, out=low)) - ceiling * facts.exposure.nav


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
    layout, exposure = facts.layout, facts.exposure
    change = np.zeros(facts.gross.shape)
    if layout.unified:
        change -= exposure.coin[:, asset] * move
    elif _coin_asset(layout, account) == asset:
        change -= exposure.margin[:, account] * move
    for future, its_account in enumerate(layout.wallet_of):
        if its_account == account and layout.asset_of[layout.spot_count + future] == asset:
            change -= exposure.gain[:, future] * move
            change += moved_maintenance(facts, future, move=move)
    return change


def _coin_asset(layout: Layout, account: int) -> int:
    """Return the asset whose coin a wallet is counted in, -1 for the quote coin."""
    column = layout.wallet_coin[account]
    return layout.asset_of[column] if column >= 0 else -1


def _worst(by_account: Floats) -> Floats:
    worst = by_account[:, 0]
    for account in range(1, by_account.shape[1]):
        worst = np.maximum(worst, by_account[:, account])
    return worst
