"""Variants of a policy: every combination of the values that settings ask for.

The tree of the policy's file is changed, never its text, and each variant is checked as a whole:
a value that another variant allows may break a limit in this one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import prod

from rebalancer.errors import Finding, InvalidInput, Severity, UsageError, has_errors
from rebalancer.evaluation.policy_path import find_route, set_value
from rebalancer.evaluation.policy_variant import PolicyVariant, label_values
from rebalancer.evaluation.setting import Setting, parse_setting, write_value
from rebalancer.policy.checks.registry import check_document
from rebalancer.policy.compile import compile_policy
from rebalancer.policy.compiled import Policy
from rebalancer.policy.nodes import MappingNode, Node, Places, Route
from rebalancer.policy.problem import drop_echoes, place_problems
from rebalancer.policy.read import read_policy
from rebalancer.policy.source import read_yaml
from rebalancer.policy.structure import read_document

MOST_VARIANTS = 10_000
"""Each is a policy of its own and a run over all of history; more is a mistyped grid."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """A setting with the way to its value."""

    setting: Setting
    route: Route


def build_variants(
    text: bytes | str, path: str, *, settings: Sequence[str]
) -> tuple[PolicyVariant, ...]:
    """Return the policy of a file's text under every combination of settings `PATH=VALUE,VALUE…`.

    The first setting changes slowest, each in the order of its values; without settings the only
    variant is the policy as written. `path` only names the file in findings.

    Raises UsageError for a setting that cannot be read or leads nowhere, for two that meet, and
    for more than MOST_VARIANTS variants; InvalidInput where the file or a variant has errors. The
    errors of all variants come together, each with the first variant that has it.
    """
    policy, findings = read_policy(text, path)
    tree, _ = read_yaml(text, path)
    if policy is None or tree is None:
        raise InvalidInput(findings)
    axes = _read_axes(tree, settings)
    variants: list[PolicyVariant] = []
    found: dict[Finding, list[str]] = {}
    for values in product(*(axis.setting.values for axis in axes)):
        written = tuple(
            (axis.setting.path, write_value(value))
            for axis, value in zip(axes, values, strict=True)
        )
        changed = _change(tree, axes, values)
        policy, findings = _check(changed, path)
        if policy is not None:
            variants.append(PolicyVariant(written, policy))
            continue
        for finding in filter(_is_error, findings):
            found.setdefault(finding, []).append(label_values(written))
    if found:
        raise InvalidInput(_name_variants(found))
    return tuple(variants)


def _read_axes(tree: MappingNode, settings: Sequence[str]) -> tuple[_Axis, ...]:
    """Return the settings with the ways to their values, of which no two meet."""
    parsed = [parse_setting(text) for text in settings]
    count = prod(len(setting.values) for setting in parsed)
    if count > MOST_VARIANTS:
        raise UsageError(f"the settings make {count:,} variants, more than {MOST_VARIANTS:,}")
    axes = tuple(_Axis(setting, find_route(tree, setting.path)) for setting in parsed)
    for one, other in combinations(axes, 2):
        if one.route == other.route:
            message = f"`{other.setting.path}` is set twice; give all its values at once"
            raise UsageError(message)
        inner, outer = sorted((one, other), key=lambda axis: -len(axis.route))
        if inner.route[: len(outer.route)] == outer.route:
            message = f"`{inner.setting.path}` lies within `{outer.setting.path}`; set one of them"
            raise UsageError(message)
    return axes


def _change(tree: MappingNode, axes: Sequence[_Axis], values: Sequence[Node]) -> MappingNode:
    for axis, value in zip(axes, values, strict=True):
        tree = set_value(tree, axis.route, value=value)
    return tree


def _check(tree: MappingNode, path: str) -> tuple[Policy | None, tuple[Finding, ...]]:
    """Return the policy of a changed tree, None where it has errors, and its findings."""
    document, problems = read_document(tree)
    problems += check_document(document)
    findings = place_problems(drop_echoes(problems), Places(tree, path))
    return (None if has_errors(findings) else compile_policy(document)), findings


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def _name_variants(found: Mapping[Finding, Sequence[str]]) -> tuple[Finding, ...]:
    """Return findings that say which variants have them, in source order."""
    named = (
        replace(finding, message=f"{finding.message}, in the variant {_first(labels)}")
        for finding, labels in found.items()
    )
    return tuple(sorted(named, key=lambda finding: (finding.place, finding.code)))


def _first(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - 1:,} more" if len(labels) > 1 else ""
    return f"`{labels[0]}`{more}"
