"""Reads the plain tree of a policy as a document; what cannot be read becomes problems.

A value that cannot be read is set aside and the rest is read again without it, so one run finds
the mistakes of form and, from what is left, those of meaning.
"""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.hints import MOST_HINTS, did_you_mean
from rebalancer.policy.nodes import MappingNode, Route, to_plain
from rebalancer.policy.problem import Problem
from rebalancer.policy.reading import shape_of
from rebalancer.policy.section import Section

CODES = ("missing-key", "unknown-key")


def read_document(tree: MappingNode) -> tuple[PolicyDocument, tuple[Problem, ...]]:
    """Return the document of a file's tree, without what the problems say cannot be read."""
    plain = to_plain(tree)
    try:
        return PolicyDocument.model_validate(plain), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = tuple(
        _problem(detail, _written_route(plain, detail["loc"]), has_hint=position < MOST_HINTS)
        for position, detail in enumerate(details)
    )
    for detail in details:
        route = _written_route(plain, detail["loc"])
        _set_aside(plain, route, is_unknown=detail["type"] == "extra_forbidden")
    return PolicyDocument.model_validate(plain), problems


def _written_route(plain: Any, route: Route) -> Route:
    """Return the part of a route that the file has: a short form hides the last key."""
    for depth, step in enumerate(route):
        if isinstance(plain, dict) and isinstance(step, str):
            plain = plain.get(step)
        elif isinstance(plain, list) and isinstance(step, int):
            plain = plain[step]
        else:
            return route[:depth]
    return route


def _set_aside(plain: Any, route: Route, *, is_unknown: bool) -> None:
    """Put None where a value cannot be read, and drop a key that nothing reads."""
    *holders, last = route
    for step in holders:
        plain = plain[step]
    if is_unknown:
        del plain[last]
    else:
        plain[last] = None


def _problem(detail: ErrorDetails, route: Route, *, has_hint: bool) -> Problem:
    found = shape_of(detail["input"])
    name = _last_key(route)
    match detail["type"]:
        case "missing":
            return _missing_key(route[:-1], name)
        case "extra_forbidden":
            hint = did_you_mean(name, _fields_at(route[:-1])) if has_hint else ""
            return Problem(route, "unknown-key", f"unknown key `{name}`", hint, on_key=True)
        case "list_type":
            hint = "write `[...]`, or lines that start with `-`"
            return Problem(route, "wrong-shape", f"`{name}` takes a list, found {found}", hint)
        case "dict_type" | "model_type":
            hint = "write `key: value` lines under it, or `{key: value}`"
            return Problem(route, "wrong-shape", f"`{name}` takes a mapping, found {found}", hint)
        case code:
            message, hint = detail["ctx"]["message"], detail["ctx"]["hint"]
            message = message if message.startswith("`") else f"`{name}` {message}"
            return Problem(route, code, message, hint)


def _missing_key(holder: Route, key: str) -> Problem:
    field = _fields_at(holder)[key]
    name = _last_key(holder)
    message = f"`{key}` is missing in `{name}`" if name else f"`{key}` is missing"
    hint = f"add it, such as `{key}: {field.examples[0]}`" if field.examples else ""
    return Problem(holder, "missing-key", message, hint, on_key=True, lacks=(key,))


def _last_key(route: Route) -> str:
    return next((step for step in reversed(route) if isinstance(step, str)), "")


def _fields_at(route: Route) -> dict[str, FieldInfo]:
    """Return the keys that the mapping at the end of a route may have."""
    annotation: Any = PolicyDocument
    for step in route:
        section = _section(annotation)
        if section is None:
            annotation = _item(annotation)
        else:
            annotation = _fields(section)[str(step)].annotation
    found = _section(annotation)
    return _fields(found) if found else {}


def _fields(section: type[Section]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _section(annotation: Any) -> type[Section] | None:
    """Return the section that an annotation such as `Annotated[Section, ...] | None` is of."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    if get_origin(annotation) in {Annotated, Union, UnionType}:
        return _section(get_args(annotation)[0])
    return None


def _item(annotation: Any) -> Any:
    """Return what the items of an annotation such as `dict[str, Section] | None` are."""
    origin = get_origin(annotation)
    if origin in {list, dict}:
        return get_args(annotation)[-1]
    return _item(get_args(annotation)[0])
