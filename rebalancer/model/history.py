"""All that a policy and a market say before any book is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

from rebalancer.model.regime_path import RegimePath
from rebalancer.model.signal_history import SignalHistory
from rebalancer.model.truth import TruthHistory


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Signals by name, truths by transition name, and the regime path that follows from them."""

    signals: Mapping[str, SignalHistory]
    truths: Mapping[str, TruthHistory]
    path: RegimePath
