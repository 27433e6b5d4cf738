"""Whatever a file holds, reading it as a policy gives findings or a policy, never an exception."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rebalancer.errors import has_errors
from rebalancer.policy import read_policy

POLICIES = Path(__file__).parents[2] / "policies"
SOUND = [path.read_text(encoding="utf-8") for path in sorted(POLICIES.glob("*.yaml"))]
FRAGMENTS = (
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        "- ",
        "\n",
        "  ",
        "#",
        "'",
        '"',
        "&a",
        "*a",
        "<<: ",
        "!!str ",
        "---",
    ),
    *("", "null", "~", "{}", "[]", "0", "-1", "1e9", ".nan", "014", "100%", "101%", "0d", "3d"),
    *("BTC", "USDT", "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC", "own", "core", "liquidity"),
    *(
        "spot",
        "cash",
        "basis",
        "short",
        "synthetic",
        "all: ",
        "any: ",
        "not: ",
        "signal: ",
        "for: ",
    ),
    *("hedges: [{of: core, ratio: 1, with: own}]", "limits: {gross_leverage: 1}", "{target: 5%}"),
    *("{signal: trend, above: {signal: funding_apr}}", "[1, 2]", "[2, 1]", "[a, b]", "\x00", "é"),
)

pytestmark = pytest.mark.property


def assert_read(text: bytes | str) -> None:
    policy, findings = read_policy(text, "any.yaml")
    assert (policy is None) is has_errors(findings)
    assert list(findings) == sorted(findings, key=lambda finding: finding.place)
    for finding in findings:
        assert finding.place.path == "any.yaml"
        assert "\n" not in finding.message + finding.hint


@given(st.binary())
@example(b"\xff\xfe")
@example(b"%YAML 9.9\n---\na: 1")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert_read(data)


@given(st.text())
@example("\ud800")
@example("[" * 10_000)
@example("? " * 1_000)
def test_any_text_is_read_or_refused(text: str) -> None:
    assert_read(text)


@given(st.data(), st.sampled_from(SOUND))
def test_a_damaged_policy_is_read_or_refused(data: st.DataObject, text: str) -> None:
    for _ in range(data.draw(st.integers(1, 4), label="damages")):
        start = data.draw(st.integers(0, len(text)), label="start")
        length = data.draw(st.integers(0, 12), label="length")
        fragment = data.draw(st.sampled_from(FRAGMENTS), label="fragment")
        text = text[:start] + fragment + text[start + length :]
    assert_read(text)


@given(st.data(), st.sampled_from(SOUND))
def test_a_policy_with_values_replaced_is_read_or_refused(data: st.DataObject, text: str) -> None:
    lines = text.splitlines()
    for _ in range(data.draw(st.integers(1, 4), label="changes")):
        row = data.draw(st.integers(0, len(lines) - 1), label="line")
        words = lines[row].split(": ")
        word = data.draw(st.integers(0, len(words) - 1), label="word")
        words[word] = data.draw(st.sampled_from(FRAGMENTS), label="fragment")
        lines[row] = ": ".join(words)
    assert_read("\n".join(lines))


@given(st.data(), st.sampled_from(SOUND))
def test_a_policy_with_lines_missing_is_read_or_refused(data: st.DataObject, text: str) -> None:
    lines = text.splitlines()
    kept = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    assert_read("\n".join(line for line, is_kept in zip(lines, kept, strict=True) if is_kept))
