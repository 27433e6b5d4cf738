"""Signals, conditions and transitions of a document as compiled values."""

from rebalancer.model.decimals import decimal_text
from rebalancer.model.instant import format_duration
from rebalancer.policy.compiled import (
    Comparison,
    Composite,
    Condition,
    Leaf,
    Operand,
    Signal,
    SignalReference,
    Source,
    Timing,
    Transform,
    Transition,
)
from rebalancer.policy.document import TransitionDocument
from rebalancer.policy.present import each, present
from rebalancer.policy.signal_document import (
    AgainstDocument,
    ConditionDocument,
    QuantileDocument,
    SignalDocument,
    TransformDocument,
)
from rebalancer.policy.symbols import Symbol
from rebalancer.policy.values import Written


def compile_signal(name: str, document: SignalDocument) -> Signal:
    """Return a signal whose document has exactly one source."""
    (kind,) = document.sources
    value = getattr(document, kind)
    return Signal(
        name=name,
        source=Source(
            kind=kind,
            name=value.text if isinstance(value, Symbol) else str(value),
            over=document.over.text if document.over else None,
        ),
        transforms=tuple(_transform(one) for _, one in each(document.apply)),
        cadence_us=document.cadence,
        max_age_us=document.max_age,
        range=document.range,
    )


def _transform(document: TransformDocument) -> Transform:
    (kind,) = document.kinds
    value = getattr(document, kind)
    if isinstance(value, QuantileDocument):
        return Transform(kind, present(value.window), q=present(value.q))
    if isinstance(value, AgainstDocument):
        return Transform(kind, present(value.window), to=present(value.to).text)
    return Transform(kind, value)


def compile_transition(document: TransitionDocument) -> Transition:
    """Return a transition."""
    return Transition(
        name=present(document.name),
        sources=present(document.from_),
        target=present(document.to),
        when=compile_condition(present(document.when)),
        urgent=bool(document.urgent),
    )


def compile_condition(document: ConditionDocument) -> Condition:
    """Return a condition: a leaf, or a composite of its parts."""
    timing = _timing(document)
    if document.signal is None:
        (connective,) = document.connectives
        parts = tuple(compile_condition(part) for _, part in document.parts)
        return Composite(connective, parts, timing)
    (comparison,) = document.comparisons
    written = getattr(document, comparison)
    operands = written if isinstance(written, tuple) else (written,)
    return Leaf(
        signal=document.signal,
        comparison=comparison,
        operands=tuple(map(_operand, operands)),
        timing=timing,
        text=_leaf_text(comparison, operands, timing),
    )


def _operand(written: Written | SignalReference) -> Operand:
    return written.value if isinstance(written, Written) else written


def _timing(document: ConditionDocument) -> Timing | None:
    if document.for_ is None:
        return None
    defaults = Timing(document.for_)
    return Timing(
        for_us=document.for_,
        share=document.share or defaults.share,
        coverage=document.coverage or defaults.coverage,
        max_gap=document.max_gap or defaults.max_gap,
    )


def _leaf_text(
    comparison: Comparison,
    operands: tuple[Written | SignalReference, ...],
    timing: Timing | None,
) -> str:
    """Return a comparison in the author's own units, such as `above 10% for 14d`."""
    words = [one.text if isinstance(one, Written) else one.signal for one in operands]
    text = f"{comparison.replace('_', ' ')} {' and '.join(words)}"
    if timing is None:
        return text
    share = "" if timing.share == 1 else f" ({decimal_text(timing.share * 100)}% of the time)"
    return f"{text} for {format_duration(timing.for_us)}{share}"
