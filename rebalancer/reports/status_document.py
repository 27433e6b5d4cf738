"""Where a policy stands, as JSON data."""

from rebalancer.model.instant import format_duration, format_instant
from rebalancer.model.regime_path import Evidence
from rebalancer.model.status import Reading, Status, TransitionStatus
from rebalancer.policy.compiled import Policy
from rebalancer.reports.figures import signal_number
from rebalancer.reports.plan_document import Document, evidence_document

INITIAL = "the initial regime"


def status_document(policy: Policy, status: Status) -> Document:
    """Return a status with the keys of a plan where they mean the same."""
    present = status.regime
    evidence = present.step.evidence if present.step else ()
    return {
        "as_of": format_instant(status.as_of_us),
        "policy": {"name": policy.name},
        "regime": {
            "name": present.name,
            "since": format_instant(present.since_us),
            "because": present.because or INITIAL,
            "next_calendar": format_instant(status.next_calendar_us),
            "evidence": [evidence_document(each) for each in evidence],
        },
        "signals": [_signal(reading) for reading in status.signals],
        "transitions": [_transition(transition) for transition in status.transitions],
    }


def _signal(reading: Reading) -> Document:
    return {
        "signal": reading.signal,
        "value": None if reading.value is None else signal_number(reading.value),
        "observed_at": _time(reading.observed_us),
        "age": _duration(reading.age_us),
        "max_age": _duration(reading.max_age_us),
        "stale": reading.is_stale,
    }


def _transition(transition: TransitionStatus) -> Document:
    return {
        "name": transition.name,
        "to": transition.target,
        "urgent": transition.urgent,
        "truth": transition.truth.text,
        "waits_until": _time(transition.waits_until_us),
        "evidence": [_needing(each) for each in transition.evidence],
    }


def _needing(evidence: Evidence) -> Document:
    return {**evidence_document(evidence), "needs": evidence.needs}


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else format_instant(time_us)


def _duration(duration_us: int | None) -> str | None:
    return None if duration_us is None else format_duration(duration_us)
