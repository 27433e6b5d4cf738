"""What shrank a plan, and what the plan says of it: limits, lots taken off, missing cash."""

import numpy as np
from numpy.typing import NDArray

from rebalancer.planner.quantities import Quantities

Floats = NDArray[np.float64]

NOT_SHRUNK = (1.0, 1.0, 0.0, 1.0)
"""The shares of a plan that nothing shrank."""

_WHOLE = 0.99995
"""A share of a move that is printed as all of it."""


def shrunk_shares(quantities: Quantities) -> Floats:
    """Return what is left of each book's plan, (batch, 4): a column for each note, in order.

    The factor on futures and basis spot legs, the share of the whole move, 1 where lots were taken
    off, and the share of spot buys.
    """
    destination = quantities.destination
    return np.stack(
        [destination.factor, destination.moved, quantities.trimmed, destination.buys], axis=1
    )


def describe_shrinking(shares: Floats) -> tuple[str, ...]:
    """Say by which factors limits or missing cash shrank one book's plan, (4,)."""
    factor, moved, trimmed, buys = shares.tolist()
    notes = []
    if factor < 1:
        notes.append(
            f"futures and basis spot legs are shrunk to {factor:.2%} "
            "of what they would be: no smaller move meets every limit"
        )
    if moved < _WHOLE:
        notes.append(
            f"the whole move is shrunk to {moved:.2%}: the turnover limit has no room for more"
        )
    if trimmed:
        notes.append("whole lots are taken off the plan to keep every limit")
    if buys < _WHOLE:
        notes.append(f"spot buys are shrunk to {buys:.2%}: cash for costs is missing")
    return tuple(notes)
