"""When an order fills: the open of the first bar that opens at or after its decision."""

import numpy as np

from rebalancer.model.market import Floats, Market, Times
from rebalancer.signals.cadence import commonest_spacings


class Openings:
    """Looks up bars' openings in one market; the spacings of each symbol are measured once."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._spacings: dict[str, Times] = {}

    def bar_lengths(self, symbol: str) -> Times:
        """Return how long bars are as each row of a symbol knows it: the commonest spacing."""
        if symbol not in self._spacings:
            self._spacings[symbol] = commonest_spacings(self._market.bars[symbol].time_us)
        return self._spacings[symbol]

    def next_openings(self, symbol: str, decided_us: Times) -> tuple[Times, Times, Floats]:
        """Return when the first bar opens at or after each time, its stamp and its open, (time,).

        A bar opens its length before its stamp; the length is the commonest spacing in the rows
        stamped by the decision, or in the first two where there are fewer. A price is NaN where no
        bar opens.
        """
        bars, never = self._market.bars.get(symbol), np.zeros(len(decided_us), dtype=np.int64)
        if bars is None or len(bars.time_us) < 2:  # noqa: PLR2004  -- a spacing has two ends
            return never, never, np.full(len(decided_us), np.nan)
        lengths_us = self.bar_lengths(symbol)
        known = np.searchsorted(bars.time_us, decided_us, side="right")
        length_us = lengths_us[np.maximum(known, 2) - 1]
        rows = np.searchsorted(bars.time_us, decided_us + length_us, side="left")
        opens = rows < len(bars.time_us)
        rows = np.where(opens, rows, 0)
        stamp_us = bars.time_us[rows]
        return stamp_us - length_us, stamp_us, np.where(opens, bars.open[rows], np.nan)
