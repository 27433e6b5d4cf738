import json
from dataclasses import replace
from pathlib import Path

from rebalancer.errors import Finding, Place, Severity
from rebalancer.model.instant import parse_instant
from rebalancer.reports.findings_document import findings_document, findings_sarif
from rebalancer.reports.findings_text import findings_lines
from rebalancer.reports.firings import Firings, firings_lines
from rebalancer.reports.layout import plain_text

UNKNOWN = Finding(
    Place("policies/core.yaml", 14, 11),
    Severity.ERROR,
    "unknown-signal",
    "unknown signal `drawdwn_30d`",
    "did you mean `drawdown_30d`?",
)
UNUSED = Finding(
    Place("policies/no stress.yaml"), Severity.WARNING, "unused-signal", "`trend` is not used"
)
FIRED = Firings(
    place=Place("policies/core.yaml", 20, 5),
    transition="premium pays",
    fired_us=(parse_instant("2025-03-03"), parse_instant("2025-06-23")),
    start_us=parse_instant("2025-01-02"),
    until_us=parse_instant("2025-07-21"),
    true=0.1724,
    unknown=0.0,
)
QUIET = Firings(
    place=Place("policies/core.yaml", 24, 5),
    transition="premium fades",
    fired_us=(),
    start_us=FIRED.start_us,
    until_us=FIRED.until_us,
    true=0.0,
    unknown=0.5,
)


def test_findings_are_printed_with_their_hints_and_a_count() -> None:
    assert plain_text(findings_lines([UNKNOWN, UNUSED], files=2)) == (
        "policies/core.yaml:14:11: error[unknown-signal]: unknown signal `drawdwn_30d`\n"
        "  hint: did you mean `drawdown_30d`?\n"
        "policies/no stress.yaml: warning[unused-signal]: `trend` is not used\n"
        "checked 2 files: 1 error, 1 warning\n"
    )


def test_nothing_wrong_is_said_in_one_line() -> None:
    assert plain_text(findings_lines([], files=1)) == "checked 1 file: no findings\n"


def test_json_has_the_keys_that_programs_rely_on() -> None:
    assert findings_document([UNKNOWN, UNUSED]) == [
        {
            "path": "policies/core.yaml",
            "line": 14,
            "column": 11,
            "severity": "error",
            "code": "unknown-signal",
            "message": "unknown signal `drawdwn_30d`",
            "hint": "did you mean `drawdown_30d`?",
        },
        {
            "path": "policies/no stress.yaml",
            "line": None,
            "column": None,
            "severity": "warning",
            "code": "unused-signal",
            "message": "`trend` is not used",
            "hint": "",
        },
    ]


def test_firings_are_notes_after_the_findings() -> None:
    (note,) = findings_document([], [FIRED])
    assert note == {
        "path": "policies/core.yaml",
        "line": 20,
        "column": 5,
        "severity": "note",
        "code": "transition-firings",
        "message": (
            "`premium pays` fires 2 times from 2025-01-02 to 2025-07-21, last on 2025-06-23; "
            "its condition is true at 17.24% of the calendar times, unknown at 0%"
        ),
        "hint": "",
        "transition": "premium pays",
        "fired": 2,
    }


def test_sarif_names_rules_levels_and_places() -> None:
    sarif = findings_sarif([UNKNOWN, UNUSED], [FIRED], version="0.1.0")
    (run,) = sarif["runs"]
    assert sarif["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "transition-firings",
        "unknown-signal",
        "unused-signal",
    ]
    first, second, third = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("unknown-signal", 1, "error")
    assert first["message"]["text"].endswith("; did you mean `drawdown_30d`?")
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "policies/core.yaml"},
                "region": {"startLine": 14, "startColumn": 11},
            }
        }
    ]
    whole = second["locations"][0]["physicalLocation"]
    assert whole == {"artifactLocation": {"uri": "policies/no%20stress.yaml"}}
    assert third["level"] == "note"


def test_sarif_has_what_its_standard_requires(repository: Path) -> None:
    # the standard's schema is not shipped: these are the properties it requires
    assert repository.is_dir()
    sarif = json.loads(json.dumps(findings_sarif([UNKNOWN], version="0.1.0")))
    assert sarif["$schema"].endswith("sarif-2.1.0.json")
    assert {"tool", "results"} <= set(sarif["runs"][0])
    assert sarif["runs"][0]["tool"]["driver"]["name"] == "rebalancer"
    assert {"message"} <= set(sarif["runs"][0]["results"][0])


def test_firings_are_a_table_for_each_policy() -> None:
    assert plain_text(firings_lines([FIRED, QUIET], width=100)) == (
        "\n"
        "policies/core.yaml from 2025-01-02 to 2025-07-21\n"
        "transition     fired       first        last    true  unknown at calendar times\n"
        "premium pays       2  2025-03-03  2025-06-23  17.24%                         0%\n"
        "premium fades      0                              0%                        50%\n"
    )
    assert firings_lines([], width=100) == []


def test_a_quoted_text_of_several_lines_is_printed_as_one() -> None:
    finding = replace(UNUSED, message="`core\nsleeve` is not a name", hint="write\none line")
    assert plain_text(findings_lines([finding], files=1)).splitlines()[:2] == [
        "policies/no stress.yaml: warning[unused-signal]: `core\\nsleeve` is not a name",
        "  hint: write\\none line",
    ]
