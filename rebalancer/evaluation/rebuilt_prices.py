"""Prices of a resampled path: bars of drawn blocks, joined where one block meets the next.

All symbols of a coin are scaled by one factor, which chains the returns of the coin's reference
symbol. So bars keep their shape, and a perpetual keeps the basis that it had at the drawn time:
chaining each symbol's own returns would let the basis wander off a little at every join.
"""

from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.blocks import Blocks, source_rows
from rebalancer.model.instrument import STABLE_COINS, Instrument
from rebalancer.model.market import Bars, Floats, Market, Times
from rebalancer.model.observations import Booleans

Coin = tuple[str, str]
"""What is priced, and in what; stable coins are one."""


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """What a path multiplies the prices of one coin with, `factor` (block,).

    `reference` is the symbol whose returns are chained. Up to the close of its first bar,
    `anchor_us`, the path is history itself.
    """

    reference: str
    anchor_us: int
    factor: Floats
    blocks: Blocks

    def shift_us(self, time_us: Times) -> Times:
        """Return how far from each time its source lies."""
        return np.where(self.is_history(time_us), 0, self.blocks.shift_us[self.blocks.of(time_us)])

    def factors(self, time_us: Times) -> Floats:
        """Return the factor of each time."""
        return np.where(self.is_history(time_us), 1.0, self.factor[self.blocks.of(time_us)])

    def is_history(self, time_us: Times) -> Booleans:
        """Return which times come no later than the first bar."""
        return time_us <= self.anchor_us


def coin_of(instrument: Instrument) -> Coin:
    """Return whose price an instrument's is, up to its basis."""
    quote = "USD" if instrument.quote in STABLE_COINS else instrument.quote
    return instrument.base, quote


def chain_scales(market: Market, blocks: Blocks) -> dict[Coin, Scale]:
    """Return the scale of each coin whose price is observed without end.

    The reference is the symbol that starts first, of several the spot pair.
    """
    references: dict[Coin, tuple[int, bool, str]] = {}
    for symbol, bars in market.bars.items():
        instrument = market.instruments[symbol]
        if instrument.expiry_us is not None or not len(bars.time_us):
            continue
        rank = (int(bars.time_us[0]), instrument.is_future, symbol)
        coin = coin_of(instrument)
        references[coin] = min(rank, references.get(coin, rank))
    return {
        coin: Scale(symbol, anchor_us, _chain(market.bars[symbol], blocks), blocks)
        for coin, (anchor_us, _, symbol) in references.items()
    }


def _chain(reference: Bars, blocks: Blocks) -> Floats:
    """Return the factor of each block, so that the reference's close goes on at every join."""
    anchor_us = int(reference.time_us[0])
    join_us = np.maximum(blocks.starts_us, anchor_us)
    before = _closes(reference, join_us[1:] + blocks.shift_us[:-1])
    after = _closes(reference, join_us[1:] + blocks.shift_us[1:])
    first = _closes(reference, join_us[:1]) / _closes(reference, join_us[:1] + blocks.shift_us[:1])
    return np.cumprod(np.concatenate([first, before / after]))


def _closes(bars: Bars, at_us: Times) -> Floats:
    return bars.close[source_rows(bars.time_us, at_us)]


def rebuild_bars(bars: Bars, scale: Scale) -> Bars:
    """Return bars at the same times with the prices of a path.

    A bar spans what was traded since the bar before, at its source: it has no range where nothing
    was, and the range of several bars where the source had more of them.
    """
    time_us, blocks = bars.time_us, scale.blocks
    opened_us = np.concatenate([time_us[:1] - 1, time_us[:-1]])
    begun_us = blocks.starts_us[blocks.of(time_us)]
    opened_us = np.where(scale.is_history(time_us), opened_us, np.maximum(opened_us, begun_us))
    shift_us, factor = scale.shift_us(time_us), scale.factors(time_us)
    last = source_rows(time_us, time_us + shift_us)
    first = source_rows(time_us, opened_us + shift_us) + 1
    first[:1] = last[:1]
    opening, high, low = bars.open[np.minimum(first, last)], bars.high[last], bars.low[last]
    for row in np.flatnonzero(first < last):
        spanned = slice(first[row], last[row] + 1)
        high[row], low[row] = bars.high[spanned].max(), bars.low[spanned].min()
    close, is_quiet = bars.close[last], first > last
    opening, high, low = (np.where(is_quiet, close, price) for price in (opening, high, low))
    return Bars(time_us, opening * factor, high * factor, low * factor, close * factor)
