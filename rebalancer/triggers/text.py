"""Conditions as a person reads them."""

from rebalancer.model.decimals import decimal_text
from rebalancer.model.instant import format_duration
from rebalancer.policy.compiled import (
    Condition,
    Connective,
    Leaf,
    Operand,
    SignalReference,
    Timing,
)

_JOINERS = {Connective.ALL: " and ", Connective.ANY: " or "}


def condition_text(condition: Condition) -> str:
    """Return a condition in one line, such as `(a above 10% and b below 0%) for 3d`."""
    if isinstance(condition, Leaf):
        return f"{condition.signal} {leaf_text(condition)}"
    parts = [condition_text(part) for part in condition.parts]
    if condition.connective is Connective.NOT:
        text = f"not ({parts[0]})"
    else:
        text = _JOINERS[condition.connective].join(_enclosed(condition.parts, parts))
    return f"({text}) {timing_text(condition.timing)}" if condition.timing else text


def leaf_text(leaf: Leaf) -> str:
    """Return a leaf without its signal, as its author wrote it: `above 10% for 14d`."""
    if leaf.text:
        return leaf.text
    timing = f" {timing_text(leaf.timing)}" if leaf.timing else ""
    return f"{comparison_text(leaf)}{timing}"


def comparison_text(leaf: Leaf) -> str:
    """Return a leaf without its signal and timing: `above 10%`."""
    if leaf.text:
        return leaf.text.partition(" for ")[0]
    operands = " and ".join(_operand_text(operand) for operand in leaf.operands)
    return f"{leaf.comparison.replace('_', ' ')} {operands}"


def timing_text(timing: Timing) -> str:
    """Return a timing as `for 14d`, with its share where that is not all."""
    share = "" if timing.share == 1 else f" ({decimal_text(timing.share * 100)}% of the time)"
    return f"for {format_duration(timing.for_us)}{share}"


def _operand_text(operand: Operand) -> str:
    """Return a threshold: a number, or the name of the signal it is."""
    return operand.signal if isinstance(operand, SignalReference) else decimal_text(operand)


def _enclosed(conditions: tuple[Condition, ...], texts: list[str]) -> list[str]:
    """Return the texts, in brackets where a composite without timing would read ambiguously."""
    return [
        text
        if isinstance(part, Leaf) or part.timing or part.connective is Connective.NOT
        else f"({text})"
        for part, text in zip(conditions, texts, strict=True)
    ]
