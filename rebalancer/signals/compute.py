"""Every signal of a policy, computed from the rows of a market."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from rebalancer.model.market import Floats, Market, Series, Times
from rebalancer.model.observations import UNBOUNDED_US, Observations
from rebalancer.model.signal_history import SignalHistory
from rebalancer.policy.compiled import Signal, Source
from rebalancer.signals.sources import read_closes, read_source
from rebalancer.signals.transforms import apply_transform

MAX_AGE_CADENCES = 3
"""How many cadences a value is carried where the policy does not say."""


def compute_signals(market: Market, signals: Iterable[Signal]) -> dict[str, SignalHistory]:
    """Return the history of each signal by name, in the order given.

    A value at t depends on rows stamped ≤ t alone: cutting the market at t changes no bit of it.
    """
    sources: dict[Source, tuple[Observations, Floats]] = {}
    histories = {}
    for signal in signals:
        if signal.source not in sources:
            sources[signal.source] = read_source(market, signal.source)
        histories[signal.name] = _compute_signal(market, signal, *sources[signal.source])
    return histories


def _compute_signal(
    market: Market, signal: Signal, observations: Observations, value: Floats
) -> SignalHistory:
    """Return a signal's history from its source's observations."""
    if signal.cadence_us is not None:
        declared = np.full(len(observations.time_us), signal.cadence_us, dtype=np.int64)
        observations = replace(observations, cadence_us=declared)
    max_age_us = _max_ages(signal, observations)
    observations = _own_before_cadence(observations)
    for transform in signal.transforms:
        other: Series | None = None
        if transform.to is not None:
            other = read_closes(market, transform.to)
        value = apply_transform(transform, observations, value=value, other=other)
    return SignalHistory(signal.name, observations, value, max_age_us)


def _max_ages(signal: Signal, observations: Observations) -> Times:
    """Return how long each value is carried: as declared, else three cadences.

    A funding row that answers for longer than the cadence is carried for three of its own
    intervals: a venue that slows from 2 h to 8 h must not look stale for months.
    """
    if signal.max_age_us is not None:
        return np.full(len(observations.time_us), signal.max_age_us, dtype=np.int64)
    own_us = observations.own_interval_us
    own_us = np.where(own_us >= UNBOUNDED_US, 0, own_us)
    cadence_us = np.where(observations.cadence_us >= UNBOUNDED_US, 0, observations.cadence_us)
    return MAX_AGE_CADENCES * np.maximum(own_us, cadence_us)


def _own_before_cadence(observations: Observations) -> Observations:
    """Return the observations with no cadence where rows state their own intervals.

    A funding row covers its own interval whatever the cadence is.
    """
    states_own = observations.own_interval_us < UNBOUNDED_US
    cadence_us = np.where(states_own, UNBOUNDED_US, observations.cadence_us)
    return replace(observations, cadence_us=cadence_us)
