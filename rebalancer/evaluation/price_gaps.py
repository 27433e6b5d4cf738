"""Stretches in which an instrument's next bar was due and did not come."""

from collections.abc import Iterator

import numpy as np

from rebalancer.model.market import Times, rows_until

_LATE = 0.5
"""A bar is missed once it is later than this share of the usual spacing."""


def unpriced_stretches(
    bars_us: Times, lengths_us: Times, *, until_us: int
) -> Iterator[tuple[int, int]]:
    """Yield the stretches up to a time from when a bar was due to the bar that came.

    `lengths_us` is the usual spacing as each row knows it. A last row is missed after one and a
    half of its spacings, and what it misses lasts until the end.

    >>> list(unpriced_stretches(np.array([0, 10, 40]), np.full(3, 10), until_us=60))
    [(20, 40), (50, 60)]
    """
    count = rows_until(bars_us, until_us)
    known_us, usual_us = bars_us[:count], lengths_us[:count]
    next_us = np.append(known_us[1:], until_us)
    missed = next_us - known_us > (1 + _LATE) * usual_us
    for row in np.flatnonzero(missed[:count]).tolist():
        yield int(known_us[row] + usual_us[row]), int(next_us[row])
