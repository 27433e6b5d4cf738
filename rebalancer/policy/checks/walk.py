"""Walks over a document: its conditions, its sections, and whether they could be read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rebalancer.policy.capital_document import AmountDocument, FutureDocument, HedgeDocument
from rebalancer.policy.compiled import SignalReference
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.nodes import Route
from rebalancer.policy.present import each, entries
from rebalancer.policy.section import Section
from rebalancer.policy.signal_document import ConditionDocument


@dataclass(frozen=True, slots=True)
class FoundCondition:
    """A condition, the way to it, and whether it or a condition around it has a `for`."""

    route: Route
    document: ConditionDocument
    inside_for: bool


def walk_conditions(document: PolicyDocument) -> Iterator[FoundCondition]:
    """Yield every condition of every transition, the outer ones first."""
    for position, transition in each(document.transitions):
        if transition.when is not None:
            yield from _walk(("transitions", position, "when"), transition.when, inside_for=False)


def _walk(
    route: Route, condition: ConditionDocument, *, inside_for: bool
) -> Iterator[FoundCondition]:
    inside_for = inside_for or is_written(condition, "for_")
    yield FoundCondition(route, condition, inside_for)
    for step, part in condition.parts:
        yield from _walk((*route, *step), part, inside_for=inside_for)


def signal_references(found: FoundCondition) -> Iterator[tuple[Route, str]]:
    """Yield the signals that a leaf names, compared and compared with, and where."""
    if found.document.signal is not None:
        yield (*found.route, "signal"), found.document.signal
    for comparison in found.document.comparisons:
        value = getattr(found.document, comparison)
        for position, operand in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(operand, SignalReference):
                within = (position,) if isinstance(value, tuple) else ()
                yield (*found.route, comparison, *within, "signal"), operand.signal


def walk_contracts(document: PolicyDocument) -> Iterator[tuple[Route, FutureDocument]]:
    """Yield every contract of the assets and then of the sleeves, and the way to it."""
    for name, asset in entries(document.assets):
        if asset.future is not None:
            yield ("assets", name, "future"), asset.future
    for name, sleeve in entries(document.sleeves):
        for asset_name, contract in entries(sleeve.future):
            yield ("sleeves", name, "future", asset_name), contract


def walk_hedges(document: PolicyDocument) -> Iterator[tuple[Route, HedgeDocument]]:
    """Yield every hedge of every regime and the way to it."""
    for name, regime in entries(document.regimes):
        for position, hedge in each(regime.hedges):
            yield ("regimes", name, "hedges", position), hedge


def walk_targets(document: PolicyDocument) -> Iterator[tuple[Route, str, AmountDocument]]:
    """Yield every target of every regime: the way to it, its sleeve and its amount."""
    for name, regime in entries(document.regimes):
        for sleeve, amount in entries(regime.targets):
            yield ("regimes", name, "targets", sleeve), sleeve, amount


def is_written(section: Section, name: str) -> bool:
    """Return whether the file has this key, readable or not."""
    return name in section.model_fields_set


def is_whole(mapping: Mapping[str, Any] | None) -> bool:
    """Return whether every value of a mapping could be read."""
    return mapping is not None and all(value is not None for value in mapping.values())


def names_of(section: Section, name: str) -> frozenset[str] | None:
    """Return the names that a section of the policy defines; None where it could not be read."""
    mapping = getattr(section, name)
    if mapping is None and is_written(section, name):
        return None
    return frozenset(mapping or ())


def is_readable(value: Any) -> bool:
    """Return whether everything that the file writes in this part of it could be read."""
    if isinstance(value, Section):
        return all(is_readable(getattr(value, name)) for name in value.model_fields_set)
    if isinstance(value, dict):
        return all(map(is_readable, value.values()))
    if isinstance(value, list):
        return all(map(is_readable, value))
    return value is not None
