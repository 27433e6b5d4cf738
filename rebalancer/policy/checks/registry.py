"""Every check of a policy document, one line per family."""

from collections.abc import Callable, Iterator

from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.problem import Problem

Check = Callable[[PolicyDocument], Iterator[Problem]]
CHECKS: tuple[Check, ...] = ()


def check_document(document: PolicyDocument) -> tuple[Problem, ...]:
    """Return every problem of meaning, in no particular order."""
    return tuple(problem for check in CHECKS for problem in check(document))
