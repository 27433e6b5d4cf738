"""How often each transition of a policy would have fired over a market's history."""

from collections.abc import Sequence
from dataclasses import dataclass

from rebalancer.errors import Place
from rebalancer.model.instant import format_instant
from rebalancer.reports.figures import counted, short_percent
from rebalancer.reports.layout import Column, Line, Row, Table, table


@dataclass(frozen=True, slots=True)
class Firings:
    """How often a transition fired, and on how many calendar times its condition was what.

    `place` is where the policy writes it; times are in microseconds. `true` and `unknown` are
    shares of the calendar times, whatever the regime was then.
    """

    place: Place
    transition: str
    fired_us: tuple[int, ...]
    start_us: int
    until_us: int
    true: float
    unknown: float

    @property
    def count(self) -> int:
        """Return how often the transition fired."""
        return len(self.fired_us)

    @property
    def message(self) -> str:
        """Return the count, the last time and the condition's shares in one line."""
        last = f", last on {_date(self.fired_us[-1])}" if self.fired_us else ""
        return (
            f"`{self.transition}` fires {counted(self.count, 'time')} from "
            f"{_date(self.start_us)} to {_date(self.until_us)}{last}; its condition is true at "
            f"{short_percent(self.true)} of the calendar times, unknown at "
            f"{short_percent(self.unknown)}"
        )


def firings_lines(firings: Sequence[Firings], *, width: int) -> list[Line]:
    """Return the counts as one table for each policy, in the policies' order."""
    by_policy: dict[str, list[Firings]] = {}
    for each in firings:
        by_policy.setdefault(each.place.path, []).append(each)
    return [
        line for counts in by_policy.values() for line in table(firings_table(counts), width=width)
    ]


def firings_table(firings: Sequence[Firings]) -> Table:
    """Return the counts of one policy, at least one, as a table."""
    first = firings[0]
    span = f"{_date(first.start_us)} to {_date(first.until_us)}"
    columns = (
        Column("transition", is_number=False),
        Column("fired"),
        Column("first"),
        Column("last"),
        Column("true"),
        Column("unknown at calendar times"),
    )
    rows = tuple(
        Row(
            (
                each.transition,
                f"{each.count:,}",
                *([_date(each.fired_us[0]), _date(each.fired_us[-1])] if each.count else ["", ""]),
                short_percent(each.true),
                short_percent(each.unknown),
            )
        )
        for each in firings
    )
    return Table(f"{first.place.path} from {span}", columns, rows)


def _date(time_us: int) -> str:
    return format_instant(time_us)[:10]
