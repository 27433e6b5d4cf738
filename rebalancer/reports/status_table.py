"""Where a policy stands, as the tables a person reads."""

from rebalancer.model.regime_path import Evidence
from rebalancer.model.status import Reading, Status, TransitionStatus
from rebalancer.model.truth import Truth
from rebalancer.policy.compiled import Policy, Signal, SourceKind, TransformKind
from rebalancer.reports.figures import clock, duration, percent, plain_figure, signal_figure
from rebalancer.reports.layout import (
    WIDTH,
    Column,
    Line,
    Row,
    Span,
    Table,
    Tone,
    bullets,
    entry,
    table,
    title,
)
from rebalancer.reports.status_document import INITIAL

_TONES = {Truth.TRUE: Tone.GOOD, Truth.FALSE: Tone.PLAIN, Truth.UNKNOWN: Tone.CAREFUL}
_FRACTIONS = {
    TransformKind.CHANGE,
    TransformKind.LOG_CHANGE,
    TransformKind.DRAWDOWN,
    TransformKind.RALLY,
    TransformKind.OVER_MEAN,
    TransformKind.VOLATILITY,
    TransformKind.RANK,
}
_NUMBERS = {
    TransformKind.ZSCORE,
    TransformKind.DAYS_SINCE_LOW,
    TransformKind.DAYS_SINCE_HIGH,
    TransformKind.BETA,
    TransformKind.CORRELATION,
}


def status_lines(policy: Policy, status: Status, *, width: int = WIDTH) -> list[Line]:
    """Return the regime, the signals now, and what each way out of the regime still needs."""
    present = status.regime
    since = f"{present.name} since {clock(present.since_us)} ({present.because or INITIAL})"
    return [
        (Span(f"{policy.name} as of {clock(status.as_of_us)}", Tone.TITLE),),
        (),
        *entry("Regime", since, width=width),
        *entry("Next step", f"{clock(status.next_calendar_us)}, by calendar", width=width),
        *table(_signals(policy, status), width=width),
        *_ways_out(status, width),
    ]


def _signals(policy: Policy, status: Status) -> Table:
    signals = {signal.name: signal for signal in policy.signals}
    columns = (
        Column("signal", is_number=False),
        Column("value"),
        Column("last observation"),
        Column("age"),
        Column("may be"),
    )
    rows = tuple(_reading_row(reading, signals[reading.signal]) for reading in status.signals)
    return Table("Signals", columns, rows)


def _reading_row(reading: Reading, signal: Signal) -> Row:
    observed = "never" if reading.observed_us is None else clock(reading.observed_us)
    cells = (
        reading.signal,
        _value(reading.value, signal),
        observed,
        "" if reading.age_us is None else duration(reading.age_us),
        "" if reading.max_age_us is None else duration(reading.max_age_us),
    )
    note = "stale: it counts as unknown until it is observed again" if reading.is_stale else ""
    return Row(cells, note, Tone.CAREFUL if reading.value is None else Tone.PLAIN)


def _value(value: float | None, signal: Signal) -> str:
    if value is None:
        return "unknown"
    return percent(value) if is_fraction(signal) else plain_figure(value)


def is_fraction(signal: Signal) -> bool:
    """Return whether a signal's number is a share, to be read as a percentage."""
    fraction = signal.source.kind in {SourceKind.FUNDING, SourceKind.BASIS}
    for transform in signal.transforms:
        if transform.kind in _FRACTIONS:
            fraction = True
        elif transform.kind in _NUMBERS:
            fraction = False
    return fraction


def _ways_out(status: Status, width: int) -> list[Line]:
    if not status.transitions:
        return [*title("Ways out of this regime"), (Span("none"),)]
    lines = title("Ways out of this regime, in the order they are tried")
    for number, transition in enumerate(status.transitions, start=1):
        lines.append(_headline(number, transition))
        lines += [
            (Span("   "), *line)
            for line in bullets(map(_evidence, transition.evidence), width=width - 3)
        ]
        if wait := _wait(transition, status.next_calendar_us):
            lines.append((Span(f"   - {wait}", Tone.CAREFUL),))
    return lines


def _wait(transition: TransitionStatus, next_calendar_us: int) -> str:
    """Return the time that a transition waits for beside its conditions; urgent ones do not."""
    if transition.waits_until_us is not None:
        return f"waits until {clock(transition.waits_until_us)}: the regime's min_dwell"
    if transition.truth is Truth.TRUE and not transition.urgent:
        return f"steps at {clock(next_calendar_us)}, by calendar, if that still holds"
    return ""


def _headline(number: int, transition: TransitionStatus) -> Line:
    urgent = ", urgent" if transition.urgent else ""
    return (
        Span(f"{number}. {transition.name} -> {transition.target}{urgent}: "),
        Span(transition.truth.text, _TONES[transition.truth]),
    )


def _evidence(evidence: Evidence) -> str:
    """Return what a condition says now and what it needs."""
    held = f" for {duration(evidence.held_for_us)}" if evidence.held_for_us else ""
    subject = ""
    if evidence.signal is not None:
        subject = f"{evidence.signal} {signal_figure(evidence.value, evidence.condition)}: "
    needs = f"; needs {evidence.needs}" if evidence.needs else ""
    return f"{subject}{evidence.condition} is {evidence.truth.text}{held}{needs}"
