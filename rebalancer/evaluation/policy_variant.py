"""A policy of a grid, with the values that make it another one."""

from collections.abc import Sequence
from dataclasses import dataclass

from rebalancer.policy.compiled import Policy


@dataclass(frozen=True, slots=True)
class PolicyVariant:
    """A policy with the values it was given, as (path, value) texts in the order of the settings.

    INVARIANT: no two variants of a grid have the same label.
    """

    values: tuple[tuple[str, str], ...]
    policy: Policy

    @property
    def label(self) -> str:
        """Return the settings that lead to this variant, on one line."""
        return label_values(self.values)


def label_values(values: Sequence[tuple[str, str]]) -> str:
    """Return (path, value) texts on one line."""
    return ", ".join(f"{path}={value}" for path, value in values) or "as written"
