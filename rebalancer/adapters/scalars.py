"""The single values of instruments and portfolio files, each with its JSON Schema."""

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.shapes import BadValueError, Scalar, Schema
from rebalancer.model.instant import parse_instant
from rebalancer.policy import values
from rebalancer.policy.hints import did_you_mean

_DIGITS = r"(0|[1-9][0-9]*)([.][0-9]+)?"
_EXPONENT = r"([eE][+-]?[0-9]{1,2})?"
# a longer exponent is a number too, of a size that nothing has
_NUMBER = re.compile(rf"-?{_DIGITS}([eE][+-]?[0-9]{{1,4}})?")
_NAIVE_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d+)?)?")
_SMALLEST, _LARGEST = Decimal("1e-24"), Decimal("1e24")


def parse_number(text: str) -> Decimal:
    """Return the exact decimal of a plain number.

    >>> parse_number("1e-05"), parse_number("-0.210")
    (Decimal('0.00001'), Decimal('-0.210'))
    """
    if not _NUMBER.fullmatch(text):
        hint = "write a plain decimal such as 1250.5"
        raise BadValueError(InputCode.NOT_A_NUMBER, f"must be a number, was `{text}`", hint)
    number = Decimal(text)
    if number and not _SMALLEST <= abs(number) <= _LARGEST:
        message = f"must be between 1e-24 and 1e24 in size, was `{text}`"
        raise BadValueError(InputCode.OUT_OF_RANGE, message)
    return Decimal(format(number, "f")) if number else Decimal(0)


def parse_positive(text: str) -> Decimal:
    """Return a number above 0."""
    number = parse_number(text)
    if number <= 0:
        raise BadValueError(InputCode.OUT_OF_RANGE, f"must be above 0, was `{text}`")
    return number


def parse_non_negative(text: str) -> Decimal:
    """Return a number that is 0 or more."""
    number = parse_number(text)
    if number < 0:
        raise BadValueError(InputCode.OUT_OF_RANGE, f"must not be negative, was `{text}`")
    return number


def parse_non_zero(text: str) -> Decimal:
    """Return a number other than 0."""
    number = parse_number(text)
    if not number:
        raise BadValueError(InputCode.OUT_OF_RANGE, "must not be 0", "leave the entry out")
    return number


def parse_fraction(text: str) -> Decimal:
    """Return a fraction of `0.1%`, `5bp` or `0.001`, above -100% and under 100%.

    >>> parse_fraction("0.1%"), parse_fraction("5bp")
    (Decimal('0.001'), Decimal('0.0005'))
    """
    try:
        fraction = values.parse_number(text).value
    except ValueError as error:
        hint = "write a percentage such as 0.1%"
        message = f"must be a percentage, was `{text}`"
        raise BadValueError(InputCode.NOT_A_NUMBER, message, hint) from error
    if abs(fraction) >= 1:
        message = f"must be above -100% and under 100%, was `{text}`"
        hint = "" if text.endswith(("%", "bp")) else "did you forget the `%`?"
        raise BadValueError(InputCode.OUT_OF_RANGE, message, hint)
    return fraction


def parse_share(text: str) -> Decimal:
    """Return a fraction that is not negative."""
    fraction = parse_fraction(text)
    if fraction < 0:
        raise BadValueError(InputCode.OUT_OF_RANGE, f"must not be negative, was `{text}`")
    return fraction


def parse_time(text: str) -> int:
    """Return the microseconds since 1970 UTC of a date or of a time with a zone."""
    try:
        return parse_instant(text)
    except ValueError as error:
        if _NAIVE_TIME.fullmatch(text):
            hint = "add the zone, such as Z for UTC"
            raise BadValueError(InputCode.NAIVE_TIME, f"has no zone: `{text}`", hint) from error
        hint = "write times as 2023-12-31T00:00:00Z; a bare date is midnight UTC"
        message = f"must be a time, was `{text}`"
        raise BadValueError(InputCode.NOT_A_TIME, message, hint) from error


def parse_instant_text(text: str) -> str:
    """Return the text itself where it is a date or a time with a zone."""
    parse_time(text)
    return text


def one_of(choices: type[StrEnum]) -> Scalar:
    """Return the shape of a value out of a closed set."""

    def parse(text: str) -> StrEnum:
        try:
            return choices(text)
        except ValueError as error:
            known = [choice.value for choice in choices]
            hint = did_you_mean(text, known)
            message = f"must be {_listed(known)}, was `{text}`"
            raise BadValueError(InputCode.NOT_A_CHOICE, message, hint) from error

    return Scalar(parse, {"enum": [choice.value for choice in choices]})


def _listed(words: Iterable[str]) -> str:
    *first, last = (f"`{word}`" for word in words)
    return f"{', '.join(first)} or {last}"


def _number_schema(pattern: str, **bounds: float) -> Schema:
    """Return the schema of a number that may be written as text."""
    return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": f"^{pattern}$"}]}


_NOT_ZERO = r"(?=[^eE]*[1-9])"
_TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$"
_TIME_SCHEMA = {"type": "string", "pattern": _TIME_PATTERN}

NUMBER = Scalar(parse_number, _number_schema(f"-?{_DIGITS}{_EXPONENT}"))
POSITIVE = Scalar(
    parse_positive, _number_schema(_NOT_ZERO + _DIGITS + _EXPONENT, exclusiveMinimum=0)
)
NON_NEGATIVE = Scalar(parse_non_negative, _number_schema(_DIGITS + _EXPONENT, minimum=0))
NON_ZERO = Scalar(
    parse_non_zero,
    {**_number_schema(f"-?{_NOT_ZERO}{_DIGITS}{_EXPONENT}"), "not": {"const": 0}},
)
FRACTION = Scalar(
    parse_fraction, _number_schema(values.NUMBER_PATTERN, exclusiveMinimum=-1, exclusiveMaximum=1)
)
SHARE = Scalar(
    parse_share, _number_schema(f"(?!-){values.NUMBER_PATTERN}", minimum=0, exclusiveMaximum=1)
)
TIME = Scalar(parse_time, _TIME_SCHEMA)
TIME_TEXT = Scalar(parse_instant_text, _TIME_SCHEMA)
NAME = Scalar(str, {"type": "string", "minLength": 1})
