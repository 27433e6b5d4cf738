"""What would trade next: the instrument or wallet that is closest to the end of its interval."""

from rebalancer.model.plan import InstrumentLine, Plan, PlanStatus
from rebalancer.reports.figures import percent

_POINTS = 100


def describe_outlook(plan: Plan) -> list[str]:
    """Return what a plan that trades nothing waits for; nothing for any other plan."""
    if plan.status is not PlanStatus.HOLD:
        return []
    line = nearest_line(plan.instruments)
    if line is None and any(each.low < each.high for each in plan.instruments):
        return ["each instrument with a band is outside it, by less than can be traded"]
    if line is None:
        return ["no instrument has a band to leave"]
    name = line.symbol or f"the {line.wallet} wallet"
    edge = nearest_edge(line)
    end = "lower" if edge == line.low else "upper"
    points = abs(edge - line.before) * _POINTS
    room = f"{percent(line.before)} is {points:.2f} points from the {end} end of its interval"
    return [f"{name} would trade next: {room}, {percent(edge)}"]


def nearest_line(lines: tuple[InstrumentLine, ...]) -> InstrumentLine | None:
    """Return the line closest to an end of the interval that it is in.

    A line without any width has no ends to reach, one outside is a residual of the plan.
    """
    banded = [
        line for line in lines if line.low < line.high and line.low <= line.before <= line.high
    ]
    return min(banded, key=lambda line: abs(nearest_edge(line) - line.before), default=None)


def nearest_edge(line: InstrumentLine) -> float:
    """Return the end of the interval that a weight is closest to."""
    return min((line.low, line.high), key=lambda edge: abs(edge - line.before))
