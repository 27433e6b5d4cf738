"""Where an instrument or a wallet is left alone: a target with its band or range."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.policy import Span

FLOAT_ERROR = 1e-12
"""Weights under this are rounding error of parts that cancel out."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where an instrument or a wallet is left alone, as weights."""

    low: Number
    target: Number
    high: Number

    def settle(self, present: Number, *, to_target: bool) -> Number:
        """Return where the band rule takes a present weight."""
        if self.low <= present <= self.high:
            return present
        if to_target:
            return self.target
        return self.low if present < self.low else self.high

    def settles(self, present: Number, *, to_target: bool) -> tuple[Number, ...]:
        """Return where the band rule takes a present weight, first in this arithmetic.

        At an edge the plan's floats may round to its other side, which is the second place then.
        """
        base = self.settle(present, to_target=to_target)
        ends = (self.low, self.high)
        if to_target and any(magnitude(present - end) <= FLOAT_ERROR for end in ends):
            return base, self.target if base == present else present
        return (base,)

    def hull(self, *weights: Number) -> "Interval":
        """Return the interval grown to hold some weights."""
        return Interval(min(self.low, *weights), self.target, max(self.high, *weights))


def sum_parts(parts: Sequence[Span], band: Number, zero: Number) -> Interval:
    """Return the interval of some parts: ranges add up, the rest share one band, zero has none."""
    banded = sum((part.target for part in parts if part.banded), zero)
    width = band if magnitude(banded) > FLOAT_ERROR else zero
    low = sum((part.low for part in parts), zero) - width
    high = sum((part.high for part in parts), zero) + width
    return keep_sign(Interval(low, sum((part.target for part in parts), zero), high))


def keep_sign(interval: Interval) -> Interval:
    """Return the interval cut at zero on the far side of its target; none crosses zero."""
    zero = interval.target * 0
    low, high = interval.low, interval.high
    if interval.target > FLOAT_ERROR:
        return Interval(max(zero, low), interval.target, max(zero, high))
    if interval.target < -FLOAT_ERROR:
        return Interval(min(zero, low), interval.target, min(zero, high))
    return Interval(zero, zero, zero) if low < 0 < high else interval
