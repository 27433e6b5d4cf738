"""Transitions that lead nowhere, or that another one always forestalls."""

from collections.abc import Iterator

from rebalancer.errors import Severity
from rebalancer.policy.document import PolicyDocument, TransitionDocument
from rebalancer.policy.present import each
from rebalancer.policy.problem import Problem

CODES = ("own-regime", "duplicate-item", "shadowed-transition")


def check_own_regime(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per transition that enters a regime it leaves."""
    for position, transition in each(document.transitions):
        if transition.to in (transition.from_ or ()):
            message = f"the transition leads from `{transition.to}` to itself"
            hint = "name another regime, or take it out of `from`"
            yield Problem(("transitions", position, "to"), "own-regime", message, hint)


def check_repeated_sources(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per regime that a transition's `from` names twice."""
    for position, transition in each(document.transitions):
        sources = transition.from_ or ()
        for index, name in enumerate(sources):
            if name in sources[:index]:
                route = ("transitions", position, "from", index)
                message, hint = f"`{name}` is already in this list", "remove one of the two"
                yield Problem(route, "duplicate-item", message, hint)


def check_shadowed(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a warning per transition that an earlier one with the same condition forestalls."""
    transitions = list(each(document.transitions))
    for index, (position, later) in enumerate(transitions):
        for _, earlier in transitions[:index]:
            if _forestalls(earlier, later):
                message = f"`{earlier.name}` is tried first and has the same condition"
                hint = "remove one of the two, or narrow the first"
                route = ("transitions", position, "when")
                yield Problem(
                    route, "shadowed-transition", message, hint, severity=Severity.WARNING
                )
                break


def _forestalls(earlier: TransitionDocument, later: TransitionDocument) -> bool:
    """Return whether the earlier transition fires whenever the later one could."""
    return (
        earlier.when is not None
        and earlier.when == later.when
        and set(later.from_ or ()) <= set(earlier.from_ or ())
        and bool(earlier.urgent or not later.urgent)
    )
