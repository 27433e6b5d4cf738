"""A problem of a policy before it has a place: the way to it, a code, a message and a hint."""

from collections.abc import Sequence
from dataclasses import dataclass

from rebalancer.errors import Finding, Severity
from rebalancer.policy.nodes import Places, Route


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at the end of a route; `on_key` points at the key, not at its value.

    `lacks` are the keys of which one is missing there: a misspelt one is not reported twice.
    """

    route: Route
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    on_key: bool = False
    lacks: tuple[str, ...] = ()


def drop_echoes(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems without keys that are missing only because they are misspelt."""
    hints: dict[Route, list[str]] = {}
    for problem in problems:
        if problem.code == "unknown-key":
            hints.setdefault(problem.route[:-1], []).append(problem.hint)
    return tuple(
        problem
        for problem in problems
        if not any(
            f"`{key}`" in hint for key in problem.lacks for hint in hints.get(problem.route, ())
        )
    )


def place_problems(problems: Sequence[Problem], places: Places) -> tuple[Finding, ...]:
    """Return the problems as findings of the file, in no particular order."""
    return tuple(
        Finding(
            place=(places.of_key if problem.on_key else places.of_value)(problem.route),
            severity=problem.severity,
            code=problem.code,
            message=problem.message,
            hint=problem.hint,
        )
        for problem in problems
    )
