"""What the plans of an evaluation warned of: each thing once, with how often it was said."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rebalancer.evaluation.made_plans import PlanNotice

_NUMBER = re.compile(r"`[^`]*`|(?<!\S)[-+(]*\d[^\s/A-SU-Y]*(?!\S)")
"""What stands in backticks, a name, or a word that is a number with its unit, a time or an age."""


@dataclass(frozen=True, slots=True)
class WarningCount:
    """How many plans warned of something, the time of the first, and what that one said."""

    count: int
    first_us: int
    message: str


def count_warnings(notices: Iterable[PlanNotice]) -> tuple[WarningCount, ...]:
    """Return what plans warned of, the most frequent first.

    Warnings that differ in nothing but their numbers are one, and count once for each plan.
    """
    counts: dict[str, WarningCount] = {}
    for notice in notices:
        firsts = {_without_numbers(each): each for each in reversed(notice.warnings)}
        for key, message in firsts.items():
            known = counts.get(key, WarningCount(0, notice.as_of_us, message))
            counts[key] = replace(known, count=known.count + 1)
    return tuple(sorted(counts.values(), key=lambda each: (-each.count, each.first_us)))


def _without_numbers(warning: str) -> str:
    return _NUMBER.sub(lambda found: found[0] if found[0].startswith("`") else "#", warning)
