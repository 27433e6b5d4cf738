"""The two kinds of number the oracle counts in: exact fractions, and floats for speed."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any, TypeAlias

Number: TypeAlias = Fraction | float

SUFFIXES = {"%": 100, "bp": 10_000}


class OutOfScopeError(ValueError):
    """The oracle does not know this part of the language yet."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A number constructor and the error its sums may carry."""

    make: Callable[[Any], Number]
    ratio_slack: Number
    """Absolute; a chain of some hundred float additions of numbers near 1 stays far under it."""
    money_slack: Number
    """Relative to NAV, for sums of money."""
    unit_slack: Number
    """In units of the last printed digit, or in steps, for 'is this a whole number'."""

    half_digit: Number
    """Weights and ratios are printed with four decimals; a hair more for their own rounding."""

    def read(self, value: Any) -> Number:
        """Return the number a policy or instrument scalar says: `60%`, `5bp` or `1.5`."""
        text = str(value).strip()
        for suffix, divisor in SUFFIXES.items():
            if text.endswith(suffix):
                return self.make(text.removesuffix(suffix)) / divisor
        return self.make(text)


EXACT = Arithmetic(
    make=lambda value: Fraction(str(value)),
    ratio_slack=Fraction(0),
    money_slack=Fraction(0),
    unit_slack=Fraction(0),
    half_digit=Fraction("0.000050001"),
)
FLOAT = Arithmetic(
    make=float, ratio_slack=1e-9, money_slack=1e-12, unit_slack=1e-4, half_digit=0.000050001
)


def divide(part: Number, whole: Number) -> Number:
    """Return part / whole, infinite where nothing carries something, 0 where there is nothing."""
    if whole > 0:
        return part / whole
    return inf if part != 0 else part


def magnitude(value: Number) -> Number:
    """Return the absolute number; the builtin loses the type of a union."""
    return value if value >= 0 else -value


def show(value: Number) -> str:
    """Return a number for a message."""
    return f"{float(value):.10g}"
