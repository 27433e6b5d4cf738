"""Stretches for which nobody knows what funding a perpetual paid."""

from collections.abc import Iterator

import numpy as np

from rebalancer.model.instant import HOUR_US
from rebalancer.model.market import FundingHistory, rows_until

_LATE = 0.5
"""A row is late once the stretch before its own interval is longer than this share of it."""


def unfunded_stretches(
    funding: FundingHistory | None, *, until_us: int
) -> Iterator[tuple[int, int]]:
    """Yield the stretches up to a time for which no funding row answers.

    Each row answers for its own interval before it, and a last row is missed after one and a half
    of its intervals.
    """
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
