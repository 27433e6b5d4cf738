"""Conditions: a leaf compares one signal once, a composite joins in one way."""

from collections.abc import Iterator

from rebalancer.policy.checks.walk import (
    FoundCondition,
    is_written,
    signal_references,
    walk_conditions,
)
from rebalancer.policy.compiled import Comparison, Connective, SourceKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.problem import Problem
from rebalancer.policy.values import Written

CODES = (
    "condition-form",
    "empty-condition",
    "for-missing",
    "bounds-out-of-order",
    "portfolio-inside-for",
)

_TIMING_KEYS = ("share", "coverage", "max_gap")


def check_condition_forms(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per condition that is neither one comparison nor one way of joining."""
    for found in walk_conditions(document):
        yield from _form_problems(found)


def _form_problems(found: FoundCondition) -> Iterator[Problem]:
    condition, route = found.document, found.route
    comparisons, connectives = condition.comparisons, condition.connectives
    is_leaf = is_written(condition, "signal") or bool(comparisons)
    if is_leaf and connectives:
        message = f"a comparison and `{connectives[0]}` are in one condition"
        hint = f"move the comparison into `{connectives[0]}`"
        yield Problem((*route, connectives[0]), "condition-form", message, hint, on_key=True)
    elif is_leaf and not is_written(condition, "signal"):
        message, hint = f"`{comparisons[0]}` compares no signal", "add `signal: NAME`"
        yield Problem(route, "condition-form", message, hint, lacks=("signal",))
    elif is_leaf and not comparisons:
        message, hint = "the signal is not compared", f"add one of {', '.join(Comparison)}"
        yield Problem(route, "condition-form", message, hint, lacks=tuple(Comparison))
    elif not is_leaf and not connectives:
        hint = f"write `signal` with a comparison, or one of {', '.join(Connective)}"
        message, lacks = "the condition says nothing", ("signal", *Connective)
        yield Problem(route, "condition-form", message, hint, lacks=lacks)
    for extra in (*comparisons[1:], *connectives[1:]):
        first = comparisons[0] if extra in comparisons else connectives[0]
        message = f"`{first}` and `{extra}` are in one condition"
        hint = "join two conditions with `all` or `any`"
        yield Problem((*route, extra), "condition-form", message, hint, on_key=True)


def check_empty_joins(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per `all` or `any` of nothing."""
    for found in walk_conditions(document):
        for name, items in (("all", found.document.all), ("any", found.document.any)):
            if items == []:
                message, hint = f"`{name}` joins no condition", "list at least one"
                yield Problem((*found.route, name), "empty-condition", message, hint, on_key=True)


def check_timing(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per `share`, `coverage` or `max_gap` of a condition without `for`."""
    for found in walk_conditions(document):
        for key in _TIMING_KEYS:
            if is_written(found.document, key) and not is_written(found.document, "for_"):
                message, hint = (
                    f"`{key}` says nothing without `for`",
                    "add `for`, such as `for: 3d`",
                )
                yield Problem((*found.route, key), "for-missing", message, hint, on_key=True)


def check_between(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per `between` or `outside` whose first number is above its second."""
    for found in walk_conditions(document):
        for comparison in (Comparison.BETWEEN, Comparison.OUTSIDE):
            match getattr(found.document, comparison):
                case (Written() as low, Written() as high) if low.value > high.value:
                    message = f"`{comparison}` has its low {low.text} above its high {high.text}"
                    hint = "write the lower number first"
                    route = (*found.route, comparison)
                    yield Problem(route, "bounds-out-of-order", message, hint)


def check_portfolio_inside_for(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per number of the portfolio whose past a condition asks for."""
    signals = document.signals or {}
    for found in walk_conditions(document):
        for route, name in signal_references(found):
            signal = signals.get(name)
            if found.inside_for and signal and SourceKind.PORTFOLIO in signal.sources:
                message = f"`{name}` reads the portfolio, which has no history for `for`"
                hint = "compare it without `for`"
                yield Problem(route, "portfolio-inside-for", message, hint)
