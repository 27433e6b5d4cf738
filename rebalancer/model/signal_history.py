"""A signal's history: its values at its observations, and how long each may be carried."""

from dataclasses import dataclass

import numpy as np

from rebalancer.model.market import Floats, Times
from rebalancer.model.observations import Observations, as_of_rows


@dataclass(frozen=True, slots=True, eq=False)
class SignalHistory:
    """A signal's observations, arrays (row,): NaN is unknown.

    `max_age_us` is how long each value is carried, as rows up to and including it tell; 0 where
    they do not tell yet.
    """

    name: str
    observations: Observations
    value: Floats
    max_age_us: Times

    @property
    def time_us(self) -> Times:
        """Return the observation times."""
        return self.observations.time_us

    @property
    def expiry_us(self) -> Times:
        """Return the first microsecond at which each value is too old to be carried."""
        return self.time_us + self.max_age_us + 1


def values_at(history: SignalHistory, at_us: Times) -> Floats:
    """Return the values carried to each time, NaN where none is known or it is too old."""
    if not len(history.time_us):
        return np.full(len(at_us), np.nan)
    rows = as_of_rows(history.time_us, at_us)
    is_live = (rows >= 0) & (at_us < history.expiry_us[rows])
    return np.where(is_live, history.value[rows], np.nan)
