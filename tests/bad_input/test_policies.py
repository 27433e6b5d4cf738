"""Malformed policies: each gives these findings, all of them in one run, and never a traceback.

Every file under `policies/` is `policies/sound.yaml` with a mistake in it, or not a policy at all.
"""

from pathlib import Path

import pytest

from rebalancer.errors import Finding
from rebalancer.policy import read_policy

FOLDER = Path(__file__).parent / "policies"

EXPECTED = {
    "alias": ["10:16 yaml-anchor", "11:10 yaml-anchor"],
    "base-sixty-number": ["53:9 not-a-number"],
    "coin-margin-without-spot": ["16:3 missing-spot", "26:38 missing-spot"],
    "coin-without-inverse": ["15:3 collateral-mismatch"],
    "control-character": ["2:9 yaml-syntax"],
    "deep": ["1:62 nested-too-deep"],
    "duplicate-key": ["4:1 duplicate-key"],
    "empty": ["empty-file"],
    "empty-section": ["41:8 wrong-shape"],
    "explicit-tag": ["1:13 yaml-tag"],
    "exponent": ["42:19 not-a-number"],
    "foreign-settle-coin": ["6:33 unsupported-settle-coin", "24:38 unsupported-settle-coin"],
    "forgotten-percent": ["20:33 out-of-range"],
    "hedge-of-cash": ["24:14 hedge-without-spot"],
    "infinite": ["42:19 not-a-number"],
    "inverse-without-coin": ["15:3 collateral-mismatch"],
    "leverage-over-limit": ["20:5 limit-broken-at-target", "22:5 limit-without-room"],
    "levered-coin": ["15:34 out-of-range"],
    "list-at-top": ["1:1 not-a-mapping"],
    "looser-regime": ["23:30 looser-limit"],
    "looser-trading-limits": ["25:24 looser-limit", "25:64 looser-limit"],
    "many-mistakes": [
        "3:1 unknown-key",
        "20:21 out-of-range",
        "29:11 unknown-regime",
        "43:17 bounds-out-of-order",
        "51:10 not-a-duration",
    ],
    "merge-key": ["14:10 yaml-merge-key"],
    "minutes": ["39:50 not-a-duration"],
    "misspelt-asset": ["46:3 missing-stress-row", "48:5 unknown-asset"],
    "misspelt-regime": ["30:9 unknown-regime"],
    "misspelt-signal": ["39:20 unknown-signal"],
    "misspelt-sleeve": ["20:15 unknown-sleeve"],
    "no-future": ["15:3 missing-future", "24:38 missing-future"],
    "not-a-number": ["42:19 not-a-number"],
    "not-utf-8": ["2:9 not-utf-8"],
    "octal-number": ["15:34 not-a-number"],
    "own-regime": ["30:9 own-regime"],
    "portfolio-for-three-days": ["34:20 portfolio-inside-for", "39:20 portfolio-inside-for"],
    "ratio-outside-range": ["24:48 target-outside-range"],
    "reversed-bounds": ["39:42 bounds-out-of-order"],
    "roll-of-one-contract": ["6:66 roll-of-one-contract"],
    "shares-over-hundred": ["5:1 shares-sum"],
    "sound": [],
    "synthetic-below-once": ["7:41 out-of-range"],
    "tab": ["19:1 yaml-syntax"],
    "targets-under-hundred": ["20:5 targets-sum"],
    "two-cash-sleeves": ["25:9 ambiguous-margin-from"],
    "two-comparisons": ["39:45 condition-form"],
    "two-documents": ["27:1 several-documents"],
    "two-rolls": ["15:77 conflicting-rolls"],
    "unclosed-quote": ["28:11 yaml-syntax"],
    "underscored-number": ["54:14 not-a-number"],
    "unknown-key": ["25:1 unknown-key"],
    "weekday-without-weeks": ["52:7 calendar-mismatch"],
    "word-for-boolean": ["31:13 not-a-boolean"],
    "zero-beta": ["24:49 not-a-duration"],
    "zero-leverage": ["15:34 out-of-range"],
    "zero-window": ["11:48 not-a-duration"],
}


def read(name: str) -> tuple[bool, tuple[Finding, ...]]:
    policy, findings = read_policy((FOLDER / f"{name}.yaml").read_bytes(), f"{name}.yaml")
    return policy is not None, findings


def short(finding: Finding) -> str:
    line, column = finding.place.line, finding.place.column
    return f"{line}:{column} {finding.code}" if line else finding.code


def test_every_file_has_its_findings_listed() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_malformed_policy_gives_placed_findings(name: str) -> None:
    is_read, findings = read(name)
    assert [short(finding) for finding in findings] == EXPECTED[name]
    assert is_read is (name == "sound")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_message_is_one_line_in_words_of_the_domain(name: str) -> None:
    for finding in read(name)[1]:
        assert finding.place.path == f"{name}.yaml"
        for text in (finding.message, finding.hint):
            assert "\n" not in text
            assert not text.endswith(".")
            words = set(text.replace("`", " ").split())
            assert words.isdisjoint({"str", "dict", "list[", "int", "float", "None", "NoneType"})


def test_a_misspelt_name_is_hinted_at() -> None:
    (finding,) = read("misspelt-signal")[1]
    assert str(finding) == (
        "misspelt-signal.yaml:39:20: error[unknown-signal]: unknown signal `fundng_apr`\n"
        "  hint: did you mean `funding_apr`?"
    )
