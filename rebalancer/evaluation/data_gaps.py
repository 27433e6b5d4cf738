"""Stretches in which something was held and the market says nothing of its funding or its price."""

from collections.abc import Iterator, Sequence

import numpy as np

from rebalancer.evaluation.events import DataGap, Missing
from rebalancer.evaluation.funding_gaps import unfunded_stretches
from rebalancer.evaluation.openings import Openings
from rebalancer.evaluation.price_gaps import unpriced_stretches
from rebalancer.model.decimals import from_float
from rebalancer.model.instrument import InstrumentKind
from rebalancer.model.market import Floats, Market, Times
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout

_DECIMALS = 8
"""Of the coins and contracts that a gap says were held."""


Unknown = tuple[tuple[Missing, int, int], ...]
"""What a market does not say of an instrument: which row is missing, since when and until when."""


def find_unknown(
    market: Market, layout: Layout, *, openings: Openings, until_us: int
) -> tuple[Unknown, ...]:
    """Return by instrument for which stretches up to a time the market does not say something."""
    columns = range(len(layout.instruments))
    return tuple(
        tuple(_unknown(market, layout, openings, column=column, until_us=until_us))
        for column in columns
    )


def find_data_gaps(
    unknown: Sequence[Unknown], layout: Layout, *, time_us: Times, held: Holdings
) -> list[DataGap]:
    """Return the gaps in the funding and the prices of what one account held.

    `unknown` is by instrument, and `held` (bar, column) what it held up to the bar at `time_us`.
    """
    gaps = []
    for column, missing_rows in enumerate(unknown):
        amount = _amount(layout, held, column=column) if missing_rows else np.zeros(0)
        if not amount.any():
            continue
        symbol, stretches = layout.symbols[column], list(_held(time_us, amount))
        for missing, since_us, until_us in missing_rows:
            for held_us, left_us in stretches:
                start_us, end_us = max(since_us, held_us), min(until_us, left_us)
                if start_us < end_us:
                    bar = int(np.searchsorted(time_us, start_us, side="right"))
                    size = from_float(round(float(amount[bar]), _DECIMALS))
                    gaps.append(DataGap(start_us, end_us, symbol, missing, size))
    return gaps


def _unknown(
    market: Market, layout: Layout, openings: Openings, *, column: int, until_us: int
) -> Iterator[tuple[Missing, int, int]]:
    """Yield the stretches up to a time for which the market does not say something."""
    instrument = layout.instruments[column]
    if instrument.kind is InstrumentKind.PERPETUAL:
        funding = market.funding.get(instrument.symbol)
        for stretch in unfunded_stretches(funding, until_us=until_us):
            yield Missing.FUNDING, *stretch
    if instrument.symbol in market.bars:
        bars_us = market.bars[instrument.symbol].time_us
        lengths_us = openings.bar_lengths(instrument.symbol)
        for stretch in unpriced_stretches(bars_us, lengths_us, until_us=until_us):
            yield Missing.PRICE, *stretch


def _amount(layout: Layout, held: Holdings, *, column: int) -> Floats:
    """Return the coins (those of wallets among them) or contracts of an instrument, (bar,).

    Less than a lot of coins is dust, which counts as nothing.
    """
    future = column - layout.spot_count
    if future >= 0:
        return held.size[:, future] / float(layout.instruments[column].contract_size)
    coins = held.spot[:, column].copy()
    for wallet, its_column in enumerate(layout.wallet_coin):
        if its_column == column:
            coins += held.wallet[:, wallet]
    return np.where(np.abs(coins) < layout.lot[column], 0.0, coins)


def _held(time_us: Times, amount: Floats) -> Iterator[tuple[int, int]]:
    """Yield the stretches over which something was held, from bar to bar."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (amount != 0).astype(np.int8), [0]])))
    for first, stop in edges.reshape(-1, 2).tolist():
        yield int(time_us[max(first - 1, 0)]), int(time_us[stop - 1])
