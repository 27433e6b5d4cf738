"""Stretches in which a perpetual was held and nobody knows what funding it paid."""

from collections.abc import Iterator

import numpy as np

from rebalancer.evaluation.events import FundingGap
from rebalancer.model.instant import HOUR_US
from rebalancer.model.instrument import InstrumentKind
from rebalancer.model.market import Floats, Market, Times, rows_until
from rebalancer.planner.layout import Layout

_LATE = 0.5
"""A row is late once the stretch before its own interval is longer than this share of it."""


def find_funding_gaps(
    market: Market, layout: Layout, *, time_us: Times, size: Floats
) -> list[FundingGap]:
    """Return the gaps in the funding of the perpetuals that were held.

    `size` (bar, future) is what was held up to the bar at `time_us`. Each row answers for its own
    interval before it; what no row answers for is a gap, and a last row is missed after one and a
    half of its intervals.
    """
    gaps = []
    for future in range(layout.future_count):
        instrument = layout.instruments[layout.spot_count + future]
        if instrument.kind is not InstrumentKind.PERPETUAL or not size[:, future].any():
            continue
        unknown = list(_unknown(market, instrument.symbol, until_us=int(time_us[-1])))
        for held_us, left_us in _held(time_us, size[:, future]):
            for since_us, until_us in unknown:
                start_us, end_us = max(since_us, held_us), min(until_us, left_us)
                if start_us < end_us:
                    gaps.append(FundingGap(start_us, end_us, instrument.symbol))
    return gaps


def _unknown(market: Market, symbol: str, *, until_us: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches up to a time for which no funding row answers."""
    funding = market.funding.get(symbol)
    count = 0 if funding is None else rows_until(funding.time_us, until_us)
    if funding is None or not count:
        yield np.iinfo(np.int64).min, until_us
        return
    lengths_us = np.round(funding.interval_hours * HOUR_US).astype(np.int64)
    yield np.iinfo(np.int64).min, int(funding.time_us[0] - lengths_us[0])
    opens_us = funding.time_us[1:count] - lengths_us[1:count]
    missed = opens_us - funding.time_us[: count - 1] > _LATE * lengths_us[1:count]
    for row in np.flatnonzero(missed).tolist():
        yield int(funding.time_us[row]), int(opens_us[row])
    last_us, length_us = int(funding.time_us[count - 1]), int(lengths_us[count - 1])
    if until_us - last_us > (1 + _LATE) * length_us:
        yield last_us, until_us


def _held(time_us: Times, size: Floats) -> Iterator[tuple[int, int]]:
    """Yield the stretches over which a position was held, from bar to bar."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (size != 0).astype(np.int8), [0]])))
    for first, stop in edges.reshape(-1, 2).tolist():
        yield int(time_us[max(first - 1, 0)]), int(time_us[stop - 1])
