"""Reads the plain text of one value for the document, or says with a code why it cannot."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from rebalancer.model.decimals import decimal_text
from rebalancer.policy.hints import did_you_mean
from rebalancer.policy.symbols import Symbol, parse_symbol
from rebalancer.policy.values import Written, parse_number, percent_text

CODES = (
    "wrong-shape",
    "not-a-number",
    "out-of-range",
    "bounds-out-of-order",
    "not-a-duration",
    "not-a-calendar-time",
    "not-a-boolean",
    "not-a-choice",
    "not-a-name",
    "not-a-symbol",
    "wrong-version",
)

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


def refuse(code: str, message: str, *, hint: str = "") -> PydanticCustomError:
    """Return the error that becomes a finding with this code, message and hint."""
    parts = {"message": message, "hint": hint}
    return PydanticCustomError(code, "{message}", parts)


def shape_of(value: Any) -> str:
    """Return what a person calls a value of the plain tree."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return f"`{value}`" if value else "nothing"


def reader(parse: Callable[[str], T], *, code: str, expected: str) -> Callable[[Any], T]:
    """Return a validator that reads one text; `code` is the finding's where `parse` refuses."""

    def read(value: Any) -> T:
        if not isinstance(value, str) or not value:
            raise refuse("wrong-shape", f"takes {expected}, found {shape_of(value)}")
        try:
            return parse(value)
        except ValueError as error:
            raise refuse(code, str(error)) from None

    return read


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers that a key takes; `above` is left out itself, `low` and `high` are not."""

    low: Decimal | None = None
    high: Decimal | None = None
    above: Decimal | None = None
    is_fraction: bool = False

    def refuses(self, value: Decimal) -> bool:
        """Return whether a number lies outside."""
        return (
            (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
            or (self.above is not None and value <= self.above)
        )

    def __str__(self) -> str:
        """Return the bounds as a person says them."""
        show = self.show
        if self.above is not None:
            return f"more than {show(self.above)}" + (
                f" and at most {show(self.high)}" if self.high is not None else ""
            )
        if self.low is not None and self.high is not None:
            return f"within {show(self.low)} and {show(self.high)}"
        return f"at least {show(self.low)}" if self.low is not None else "a number"

    def show(self, value: Decimal) -> str:
        """Return a number with its unit."""
        return percent_text(value) if self.is_fraction else decimal_text(value)


def number(
    bounds: Bounds, parse: Callable[[str], Written] = parse_number
) -> Callable[[Any], Decimal]:
    """Return a validator for one number within bounds."""
    read = reader(parse, code="not-a-number", expected="a number")

    def read_bounded(value: Any) -> Decimal:
        written = read(value)
        if bounds.refuses(written.value):
            as_percent = written.value / 100
            is_forgotten = bounds.is_fraction and not bounds.refuses(as_percent)
            hint = (
                f"did you mean `{written.text}%`?"
                if is_forgotten and written.text.isdigit()
                else ""
            )
            message = f"must be {bounds}, was {bounds.show(written.value)}"
            raise refuse("out-of-range", message, hint=hint)
        return written.value

    return read_bounded


def pair(read: Callable[[Any], T]) -> Callable[[Any], tuple[T, T]]:
    """Return a validator for a list of two values, `[low, high]`."""

    def read_pair(value: Any) -> tuple[T, T]:
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  -- a pair is two
            found = f"a list of {len(value)}" if isinstance(value, list) else shape_of(value)
            raise refuse("wrong-shape", f"takes two values `[low, high]`, found {found}")
        return read(value[0]), read(value[1])

    return read_pair


def interval(bounds: Bounds) -> Callable[[Any], tuple[Decimal, Decimal]]:
    """Return a validator for two numbers within bounds, the lower one first."""
    read = pair(number(bounds))

    def read_interval(value: Any) -> tuple[Decimal, Decimal]:
        low, high = read(value)
        if low > high:
            message = f"has its low {bounds.show(low)} above its high {bounds.show(high)}"
            raise refuse("bounds-out-of-order", message, hint="write the lower number first")
        return low, high

    return read_interval


def choice(kind: type[Choice]) -> Callable[[Any], Choice]:
    """Return a validator for one word of a closed set."""
    words = [str(member) for member in kind]

    def read(value: Any) -> Choice:
        word = reader(str, code="not-a-choice", expected=f"one of {', '.join(words)}")(value)
        if word not in words:
            message = f"`{word}` is not one of {', '.join(words)}"
            raise refuse("not-a-choice", message, hint=did_you_mean(word, words))
        return kind(word)

    return read


def symbol(*, is_future: bool | None) -> Callable[[Any], Symbol]:
    """Return a validator for a symbol: of a contract, of a spot pair, or of either (None)."""
    read = reader(parse_symbol, code="not-a-symbol", expected="a symbol")

    def read_symbol(value: Any) -> Symbol:
        found = read(value)
        if is_future is False and found.is_future:
            message = f"`{found.text}` is a contract, not a spot pair"
            raise refuse(
                "not-a-symbol", message, hint=f"a spot pair is written `{found.base}/{found.quote}`"
            )
        if is_future and not found.is_future:
            message = f"`{found.text}` is a spot pair, not a contract"
            hint = f"a contract is written `{found.text}:{found.quote}`"
            raise refuse("not-a-symbol", message, hint=hint)
        return found

    return read_symbol
