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
    by_condition: dict[str, list[TransitionDocument]] = {}
    for position, later in each(document.transitions):
        same = by_condition.setdefault(repr(later.when), [])
        earlier = next((one for one in same if _forestalls(one, later)), None)
        if earlier is None:
            same.append(later)
            continue
        message = f"`{earlier.name}` is tried first and has the same condition"
        hint = "remove one of the two, or narrow the first"
        route, warning = ("transitions", position, "when"), Severity.WARNING
        yield Problem(route, "shadowed-transition", message, hint, severity=warning)


def _forestalls(earlier: TransitionDocument, later: TransitionDocument) -> bool:
    """Return whether of two with one condition the earlier fires whenever the later could."""
    return (
        earlier.when is not None
        and set(later.from_ or ()) <= set(earlier.from_ or ())
        and bool(earlier.urgent or not later.urgent)
    )
