"""The plans of a run: those whose orders were known without them are made when they are read."""

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from rebalancer.model.plan import Plan, PlanStatus

Make = Callable[[], Plan]


class MadePlans(Sequence[Plan]):
    """Plans in order of time, each made at most once; their statuses are known before.

    INVARIANT: a plan is a value of its policy, market, time and book, so when it is made does not
    matter.
    """

    def __init__(self) -> None:
        self._plans: list[Plan | Make] = []
        self._statuses: list[PlanStatus] = []

    def add(self, plan: Plan) -> None:
        """Append a plan."""
        self._plans.append(plan)
        self._statuses.append(plan.status)

    def add_later(self, make: Make, status: PlanStatus) -> None:
        """Append a plan that is made when it is read, with the status that it will have."""
        self._plans.append(make)
        self._statuses.append(status)

    @property
    def statuses(self) -> tuple[PlanStatus, ...]:
        """Return the status of every plan."""
        return tuple(self._statuses)

    def __len__(self) -> int:
        return len(self._plans)

    @overload
    def __getitem__(self, place: int) -> Plan: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Plan, ...]: ...
    def __getitem__(self, place: int | slice) -> Plan | tuple[Plan, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        found = self._plans[place]
        if isinstance(found, Plan):
            return found
        made = self._plans[place] = found()
        return made

    def __iter__(self) -> Iterator[Plan]:
        return (self[place] for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def statuses_of(plans: Sequence[Plan]) -> tuple[PlanStatus, ...]:
    """Return the status of every plan."""
    return plans.statuses if isinstance(plans, MadePlans) else tuple(each.status for each in plans)


def plans_with(plans: Sequence[Plan], *statuses: PlanStatus) -> Iterator[Plan]:
    """Yield the plans of some statuses; no other one is made for it."""
    for place, status in enumerate(statuses_of(plans)):
        if status in statuses:
            yield plans[place]
