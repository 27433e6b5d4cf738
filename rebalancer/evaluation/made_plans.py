"""The plans of a run: those whose orders were known without them are made when they are read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from rebalancer.model.plan import Plan, PlanStatus

Make = Callable[[], Plan]


@dataclass(frozen=True, slots=True)
class PlanNotice:
    """What is known of a plan without making it."""

    as_of_us: int
    status: PlanStatus
    warnings: tuple[str, ...] = ()


class MadePlans(Sequence[Plan]):
    """Plans in order of time, each made at most once; their notices are known before.

    INVARIANT: a plan is a value of its policy, market, time and book, so when it is made does not
    matter.
    """

    def __init__(self) -> None:
        self._plans: list[Plan | Make] = []
        self._notices: list[PlanNotice] = []

    def add(self, plan: Plan) -> None:
        """Append a plan."""
        self._plans.append(plan)
        self._notices.append(_notice(plan))

    def add_later(self, make: Make, notice: PlanNotice) -> None:
        """Append a plan that is made when it is read, with what is known of it before."""
        self._plans.append(make)
        self._notices.append(notice)

    @property
    def notices(self) -> tuple[PlanNotice, ...]:
        """Return what is known of every plan."""
        return tuple(self._notices)

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


def notices_of(plans: Sequence[Plan]) -> tuple[PlanNotice, ...]:
    """Return the time, status and warnings of every plan; none is made for it."""
    return plans.notices if isinstance(plans, MadePlans) else tuple(map(_notice, plans))


def statuses_of(plans: Sequence[Plan]) -> tuple[PlanStatus, ...]:
    """Return the status of every plan; none is made for it."""
    return tuple(each.status for each in notices_of(plans))


def plans_with(plans: Sequence[Plan], *statuses: PlanStatus) -> Iterator[Plan]:
    """Yield the plans of some statuses; no other one is made for it."""
    for place, status in enumerate(statuses_of(plans)):
        if status in statuses:
            yield plans[place]


def _notice(plan: Plan) -> PlanNotice:
    return PlanNotice(plan.as_of_us, plan.status, plan.warnings)
