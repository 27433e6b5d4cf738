"""Signals: one source each, and transforms that say one thing each."""

from collections.abc import Iterator

from rebalancer.policy.checks.walk import is_written
from rebalancer.policy.compiled import SourceKind, TransformKind
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.present import each, entries
from rebalancer.policy.problem import Problem

CODES = ("one-source", "one-transform", "key-not-for-kind", "missing-key")


def check_sources(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per signal without exactly one source."""
    words = ", ".join(SourceKind)
    for name, signal in entries(document.signals):
        if not signal.sources:
            message, hint = f"the signal `{name}` has no source", f"add one of {words}"
            route, lacks = ("signals", name), tuple(SourceKind)
            yield Problem(route, "one-source", message, hint, on_key=True, lacks=lacks)
        for extra in signal.sources[1:]:
            message = f"the signal `{name}` has two sources, `{signal.sources[0]}` and `{extra}`"
            hint = "make it two signals"
            yield Problem(("signals", name, extra), "one-source", message, hint, on_key=True)


def check_over(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per basis without the spot it is over, and per `over` without a basis."""
    for name, signal in entries(document.signals):
        has_basis, has_over = is_written(signal, "basis"), is_written(signal, "over")
        if has_basis and not has_over:
            spot = f"{signal.basis.base}/{signal.basis.quote}" if signal.basis else "BTC/USDT"
            message, hint = "`over` is missing: a basis is over a spot price", f"add `over: {spot}`"
            yield Problem(("signals", name, "basis"), "missing-key", message, hint, on_key=True)
        if has_over and not has_basis:
            message, hint = "`over` goes with `basis` only", "remove it"
            yield Problem(("signals", name, "over"), "key-not-for-kind", message, hint, on_key=True)


def check_transforms(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per item of `apply` that is not exactly one transform."""
    for name, signal in entries(document.signals):
        for position, transform in each(signal.apply):
            route = ("signals", name, "apply", position)
            if not transform.kinds:
                hint = f"known are {', '.join(TransformKind)}"
                message, lacks = "an item of `apply` is empty", tuple(TransformKind)
                yield Problem(route, "one-transform", message, hint, lacks=lacks)
            for extra in transform.kinds[1:]:
                message = f"`{transform.kinds[0]}` and `{extra}` are in one item of `apply`"
                hint = "give each its own item: the order says which is first"
                yield Problem((*route, extra), "one-transform", message, hint, on_key=True)
