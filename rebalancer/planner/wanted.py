"""A regime's parts as arrays: target weights and the intervals around them that are left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.target_parts import Part, RegimeTargets, SizedShort
from rebalancer.planner.exposure import take_rows
from rebalancer.planner.layout import Layout

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Target weights with their no-trade interval, each (batch or 1, column).

    INVARIANT: low ≤ target ≤ high, on one side of zero; a zero target has no band, only a range.
    """

    target: Floats
    low: Floats
    high: Floats

    def take(self, rows: Rows) -> "Interval":
        """Return the intervals of these rows; what all rows share stays as it is."""
        return Interval(*(take_rows(getattr(self, end), rows) for end in Interval.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What regimes want of each column, each array (batch or 1, …).

    `future` holds the plain parts only; besides them each future is short `sized[:, f, s]` coins
    for every coin of spot column s, of which `basis[:, f, s]` are one leg of a basis pair, and
    `on_wallet[:, f, w]` coins for every coin of the equity of wallet w. A hedge's own range leaves
    alone what lies from `least[:, f, s]` to `most[:, f, s]`; elsewhere both are `sized`.
    `basis_share` (batch or 1, spot) and `wallet_share` (batch or 1, wallet) are the sums of `basis`
    and `on_wallet` over the futures.
    INVARIANT: all rows size shorts on the same places, and all have ranges around them or none has.
    """

    spot: Interval
    future: Interval
    wallet: Interval
    sized: Floats
    least: Floats
    most: Floats
    basis: Floats
    on_wallet: Floats
    basis_share: Floats
    wallet_share: Floats

    def take(self, rows: Rows) -> "Wanted":
        """Return what is wanted of these rows; what all rows share stays as it is."""
        return Wanted(
            spot=self.spot.take(rows),
            future=self.future.take(rows),
            wallet=self.wallet.take(rows),
            **{name: take_rows(getattr(self, name), rows) for name in SIZING},
        )


INTERVALS = ("spot", "future", "wallet")
SIZING = tuple(name for name in Wanted.__slots__ if name not in INTERVALS)


def stack_wanted(listed: Sequence[Wanted]) -> Wanted:
    """Return what several regimes want as one batch; raises ValueError where columns differ."""
    return Wanted(
        spot=_stack_intervals([each.spot for each in listed]),
        future=_stack_intervals([each.future for each in listed]),
        wallet=_stack_intervals([each.wallet for each in listed]),
        **{name: np.concatenate([getattr(each, name) for each in listed]) for name in SIZING},
    )


def _stack_intervals(listed: Sequence[Interval]) -> Interval:
    ends = ([getattr(each, end) for each in listed] for end in Interval.__slots__)
    return Interval(*map(np.concatenate, ends))


def build_wanted(targets: RegimeTargets, layout: Layout, *, band: float) -> Wanted:
    """Return the arrays of a regime's parts, (1, column), with `band` around parts without range.

    Sized shorts are shared pro rata to the sleeves' targets, so a short follows whatever spot is
    held: coefficients are coins of future per coin of spot, (future, spot).
    """
    held = _HeldCoins(targets, layout)
    shape = (1, layout.future_count, layout.spot_count)
    sized, least, most, basis = (np.zeros(shape) for _ in range(4))
    on_wallet = np.zeros((1, layout.future_count, len(layout.wallets)))
    for short in targets.shorts:
        future = layout.symbols.index(short.future) - layout.spot_count
        share = held.share(short)
        if short.wallet is not None and not layout.unified:
            on_wallet[0, future, layout.wallets.index(short.wallet)] += float(short.ratio * share)
            continue
        place = 0, future, layout.symbols.index(short.spot)
        ratios = (
            short.ratio,
            short.ratio if short.low is None else short.low,
            short.ratio if short.high is None else short.high,
        )
        for array, ratio in zip((sized, least, most), ratios, strict=True):
            array[place] += float(ratio * share)
        basis[place] += float(short.ratio * share) * short.is_basis
    futures = layout.symbols[layout.spot_count :]
    return Wanted(
        spot=_interval(held.spot, layout.symbols[: layout.spot_count], band),
        future=_interval(targets.futures, futures, band),
        wallet=_interval(targets.margin, layout.wallets, band),
        sized=sized,
        least=least,
        most=most,
        basis=basis,
        on_wallet=on_wallet,
        basis_share=basis[0].sum(axis=0)[None],
        wallet_share=on_wallet[0].sum(axis=0)[None],
    )


class _HeldCoins:
    """The coins that a regime's parts hold by place; a unified account has one place for each.

    `spot` are the parts of spot columns, a pooled coin's margin among them.
    """

    def __init__(self, targets: RegimeTargets, layout: Layout) -> None:
        pairs = {one.base: one.symbol for one in layout.instruments[: layout.spot_count]}
        pooled = [
            replace(part, name=pairs[part.name]) for part in targets.margin if part.name in pairs
        ]
        self._unified = layout.unified
        self.spot = (*targets.spot, *pooled) if layout.unified else targets.spot
        self._margin = targets.margin

    def share(self, short: SizedShort) -> Fraction:
        """Return which share of the coins in its place a short is sized on."""
        in_wallet = short.wallet is not None and not self._unified
        name = str(short.wallet) if in_wallet else short.spot
        parts = [part for part in (self._margin if in_wallet else self.spot) if part.name == name]
        total = sum((part.weight for part in parts), Fraction(0))
        own = sum((part.weight for part in parts if part.source == short.source), Fraction(0))
        return own / total if total else Fraction(0)


def _interval(parts: Iterable[Part], names: Iterable[str], band: float) -> Interval:
    rows = [_one_interval([part for part in parts if part.name == name], band) for name in names]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Interval(*(columns[:, index][None, :] for index in range(3)))


def _one_interval(parts: list[Part], band: float) -> tuple[float, float, float]:
    """Return target, low and high of one column: ranges add up, other parts share one band.

    Parts without a range that ask for nothing, or that cancel out, have no band.
    """
    whole = sum(part.weight for part in parts)
    target = low = high = float(whole)
    if any(part.low is not None or part.high is not None for part in parts):
        low = float(sum(part.weight if part.low is None else part.low for part in parts))
        high = float(sum(part.weight if part.high is None else part.high for part in parts))
        whole = sum(part.weight for part in parts if part.low is None)
    if whole:
        low, high = low - band, high + band
    if target == 0 and low < 0 < high:
        return 0.0, 0.0, 0.0
    return target, max(low, 0.0) if target > 0 else low, min(high, 0.0) if target < 0 else high
