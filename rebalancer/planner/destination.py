"""The destination: the least move from the band towards the target that meets every limit."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.band import future_interval, keep_side, settle_band, target_weights
from rebalancer.planner.case import Case, Rows, Weights, coins_bought, move_turnover, sized_shorts
from rebalancer.planner.exposure import column_sum
from rebalancer.planner.residuals import CASH_ROW, foresee, residuals, worst
from rebalancer.planner.search import Lines, Violation, first_holding
from rebalancer.planner.withdrawal import wallet_floor

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CASH_PASSES = 4

_SAME_TURNOVER = 1e-9
"""Share of NAV within which two choices trade the same."""

_Choose = Callable[[Case, Rows, Floats], tuple[Weights, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Destination:
    """Where each book should go, before lots.

    `share` (batch,) is λ, how far past the band towards the target limits push; `factor` is what
    futures and basis spot legs were shrunk to where no λ works; `buys` what spot buys were shrunk
    to for want of cash, `moved` what the turnover limit shrank the whole move to. `reached` marks
    books for which some choice meets every limit.
    """

    weights: Weights
    share: Floats
    factor: Floats
    buys: Floats
    moved: Floats
    reached: Bools


def choose_destination(case: Case) -> Destination:
    """Return each book's destination: band first, then limits, then cash for costs."""
    settled = floored(case, settle_band(case))
    batch = case.nav.shape[0]
    result = Destination(
        weights=settled,
        share=np.zeros(batch),
        factor=np.ones(batch),
        buys=np.ones(batch),
        moved=np.ones(batch),
        reached=np.ones(batch, dtype=bool),
    )
    rows = np.flatnonzero(~_holds(case, settled))
    if rows.size:
        result = _copied(result)
        for step in (_move_wallets, _move_easing, _move_all, _fit_cash_only, _shrink_futures):
            rows = step(case, result, rows)
            if not rows.size:
                break
        result.reached[rows] = False
    return result


def _holds(case: Case, weights: Weights) -> Bools:
    """Return which books hold every limit; a book left as it is may sit exactly on one."""
    rows = residuals(case, weights)
    still = _unmoved(case, weights)
    return np.asarray((worst(rows) <= 0) | (still & (rows[:, :CASH_ROW] <= 0).all(axis=1)))


def _unmoved(case: Case, weights: Weights) -> Bools:
    same = np.ones(case.nav.shape[0], dtype=bool)
    for present, chosen in (
        (case.present.spot, weights.spot),
        (case.present.future, weights.future),
        (case.present.wallet, weights.wallet),
    ):
        for column in range(chosen.shape[1]):
            same &= present[:, column] == chosen[:, column]
    return same


def floored(case: Case, weights: Weights) -> Weights:
    """Return the weights with wallets kept at what their venue will not give out.

    Nothing is closed and opened again for its profit under a turnover limit.
    """
    nothing = np.zeros_like(weights.future) if np.isfinite(case.rules.turnover) else None
    floor = wallet_floor(case, weights, reopened=nothing)
    return _with_coins(case, weights, (weights.spot, np.maximum(weights.wallet, floor)))


def floored_targets(case: Case) -> Weights:
    """Return the targets, wallets kept at what their venue will not give out."""
    return floored(case, target_weights(case))


def _move_wallets(case: Case, result: Destination, rows: Rows) -> Rows:
    """Move only the wallets: a transfer is free."""
    part = case.take(rows)
    start = result.weights.take(rows)
    end = _with_transfers(part, start, floored_targets(part).wallet)
    # no position moves, so no initial margin steps: what holds at the end holds from somewhere on
    return _walk(part, result, rows, [(start, end)], ends_first=True)


def _with_transfers(case: Case, weights: Weights, wallet: Floats) -> Weights:
    """Return the weights with other wallets, coins taken from and given to spot holdings.

    As far as the spot's own interval has room: beyond it they are bought and sold.
    """
    interval = case.wanted.spot
    spot, filled = weights.spot.copy("F"), wallet.copy("F")
    for index, column in enumerate(case.layout.wallet_coin):
        if column >= 0:
            least = np.minimum(weights.wallet[:, index] + spot[:, column], wallet[:, index])
            filled[:, index] = np.where(
                wallet[:, index] > weights.wallet[:, index], least, wallet[:, index]
            )
            moved = spot[:, column] + weights.wallet[:, index] - filled[:, index]
            least = np.minimum(weights.spot[:, column], interval.low[:, column])
            most = np.maximum(weights.spot[:, column], interval.high[:, column])
            spot[:, column] = np.clip(moved, least, most)
    return _with_coins(case, weights, (spot, filled))


def _move_easing(case: Case, result: Destination, rows: Rows) -> Rows:
    """Move the wallets and the instruments whose move to target eases a broken limit."""
    part = case.take(rows)
    start, target = result.weights.take(rows), floored_targets(part)
    base = _with_transfers(part, start, target.wallet)
    broken = np.maximum(residuals(part, base)[:, :CASH_ROW], 0.0)
    chosen = base.spot.copy("F")
    for column in range(part.layout.spot_count):
        moved = base.spot.copy("F")
        moved[:, column] = target.spot[:, column]
        candidate = _with_coins(part, base, (moved, base.wallet))
        eases = _eases(part, candidate, broken)
        chosen[:, column] = np.where(eases, target.spot[:, column], base.spot[:, column])
    end = _with_coins(part, base, (chosen, base.wallet)).copy()
    plain_start, plain_target = _plain(part, start), _plain(part, target)
    for future in range(part.layout.future_count):
        change = plain_target[:, future] - plain_start[:, future]
        moved = base.future.copy("F")
        moved[:, future] += change
        eases = _eases(part, Weights(base.spot, moved, base.wallet), broken)
        end.future[:, future] += np.where(eases, change, 0.0)
    return _walk(part, result, rows, _lines(part, start, end=end))


def _eases(case: Case, weights: Weights, broken: Floats) -> Bools:
    """Return where the weights bring some broken limit nearer to holding."""
    after = np.maximum(residuals(case, weights)[:, :CASH_ROW], 0.0)
    return np.asarray(((broken > 0) & (after < broken)).any(axis=1))


def _move_all(case: Case, result: Destination, rows: Rows) -> Rows:
    """Move everything towards the target by one share."""
    part = case.take(rows)
    return _walk(
        part, result, rows, _lines(part, result.weights.take(rows), end=floored_targets(part))
    )


_Line = tuple[Weights, Weights]


def _lines(case: Case, start: Weights, *, end: Weights) -> list[_Line]:
    """Return the lines from one book to another: wallets with the rest, first, or not at all.

    A transfer trades nothing, but margin that leaves a wallet may cost more trades than it saves.
    """
    together = (start, end)
    if not case.layout.wallets or np.array_equal(start.wallet, end.wallet):
        return [together]
    first = _with_transfers(case, start, end.wallet)
    still = _with_coins(case, end, (end.spot, start.wallet))
    return [together, (first, end), (start, still)]


def _walk(
    part: Case, result: Destination, rows: Rows, lines: list[_Line], *, ends_first: bool = False
) -> Rows:
    """Take the first point of a line that holds, of several the one that trades least.

    Returns the rows for which none does.
    """
    least = np.full(rows.size, np.inf)
    for start, end in lines:
        violations = _violations(part, start, end=end)
        share = first_holding(violations, rows.size, ends_first=ends_first)
        point = start.toward(end, np.nan_to_num(share))
        traded = np.where(np.isnan(share), np.inf, move_turnover(part, part.present, end=point))
        better = np.flatnonzero(traded < least - _SAME_TURNOVER)
        least[better] = traded[better]
        result.weights.put(rows[better], point.take(better))
        result.share[rows[better]] = np.maximum(share[better], _SAME_TURNOVER)
    left: Rows = rows[np.isinf(least)]
    return left


def _violations(case: Case, start: Weights, *, end: Weights) -> Lines:
    def lines(some: Rows) -> Violation:
        its_case, its_start, its_end = case.take(some), start.take(some), end.take(some)
        return lambda share: worst(residuals(its_case, its_start.toward(its_end, share)))

    return lines


def _fit_cash_only(case: Case, result: Destination, rows: Rows) -> Rows:
    """Where only cash for costs is missing, shrink spot buys, else transfers into wallets."""
    part = case.take(rows)
    start, end = result.weights.take(rows), floored_targets(part)

    def choose(some: Case, picked: Rows, share: Floats) -> tuple[Weights, Floats]:
        return fit_cash(some, start.take(picked).toward(end.take(picked), share))

    share, weights, buys = _first_fitted(part, choose)
    done = np.flatnonzero(~np.isnan(share))
    _write(result, rows, done, (weights, buys))
    result.share[rows[done]] = share[done]
    return rows[np.isnan(share)]


def _shrink_futures(case: Case, result: Destination, rows: Rows) -> Rows:
    """Shrink futures and basis spot legs by the largest common factor that works.

    From where the band leaves them, with the wallets there or at their targets, or from the
    targets: of several the one that trades least.
    """
    part = case.take(rows)
    settled, target = result.weights.take(rows), floored_targets(part)
    least = np.full(rows.size, np.inf)
    for base in (settled, _with_transfers(part, settled, target.wallet), target):
        share, weights, buys = _largest_factor(part, base)
        traded = np.where(np.isnan(share), np.inf, move_turnover(part, part.present, end=weights))
        better = np.flatnonzero(traded < least - _SAME_TURNOVER)
        least[better] = traded[better]
        _write(result, rows, better, (weights, buys))
        result.factor[rows[better]] = 1 - share[better]
    left: Rows = rows[np.isinf(least)]
    return left


def _largest_factor(case: Case, base: Weights) -> tuple[Floats, Weights, Floats]:
    """Return what is taken off (NaN: no factor works), the weights and the factor on buys.

    The coins behind a synthetic dollar shrink with it, or stay as margin where that leaves a
    larger factor: a wallet's own ratios do not change when both shrink.
    """
    share, weights, buys = _first_fitted(case, _shrinking(base))
    if not case.wanted.on_wallet.any():
        return share, weights, buys
    other, kept, kept_buys = _first_fitted(case, _shrinking(base, keeps_coins=True))
    better = np.flatnonzero(np.nan_to_num(other, nan=2.0) < np.nan_to_num(share, nan=2.0))
    result = weights.copy()
    result.put(better, kept.take(better))
    share[better], buys[better] = other[better], kept_buys[better]
    return share, result, buys


def _shrinking(base: Weights, *, keeps_coins: bool = False) -> _Choose:
    def choose(case: Case, picked: Rows, share: Floats) -> tuple[Weights, Floats]:
        some = base.take(picked)
        shrunk = shrink_futures(case, some, factor=1 - share)
        wallet = some.wallet if keeps_coins else shrunk.wallet
        return fit_cash(case, Weights(shrunk.spot, shrunk.future, wallet))

    return choose


def shrink_futures(case: Case, weights: Weights, *, factor: Floats) -> Weights:
    """Return the weights with futures and basis spot legs times `factor` (batch,).

    Margin stays in the wallets and the freed spot becomes cash; so do the coins behind a
    synthetic dollar, which are its spot leg.
    """
    by_row = factor[:, None]
    basis = np.minimum(case.wanted.basis_share, 1.0)
    on_wallet = np.minimum(case.wanted.wallet_share, 1.0)
    spot = weights.spot * (1 - basis * (1 - by_row))
    wallet = weights.wallet * (1 - on_wallet * (1 - by_row))
    return Weights(spot, weights.future * by_row, wallet)


def _first_fitted(part: Case, choose: _Choose) -> tuple[Floats, Weights, Floats]:
    """Return the first share whose cash-fitted choice holds (NaN: none), and that choice."""
    batch = part.nav.shape[0]

    def lines(some: Rows) -> Violation:
        its_case = part.take(some)
        return lambda share: worst(residuals(its_case, choose(its_case, some, share)[0]))

    share = first_holding(lines, batch)
    weights, buys = choose(part, np.arange(batch), np.nan_to_num(share))
    return share, weights, buys


def _write(result: Destination, rows: Rows, done: Rows, chosen: tuple[Weights, Floats]) -> None:
    weights, buys = chosen
    result.weights.put(rows[done], weights.take(done))
    result.buys[rows[done]] = buys[done]


def fit_cash(case: Case, weights: Weights) -> tuple[Weights, Floats]:
    """Return the weights with spot buys, then transfers in, shrunk until cash pays the costs.

    The second value (batch,) is the factor on spot buys. Shorts sized on the spot follow it.
    """
    present, factor = case.present, np.ones(case.nav.shape[0])
    fitted, rate = weights, float((case.layout.fee + case.layout.slippage).max())
    in_quote = np.array([float(coin < 0) for coin in case.layout.wallet_coin])
    for _ in range(_CASH_PASSES):
        missing = -foresee(case, fitted).cash + 1e-9
        if np.all(missing <= 0):
            return fitted, factor
        bought = column_sum(np.maximum(coins_bought(case, fitted), 0.0))
        cut = _share_left(missing, bought)
        if np.all(cut >= 1):
            break
        factor = factor * cut
        fitted = _with_fewer_coins(case, weights, factor)
    for _ in range(_CASH_PASSES):
        missing = (-foresee(case, fitted).cash + 1e-9) * (1 + rate)
        incoming = np.maximum(fitted.wallet - present.wallet, 0.0) * in_quote
        cut = _share_left(missing, column_sum(incoming))
        fitted = Weights(fitted.spot, fitted.future, fitted.wallet - incoming * (1 - cut)[:, None])
    return fitted, factor


def _with_fewer_coins(case: Case, weights: Weights, factor: Floats) -> Weights:
    """Return the weights with coins bought times `factor` (batch,), and the shorts sized on them.

    What is not bought is missing first where it would have lain in spot, then in the wallet.
    """
    cut = np.maximum(coins_bought(case, weights), 0.0) * (1 - factor)[:, None]
    added = np.maximum(weights.spot - case.present.spot, 0.0)
    from_spot = np.minimum(cut, added)
    wallet = weights.wallet.copy("F")
    for index, column in enumerate(case.layout.wallet_coin):
        if column >= 0:
            wallet[:, index] -= cut[:, column] - from_spot[:, column]
            cut[:, column] = from_spot[:, column]
    return _with_coins(case, weights, (weights.spot - cut, wallet))


def _share_left(missing: Floats, amount: Floats) -> Floats:
    """Return the share of `amount` that is left after freeing what is missing, in [0, 1]."""
    share = 1 - np.maximum(missing, 0.0) / np.where(amount > 0, amount, 1.0)
    return np.where(missing > 0, np.where(amount > 0, np.clip(share, 0.0, 1.0), 1.0), 1.0)


def _plain(case: Case, weights: Weights) -> Floats:
    """Return the futures weights without the shorts sized on spot."""
    return weights.future + sized_shorts(case, weights.spot, wallet=weights.wallet)


def _with_coins(case: Case, weights: Weights, coins: tuple[Floats, Floats]) -> Weights:
    """Return the weights with other coins, and the shorts sized on them; none changes sides.

    A future moves by as much as its short does, but no further than to the end of the interval
    that it then has: beyond it nothing asks for it.
    """
    spot, wallet = coins
    shorts = sized_shorts(case, spot, wallet=wallet)
    change = shorts - sized_shorts(case, weights.spot, wallet=weights.wallet)
    if not change.any():
        return Weights(spot, weights.future, wallet)
    interval = future_interval(case, spot=spot, wallet=wallet)
    least = np.minimum(interval.low, weights.future)
    most = np.maximum(interval.high, weights.future)
    moved = np.clip(weights.future - change, least, most)
    return Weights(spot, keep_side(case, moved), wallet)


def _copied(result: Destination) -> Destination:
    return replace(result, weights=result.weights.copy())
