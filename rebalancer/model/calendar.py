"""The rebalancing calendar: times at an offset after whole multiples from Monday 1970-01-05."""

import numpy as np

from rebalancer.model.instant import MONDAY_EPOCH_US
from rebalancer.model.market import Times


def calendar_times(every_us: int, offset_us: int, *, start_us: int, until_us: int) -> Times:
    """Return the calendar times within [start_us, until_us], in microseconds, rising.

    >>> calendar_times(10, 3, start_us=MONDAY_EPOCH_US, until_us=MONDAY_EPOCH_US + 13).tolist()
    [345600000003, 345600000013]
    """
    first_us = next_calendar_time(every_us, offset_us, after_us=start_us - 1)
    return np.arange(first_us, until_us + 1, every_us, dtype=np.int64)


def next_calendar_time(every_us: int, offset_us: int, *, after_us: int) -> int:
    """Return the first calendar time strictly after a time, in microseconds.

    >>> next_calendar_time(10, 3, after_us=MONDAY_EPOCH_US + 3) - MONDAY_EPOCH_US
    13
    """
    since_us = after_us - MONDAY_EPOCH_US - offset_us
    return MONDAY_EPOCH_US + offset_us + (since_us // every_us + 1) * every_us
