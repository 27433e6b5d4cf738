"""Beta: how far an asset's price moved with that of the contract that hedges it."""

from collections.abc import Mapping
from dataclasses import dataclass

from rebalancer.model.instant import format_duration


@dataclass(frozen=True, slots=True)
class HedgedPair:
    """A spot pair, the contract that hedges it, and the window over which they are compared."""

    spot: str
    contract: str
    window_us: int

    @property
    def window(self) -> str:
        """The window as a policy writes it, such as `60d`."""
        return format_duration(self.window_us)

    def __str__(self) -> str:
        return f"beta of {self.spot} to {self.contract} over {self.window}"


@dataclass(frozen=True, slots=True)
class Beta:
    """The beta of a hedged pair and the correlation it rests on, both known.

    A hedge of `value` times the holding leaves 1 - correlation² of its variance, and any other
    size leaves more. INVARIANT: both are finite and -1 ≤ correlation ≤ 1.
    """

    value: float
    correlation: float


Betas = Mapping[HedgedPair, Beta | None]
"""What is known of each pair; None is unknown."""
