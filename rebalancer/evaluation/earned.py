"""Sums of money over a run, kept apart for what came since each account's last decision.

INVARIANT: what a decision brought is added up from zero, and then to what came before it. So a sum
is the same to the bit whether decisions pass one after the other or side by side.
"""

from dataclasses import dataclass

import numpy as np

from rebalancer.model.market import Floats
from rebalancer.model.observations import Booleans


@dataclass(slots=True, eq=False)
class Earned:
    """What accounts earned, (batch, part): up to their last decision, and `since`."""

    before: Floats
    since: Floats

    @property
    def total(self) -> Floats:
        """All that accounts earned, (batch, part)."""
        return self.before + self.since

    def close(self, rows: Booleans) -> None:
        """Begin anew for the accounts (batch,) that decide."""
        chosen = rows[:, None]
        self.before = np.where(chosen, self.total, self.before)
        self.since = np.where(chosen, 0.0, self.since)

    def add_decisions(self, since: Floats) -> Floats:
        """Add what decisions of the only account earned one by one, (decision, part).

        Returns what it had earned before each of them, and after the last, (decision + 1, part).
        """
        self.close(np.ones(1, dtype=bool))
        sums = np.cumsum(np.concatenate([self.before, since]), axis=0)
        self.before = sums[-1:]
        return sums


def nothing_earned(batch: int, parts: int) -> Earned:
    """Return what accounts earned that have just begun."""
    return Earned(np.zeros((batch, parts)), np.zeros((batch, parts)))
