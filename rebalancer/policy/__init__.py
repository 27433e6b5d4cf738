"""The policy language: YAML text becomes a checked policy, or findings."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rebalancer.policy.read import read_policy

__all__ = ["read_policy"]


def __getattr__(name: str) -> Any:
    """Import the reader with its libraries when it is asked for: most of the package needs none."""
    if name == "read_policy":
        from rebalancer.policy.read import read_policy  # noqa: PLC0415  -- late on purpose

        return read_policy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
