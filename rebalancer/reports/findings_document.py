"""Findings as JSON data, and as SARIF 2.1.0 for code review tools."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rebalancer.errors import Finding, Place
from rebalancer.reports.firings import Firings

Document = dict[str, Any]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
NOTE = "note"
FIRINGS_CODE = "transition-firings"


def findings_document(
    findings: Sequence[Finding], firings: Sequence[Firings] = ()
) -> list[Document]:
    """Return findings as a list, then one note per transition that a history was replayed for.

    `line` and `column` are null where a finding is about the whole file.
    """
    return [
        *(
            {
                **_place(finding.place),
                "severity": finding.severity.value,
                "code": finding.code,
                "message": finding.message,
                "hint": finding.hint,
            }
            for finding in findings
        ),
        *(
            {
                **_place(each.place),
                "severity": NOTE,
                "code": FIRINGS_CODE,
                "message": each.message,
                "hint": "",
                "transition": each.transition,
                "fired": each.count,
            }
            for each in firings
        ),
    ]


def findings_sarif(
    findings: Sequence[Finding], firings: Sequence[Firings] = (), *, version: str
) -> Document:
    """Return findings as one SARIF run of this version of the package."""
    problems = findings_document(findings, firings)
    rules = sorted({problem["code"] for problem in problems})
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "rebalancer",
                        "version": version,
                        "rules": [{"id": rule} for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, rules) for problem in problems],
            }
        ],
    }


def _place(place: Place) -> Document:
    return {"path": place.path, "line": place.line or None, "column": place.column or None}


def _result(problem: Document, rules: list[str]) -> Document:
    text = f"{problem['message']}; {problem['hint']}" if problem["hint"] else problem["message"]
    return {
        "ruleId": problem["code"],
        "ruleIndex": rules.index(problem["code"]),
        "level": problem["severity"],
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(problem)}],
    }


def _location(problem: Document) -> Document:
    path = problem["path"].replace("\\", "/")
    location: Document = {"artifactLocation": {"uri": quote(path)}}
    if problem["line"]:
        location["region"] = {"startLine": problem["line"]}
        if problem["column"]:
            location["region"]["startColumn"] = problem["column"]
    return location
