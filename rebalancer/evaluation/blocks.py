"""Blocks of history in a new order: which past time each time of a resampled path shows.

Blocks have one length and overlap where they are drawn from: the moving blocks of Künsch, "The
jackknife and the bootstrap for general stationary observations", Annals of Statistics 17 (1989).
The random lengths of Politis & Romano's stationary bootstrap would make a third of the blocks
shorter than half the mean, and a condition that must hold for two weeks would rarely see them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.errors import UsageError
from rebalancer.model.instant import DAY_US, format_duration
from rebalancer.model.market import Bars, Market, Times
from rebalancer.model.observations import as_of_rows, whole_seconds
from rebalancer.signals.cadence import commonest_spacings

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The source of each block: block b holds (start + b · length, start + (b + 1) · length].

    `shift_us` is (block,): a time of block b shows what was at that time plus its shift.
    """

    start_us: int
    length_us: int
    shift_us: Times

    @property
    def starts_us(self) -> Times:
        """Return the time after which each block begins, (block,)."""
        return self.start_us + self.length_us * np.arange(len(self.shift_us), dtype=np.int64)

    def of(self, time_us: Times) -> Rows:
        """Return the block of each time; the first one's for times before it."""
        block = -((self.start_us - time_us) // self.length_us) - 1
        return np.clip(block, 0, len(self.shift_us) - 1).astype(np.intp)

    def sources(self, time_us: Times) -> Times:
        """Return the past time that each time shows; up to the start that is the time itself."""
        shift_us = self.shift_us[self.of(time_us)]
        return np.where(time_us <= self.start_us, time_us, time_us + shift_us)


@dataclass(frozen=True, slots=True)
class BlockStarts:
    """Where the blocks of a history may begin: `offsets` times `step_us` after its start."""

    start_us: int
    span_us: int
    step_us: int
    offsets: range

    @property
    def is_one_path(self) -> bool:
        """Whether every path that is drawn is the same."""
        return len(self.offsets) == 1


def find_block_starts(market: Market, *, block_us: int) -> BlockStarts:
    """Return where blocks may be drawn from: wherever everything is observed for all of a block.

    A block that is as long as the history begins where it does. Raises UsageError for blocks that
    are no whole number of days, or of bars where they are longer, or do not fit what is observed.
    """
    bars = continuous_bars(market)
    if not bars:
        raise UsageError("the market has no prices to draw paths from")
    start_us = min(int(each.time_us[0]) for each in bars)
    step_us = max(_bar_days(each) for each in bars)
    if block_us <= 0 or block_us % step_us:
        length, step = format_duration(block_us), format_duration(step_us)
        hint = "; give bars of a day or less" if step_us > DAY_US else ""
        raise UsageError(f"a block must be a whole number of {step}, was {length}{hint}")
    span_us = max(int(times[-1]) for times in _all_times(market)) - start_us
    if block_us >= span_us:
        return BlockStarts(start_us, span_us, step_us, range(1))
    first_us, last_us = _observed_range(market)
    first = -((start_us - first_us) // step_us)
    last = (last_us - block_us - start_us) // step_us
    if last < first:
        observed = format_duration(max(last_us - first_us, 0))
        raise UsageError(
            f"a block of {format_duration(block_us)} does not fit the {observed} in which every "
            "symbol and series of the market has rows; give a longer history, or a policy that "
            "names fewer of them"
        )
    return BlockStarts(start_us, span_us, step_us, range(first, last + 1))


def draw_blocks(market: Market, *, block_us: int, randomness: np.random.Generator) -> Blocks:
    """Return blocks for all of a market's history, each drawn from where everything is observed.

    A shift is a whole number of days, or of bars where they are longer, so that funding stays at
    its hour. A block that is as long as the history is the history. Raises UsageError as
    `find_block_starts` does.
    """
    starts = find_block_starts(market, block_us=block_us)
    count = max(-(-starts.span_us // block_us), 1)
    drawn = randomness.integers(starts.offsets.start, starts.offsets.stop, size=count)
    shift_us = drawn * starts.step_us - block_us * np.arange(count)
    return Blocks(starts.start_us, block_us, shift_us)


def source_rows(time_us: Times, at_us: Times) -> Rows:
    """Return the last row at or before each time, to the second: venues' stamps have jitter."""
    return as_of_rows(whole_seconds(time_us), whole_seconds(at_us))


def continuous_bars(market: Market) -> list[Bars]:
    """Return the bars of all symbols that do not expire, of those that have rows."""
    return [
        bars
        for symbol, bars in market.bars.items()
        if market.instruments[symbol].expiry_us is None and len(bars.time_us)
    ]


def _bar_days(bars: Bars) -> int:
    """Return the length of bars in whole days, rounded up."""
    spacing_us = int(commonest_spacings(bars.time_us)[-1]) if len(bars.time_us) > 1 else DAY_US
    return max(-(-spacing_us // DAY_US), 1) * DAY_US


def _all_times(market: Market) -> Iterator[Times]:
    yield from (bars.time_us for bars in market.bars.values() if len(bars.time_us))
    yield from (each.time_us for each in market.funding.values() if len(each.time_us))
    yield from (each.time_us for each in market.series.values() if len(each.time_us))


def _observed_range(market: Market) -> tuple[int, int]:
    """Return the first and last time at which every symbol and series is observed.

    A series without a cadence, such as an outlook, holds on for as long as it ever did.
    """
    regular = [bars.time_us for bars in continuous_bars(market)]
    regular += [each.time_us for each in market.funding.values() if len(each.time_us)]
    series = [each.time_us for each in market.series.values() if len(each.time_us)]
    lasts = [int(times[-1]) for times in regular]
    lasts += [int(times[-1] + np.diff(times).max()) for times in series if len(times) > 1]
    return max(int(times[0]) for times in (*regular, *series)), min(lasts)
