"""How far a plan says that it shrank what it asks for: the legs by a factor, or the whole move."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import Number, divide
from tests.oracle.context import Context
from tests.oracle.places import Place

LEGS = re.compile(r"basis spot legs are shrunk to ([\d.]+)\s?%")
MOVE = re.compile(r"whole move is shrunk to ([\d.]+)\s?%")
HALF_DIGIT = "0.00005"
"""Factors are printed as percentages with two decimals."""


@dataclass(frozen=True, slots=True)
class Shrink:
    """What the warnings of a plan say."""

    legs: Number | None
    """The least factor that can print as the one of futures and basis spot legs."""
    is_move_cut: bool
    """The turnover limit keeps the plan between the present book and the asked one."""


def read_shrink(ctx: Context, plan: Mapping[str, Any]) -> Shrink:
    """Return what a plan says about its factors."""
    said = " ".join(str(text) for text in plan.get("warnings") or ())
    found = LEGS.search(said)
    factor = None
    if found is not None:
        make = ctx.arithmetic.make
        factor = max(ctx.zero, make(found.group(1)) / 100 - make(HALF_DIGIT))
    return Shrink(factor, MOVE.search(said) is not None)


def shrunk_weights(place: Place, *, part: Number, shrink: Shrink) -> tuple[Number, ...]:
    """Return how far a shrink takes the basis legs out of a place: its base, target or low end.

    Coins that go into a wallet first leave the spot anywhere in its interval.
    `part` is what basis sleeves ask for of the target; they have the same share of what is held.
    """
    if shrink.legs is None:
        return ()
    target = place.interval.target
    share = divide(part, target) if target > 0 else part * 0
    kept = 1 - share * (1 - shrink.legs)
    return (place.base * kept, target * kept, place.interval.low * kept)
