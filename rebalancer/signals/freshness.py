"""What each signal says at a time, which are older than they may be, and which were never seen."""

import math
from collections.abc import Iterable

import numpy as np

from rebalancer.model.history import History
from rebalancer.model.market import rows_until
from rebalancer.model.observations import as_of_rows
from rebalancer.model.signal_history import SignalHistory
from rebalancer.model.status import Reading
from rebalancer.policy.compiled import Policy, SourceKind


def read_signal(history: SignalHistory, as_of_us: int) -> Reading:
    """Return a signal as of a time, from rows stamped at or before it."""
    row = int(as_of_rows(history.time_us, np.array([as_of_us]))[0])
    if row < 0:
        return Reading(history.name, None)
    observed_us, max_age_us = int(history.time_us[row]), int(history.max_age_us[row])
    age_us, value = as_of_us - observed_us, float(history.value[row])
    is_known = age_us <= max_age_us and not np.isnan(value)
    return Reading(
        history.name, value if is_known else None, observed_us, age_us, max_age_us or None
    )


def find_stale_signals(histories: Iterable[SignalHistory], as_of_us: int) -> tuple[Reading, ...]:
    """Return the signals whose last observation is older than their `max_age` allows."""
    readings = (read_signal(history, as_of_us) for history in histories)
    return tuple(reading for reading in readings if reading.is_stale)


def first_seen_us(policy: Policy, history: History) -> float:
    """Return from when on every signal of a policy has been observed; infinite for never."""
    stamps = (history.signals[each.name].time_us for each in policy.signals)
    return max((float(time_us[0]) if len(time_us) else math.inf for time_us in stamps), default=0)


def describe_unseen(policy: Policy, history: History, *, as_of_us: int) -> tuple[str, ...]:
    """Return in words which signals were never observed: no transition that needs one can fire."""
    return tuple(
        f"signal `{each.name}` reads the portfolio's {each.source.name} over time, which one "
        "portfolio file does not hold: what depends on it is unknown"
        if each.source.kind is SourceKind.PORTFOLIO
        else f"signal `{each.name}` has no observation yet: what depends on it is unknown"
        for each in policy.signals
        if not rows_until(history.signals[each.name].time_us, as_of_us)
    )
