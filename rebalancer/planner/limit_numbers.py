"""The limits' numbers as a person reads them: leverage, exposure, distance to liquidation."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.margin import maintenance_rate, tier_cum
from rebalancer.planner.exposure import column_sum
from rebalancer.planner.limits import (
    Facts,
    LimitRow,
    LimitTable,
    account_gain,
    account_initial_margin,
    account_shortfall,
    moved_delta,
    moved_gross,
    stressed_shortfall,
)

Floats = NDArray[np.float64]

_FARTHEST_MOVE = 1e12
_MOST_TIERS = 64
_PRECISION = 1e-13
_PRICELESS = 1e-9
"""A fall this near to -100 % leaves no price: a book that only meets it is never liquidated."""
_CORNER_STEPS = 50


def limit_numbers(facts: Facts, table: LimitTable) -> Floats:
    """Return each row's number, (batch, row), oriented like its ceiling (smaller is safer).

    Distances are negated, so minus infinity is a book that no move liquidates. Infinite leverage
    is a book whose equity is gone.
    """
    result = np.empty((facts.gross.shape[0], len(table.rows)), order="F")
    for index, row in enumerate(table.rows):
        result[:, index] = _NUMBERS[row](facts)
    return result


def _ratio(amount: Floats, equity: Floats) -> Floats:
    """Return amount / equity: 0 for nothing on nothing, infinite for something on nothing."""
    safe = np.where(equity > 0, equity, 1.0)
    return np.where(equity > 0, amount / safe, np.where(amount > 0, np.inf, 0.0))


def _worst_ratio(amount: Floats, equity: Floats) -> Floats:
    return np.asarray(_ratio(amount, equity).max(axis=1))


def _gross(facts: Facts) -> Floats:
    return _ratio(facts.gross, facts.exposure.nav)


def _net_high(facts: Facts) -> Floats:
    return np.asarray(facts.net / facts.exposure.nav)


def _net_low(facts: Facts) -> Floats:
    return np.asarray(-facts.net / facts.exposure.nav)


def _futures_leverage(facts: Facts) -> Floats:
    return _worst_ratio(facts.positions, facts.exposure.margin)


def _margin_utilization(facts: Facts) -> Floats:
    return _worst_ratio(account_initial_margin(facts), facts.exposure.margin)


def _initial_margin(facts: Facts) -> Floats:
    locked = account_initial_margin(facts) - facts.exposure.margin
    return np.asarray(np.where(facts.positions > 0, locked, -np.inf).max(axis=1) / facts.scale)


def _liquidation_distance(facts: Facts) -> Floats:
    """Return minus the smallest joint move at which an account's equity meets its maintenance."""
    batch = facts.gross.shape[0]
    if facts.positions.shape[1] > 1:
        singles = [_distance(facts, account, batch) for account in range(facts.positions.shape[1])]
        return np.asarray(-np.minimum.reduce(singles))
    return -_distance(facts, 0, batch)


def _distance(facts: Facts, account: int, batch: int) -> Floats:
    down = _first_crossing(facts, account, np.full(batch, -1.0))
    up = _first_crossing(facts, account, np.full(batch, _FARTHEST_MOVE))
    never = np.abs(down) >= 1 - _PRICELESS
    return np.minimum(np.where(never, np.inf, np.abs(down)), np.abs(up))


def _first_crossing(facts: Facts, account: int, farthest: Floats) -> Floats:
    """Return the move between 0 and `farthest` at which the account is liquidated, else infinity.

    The shortfall is convex and piecewise linear in the move, and negative at 0: Newton's steps
    from beyond the crossing end after at most one step per tier, and one more for rounding.
    """
    move = farthest.copy()
    reached = account_shortfall(facts, farthest)[:, account] >= 0
    for _ in range(_MOST_TIERS):
        over = account_shortfall(facts, move)[:, account]
        slope = _shortfall_slope(facts, account, move)
        beyond = reached & (slope * farthest > 0)
        if not beyond.any():
            break
        step = np.divide(over, slope, out=np.zeros_like(over), where=beyond)
        moving = np.abs(step) > _PRECISION * np.abs(move)
        if not moving.any():
            break
        move = np.where(moving, move - step, move)
    at_once = account_shortfall(facts, np.zeros_like(farthest))[:, account] >= 0
    return np.where(at_once, 0.0, np.where(reached, move, np.inf))


def _shortfall_slope(facts: Facts, account: int, move: Floats) -> Floats:
    """Return how fast an account's shortfall grows with a joint move of all marks, (batch,)."""
    slope = -account_gain(facts)[:, account]
    for future, its_account in enumerate(facts.layout.wallet_of):
        if its_account == account:
            slope = slope + _maintenance_slope(facts, future, move)
    return slope


def _maintenance_slope(facts: Facts, future: int, move: Floats) -> Floats:
    """Return how fast a future's maintenance margin grows with the move, in quote money."""
    layout, tiers = facts.layout, facts.layout.tiers[future]
    notional = np.abs(facts.exposure.gain[:, future])
    if not layout.is_inverse(future):
        return notional * maintenance_rate(notional * (1 + move), tiers)
    coin = facts.exposure.coin_price[:, future]
    room = np.maximum(1 + move, _PRICELESS)
    return -coin * tier_cum(notional / coin / room, tiers)


def _asset_weight(facts: Facts) -> Floats:
    return _ratio(
        np.asarray(np.abs(facts.asset_delta).max(axis=1, initial=0.0)), facts.exposure.nav
    )


def _stress_gross(facts: Facts) -> Floats:
    return _worst_stressed_ratio(facts, facts.gross, moved_gross(facts))


def _stress_net_high(facts: Facts) -> Floats:
    return _worst_stressed_ratio(facts, facts.net, moved_delta(facts))


def _stress_net_low(facts: Facts) -> Floats:
    low, high = moved_delta(facts)
    return _worst_stressed_ratio(facts, -facts.net, (-low, -high))


def _worst_stressed_ratio(facts: Facts, unmoved: Floats, ends: tuple[Floats, Floats]) -> Floats:
    """Return the largest Σ by asset / NAV over the stress box; infinite where NAV can vanish.

    `unmoved` (batch,) is the sum before any move, `ends` (batch, asset) the terms at both ends.
    Dinkelbach's iteration: at the present ratio find the worst corner, take its ratio, repeat
    until the corner repeats. Each pass is linear in the number of assets.
    """
    layout, nav, gain = facts.layout, facts.exposure.nav, facts.asset_gain
    low, high = layout.stress_low[None], layout.stress_high[None]
    least = nav + column_sum(np.minimum(gain * low, gain * high))
    ratio = unmoved / np.where(nav > 0, nav, 1.0)
    for _ in range(_CORNER_STEPS):
        by_row = ratio[:, None] * gain
        is_high = ends[1] - by_row * high > ends[0] - by_row * low
        changed = nav + column_sum(gain * np.where(is_high, high, low))
        amount = column_sum(np.where(is_high, ends[1], ends[0]))
        following = np.maximum(ratio, amount / np.where(changed > 0, changed, 1.0))
        if np.array_equal(following, ratio):
            break
        ratio = following
    return np.where(least > 0, ratio, np.inf)


def _stress_liquidation(facts: Facts) -> Floats:
    return np.asarray(stressed_shortfall(facts).max(axis=1) / facts.scale)


_NUMBERS: dict[LimitRow, Callable[[Facts], Floats]] = {
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
