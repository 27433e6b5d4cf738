"""What a caller tells the oracle that neither the policy nor the instruments say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Given:
    """Measured or resolved facts: betas, the current contracts of families, the plan's time.

    A family that is not in `families` is resolved from the instruments' expiries and `as_of`.
    """

    betas: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    """The beta of a spot pair to a hedge's contract, by their symbols."""
    families: Mapping[str, str] = field(default_factory=dict)
    """The current contract of each `future: {of: …}`, by what it is of."""
    as_of: str | None = None


NOTHING_GIVEN = Given()
