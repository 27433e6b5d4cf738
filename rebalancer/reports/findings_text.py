"""Findings as the lines a person reads, and what their count adds up to."""

from collections import Counter
from collections.abc import Sequence

from rebalancer.errors import Finding, Severity
from rebalancer.reports.figures import counted
from rebalancer.reports.layout import Line, Span, Tone

_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.CAREFUL}


def findings_lines(findings: Sequence[Finding], *, files: int) -> list[Line]:
    """Return each finding with its hint below it, then how many files and findings there are."""
    lines: list[Line] = []
    for finding in findings:
        lines.append(_finding(finding))
        if finding.hint:
            lines.append((Span(f"  hint: {finding.hint}", Tone.MUTED),))
    return [*lines, (Span(f"checked {counted(files, 'file')}: {_summary(findings)}"),)]


def _finding(finding: Finding) -> Line:
    return (
        Span(f"{finding.place}: "),
        Span(f"{finding.severity}[{finding.code}]", _TONES[finding.severity]),
        Span(f": {finding.message}"),
    )


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    parts = [counted(counts[severity], severity) for severity in Severity if counts[severity]]
    return ", ".join(parts) or "no findings"
