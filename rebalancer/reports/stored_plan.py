"""A plan read back from its JSON text, checked against the plan's schema."""

import json
from typing import Any

from rebalancer.errors import Finding, InvalidInput, Place, Severity
from rebalancer.model.instant import parse_instant
from rebalancer.reports.plan_schema import plan_schema

_MOST_SHOWN = 60


def read_plan_document(content: bytes, path: str) -> dict[str, Any]:
    """Return the document of a stored plan; raises InvalidInput with all that is wrong with it."""
    # only this reader needs the library, and a plan's own command must start fast
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(_is_time)
    document = _parse(content, path)
    problems = sorted(
        Draft202012Validator(plan_schema(), format_checker=formats).iter_errors(document),
        key=lambda problem: [str(step) for step in problem.absolute_path],
    )
    if problems:
        # keys that are missing from one record are one finding
        said = dict.fromkeys(
            f"{_route(problem.absolute_path)}: {_said(problem)}" for problem in problems
        )
        raise InvalidInput([_finding(path, "not-a-plan", message) for message in said])
    return document  # type: ignore[no-any-return]  # the schema says that it is an object


def _is_time(value: Any) -> bool:
    """Return True for a time; raises ValueError for a day or an hour that no calendar has."""
    if isinstance(value, str):
        parse_instant(value)
    return True


def _parse(content: bytes, path: str) -> Any:
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise InvalidInput([_finding(path, "not-utf-8", "the file is not UTF-8")]) from None
    except json.JSONDecodeError as error:
        place = Place(path, error.lineno, error.colno)
        message = error.msg[:1].lower() + error.msg[1:]
        raise InvalidInput(
            [Finding(place, Severity.ERROR, "json-syntax", f"this is not JSON: {message}", _HINT)]
        ) from None
    except (RecursionError, ValueError) as error:
        message = f"this is not JSON that can be read: {error}"
        raise InvalidInput([_finding(path, "json-syntax", message)]) from None


_HINT = "store a plan with `rebalancer plan ... --format json -o plan.json`"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"`{name}` is not a number")


def _finding(path: str, code: str, message: str) -> Finding:
    return Finding(Place(path), Severity.ERROR, code, message, _HINT)


def _route(steps: Any) -> str:
    """Return the way to a value, such as `trades[0].side`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return f"`{text.removeprefix('.')}`" if text else "the document"


def _said(problem: Any) -> str:
    """Return what a value should have been, in one short line."""
    words = {
        "required": f"must have {_missing(problem)}",
        "additionalProperties": "has keys that no plan has",
        "enum": f"must be one of {', '.join(map(str, problem.validator_value))}"
        if problem.validator == "enum"
        else "",
        "type": f"must be of type {problem.validator_value}",
        "pattern": "is not written as plans write it",
        "format": "is no time that a calendar has",
    }
    value = json.dumps(problem.instance, ensure_ascii=False)
    shown = value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}..."
    return f"{words.get(problem.validator, 'is not what a plan holds')}, was {shown}"


def _missing(problem: Any) -> str:
    if problem.validator != "required":
        return ""
    absent = [key for key in problem.validator_value if key not in problem.instance]
    return ", ".join(f"`{key}`" for key in absent)
