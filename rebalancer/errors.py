"""Problems a person can act on: findings with a place, and the exceptions that stop a program."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: an error stops the work, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file something stands; lines, columns and rows count from 1, 0 means the whole.

    A table's rows are lines of the file, so the header of a CSV is line 1.
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `path:line:column`, leaving out what is not known."""
        parts = [self.path]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem in a file: where it is, what is wrong, and what to do about it.

    INVARIANT: message and hint are one line each, also where they quote a text of several.
    """

    place: Place
    severity: Severity
    code: str
    message: str
    hint: str = ""

    def __post_init__(self) -> None:
        """Write the line breaks of quoted text as escapes."""
        for name in ("message", "hint"):
            object.__setattr__(self, name, getattr(self, name).replace("\n", "\\n"))

    def __str__(self) -> str:
        """Return the finding as one printed line, with its hint indented below."""
        line = f"{self.place}: {self.severity}[{self.code}]: {self.message}"
        return f"{line}\n  hint: {self.hint}" if self.hint else line


class RebalancerError(Exception):
    """The root of every exception that this package raises on purpose."""


class UsageError(RebalancerError):
    """A request that cannot be carried out as asked, such as an unknown regime name."""


class InvalidInput(RebalancerError):  # noqa: N818  -- it carries findings, it is not one
    """A file that cannot be used; `findings` says where and why, in source order."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep the findings; the message is all of them, one after the other."""
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def has_errors(findings: Sequence[Finding]) -> bool:
    """Return whether any of the findings is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
