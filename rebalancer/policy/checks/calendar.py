"""The calendar: `on` fits into `every`."""

from collections.abc import Iterator

from rebalancer.model.instant import DAY_US, WEEK_US, format_duration
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.problem import Problem

CODES = ("calendar-mismatch",)

_ROUTE = ("rebalance", "on")


def check_calendar(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem where `on` names a weekday without weeks, or a time past the step's end."""
    rebalance = document.rebalance
    if rebalance is None or rebalance.every is None or rebalance.on is None:
        return
    every, on = rebalance.every, rebalance.on
    if on.weekday is None and every % WEEK_US == 0:
        message, hint = "a calendar of weeks needs a weekday", "write `on: monday 00:00`, say"
        yield Problem(_ROUTE, "calendar-mismatch", message, hint)
    elif on.weekday is not None and every % WEEK_US:
        message = f"a weekday does not fit a calendar of {format_duration(every)} steps"
        hint = "write a time alone, or `every` in weeks"
        yield Problem(_ROUTE, "calendar-mismatch", message, hint)
    elif on.weekday is None and on.after_midnight_us >= every and every < DAY_US:
        message = f"`on` must be before the step of {format_duration(every)} ends"
        hint = f"times repeat every {format_duration(every)}: name the first after midnight"
        yield Problem(_ROUTE, "calendar-mismatch", message, hint)
