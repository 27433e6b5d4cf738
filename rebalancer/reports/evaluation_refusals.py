"""Why the plans of an evaluation were refused: each guard once, with how often it refused."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rebalancer.model.plan import Plan


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How many plans a guard refused, the time of the first, and what it said of that one."""

    guard: str
    count: int
    first_us: int
    message: str


def count_refusals(plans: Iterable[Plan]) -> tuple[RefusalCount, ...]:
    """Return the guards that refused plans, the most frequent first.

    A guard that names several things in one plan refuses that plan once.
    """
    counts: dict[str, RefusalCount] = {}
    for plan in plans:
        firsts = {each.guard: each for each in reversed(plan.refusals)}
        for guard, refusal in firsts.items():
            known = counts.get(guard, RefusalCount(guard, 0, plan.as_of_us, refusal.message))
            counts[guard] = replace(known, count=known.count + 1)
    return tuple(sorted(counts.values(), key=lambda each: (-each.count, each.first_us, each.guard)))
