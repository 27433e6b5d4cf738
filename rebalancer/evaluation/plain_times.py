"""The times at which a plan is nothing but its quantities, whatever the book.

Everything that the policy values has a price that is fresh and within the collar, and no signal is
stale. At any other time the plan says more than quantities: it may refuse, warn or only reduce.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from rebalancer.model.market import Bars, Market, Times
from rebalancer.model.observations import Booleans, as_of_rows
from rebalancer.model.signal_history import SignalHistory
from rebalancer.planner.layout import Layout, column_symbols, policy_symbols
from rebalancer.policy.compiled import Policy, Unmanaged

_NEARLY = 1e-9
"""A change this near to the collar is left to the exact comparison."""


@dataclass(frozen=True, slots=True, eq=False)
class PlainTimes:
    """Of some times, (time,): which are plain, and which columns have a price, (time, column)."""

    is_plain: Booleans
    priced: Booleans


def keeps_its_columns(policy: Policy, layout: Layout) -> bool:
    """Return whether a policy has each column of a run at all times, and sells nothing else."""
    known = {one.symbol: one for one in layout.instruments}
    columns = set(column_symbols(policy, known))
    return (
        not policy.rolls
        and policy.unmanaged is not Unmanaged.SELL
        and columns.issuperset(layout.symbols)
        and all(one.expiry_us is None for one in layout.instruments)
    )


def find_plain_times(
    policy: Policy,
    market: Market,
    *,
    layout: Layout,
    signals: Iterable[SignalHistory],
    times: Times,
) -> PlainTimes:
    """Return which times are plain for a policy that keeps its columns."""
    is_plain = np.ones(len(times), dtype=bool)
    for bars in _valued(policy, market, layout):
        rows = as_of_rows(bars.time_us, times)
        is_plain &= (rows < 0) | (times - bars.time_us[rows] <= policy.max_age_us)
        if policy.price_collar is not None:
            is_plain &= _within_collar(bars, rows, collar=float(policy.price_collar))
    for signal in signals:
        is_plain &= ~_is_stale(signal, times)
    priced = np.zeros((len(times), len(layout.symbols)), dtype=bool)
    for column, symbol in enumerate(layout.symbols):
        if symbol in market.bars:
            priced[:, column] = as_of_rows(market.bars[symbol].time_us, times) >= 0
    return PlainTimes(is_plain, priced)


def _valued(policy: Policy, market: Market, layout: Layout) -> Iterator[Bars]:
    """Yield the bars of the policy's symbols and of the pairs that its coins are valued by."""
    pairs = (f"{asset}/{policy.quote}" for asset in layout.assets)
    for symbol in dict.fromkeys((*policy_symbols(policy), *pairs)):
        if symbol in market.bars and len(market.bars[symbol].time_us):
            yield market.bars[symbol]


def _within_collar(bars: Bars, rows: Times, *, collar: float) -> Booleans:
    """Return where the close is safely within the collar around the one before it."""
    change = np.abs(bars.close[rows] / bars.close[np.maximum(rows - 1, 0)] - 1)
    return np.asarray((rows < 1) | (change <= collar - _NEARLY))


def _is_stale(signal: SignalHistory, times: Times) -> Booleans:
    """Return where a signal's last observation is older than its `max_age` allows."""
    if not len(signal.time_us):
        return np.zeros(len(times), dtype=bool)
    rows = as_of_rows(signal.time_us, times)
    most_us = signal.max_age_us[rows]
    return np.asarray((rows >= 0) & (most_us != 0) & (times - signal.time_us[rows] > most_us))
