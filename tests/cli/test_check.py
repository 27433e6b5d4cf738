import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, assert_snapshot, files_below


@pytest.fixture
def bad_policy(folder: Path) -> Path:
    path = folder / "bad.yaml"
    text = (folder / "policy.yaml").read_text(encoding="utf-8")
    text = text.replace("{signal: trend, below: 0%}", "{signal: trnd, below: 0%}")
    path.write_text(text.replace("band: 2%", "band: 150%"), encoding="utf-8")
    return path


def test_a_good_policy_has_no_findings(command: Command) -> None:
    result = command("check", "policy.yaml")
    assert (result.code, result.out, result.err) == (0, "checked 1 file: no findings\n", "")


@pytest.mark.usefixtures("bad_policy")
def test_every_finding_has_its_place_its_value_and_a_hint(command: Command) -> None:
    result = command("check", "bad.yaml", "policy.yaml")
    assert (result.code, result.err) == (1, "")
    assert_snapshot(result.out, "check.txt")


@pytest.mark.usefixtures("bad_policy")
@pytest.mark.parametrize(("style", "name"), [("json", "check.json"), ("sarif", "check.sarif")])
def test_findings_are_printed_for_programs(command: Command, style: str, name: str) -> None:
    result = command("check", "bad.yaml", "--format", style)
    assert result.code == 1
    assert_snapshot(result.out, name)


def test_findings_of_nothing_are_an_empty_list(command: Command) -> None:
    result = command("check", "policy.yaml", "--format", "json")
    assert (result.code, json.loads(result.out)) == (0, [])


def test_a_path_without_policies_is_a_finding(command: Command, folder: Path) -> None:
    (folder / "empty").mkdir()
    result = command("check", "absent.yaml", "empty")
    assert result.code == 1
    assert result.out == (
        "absent.yaml: error[missing-file]: no such file or folder\n"
        "empty: error[no-policies]: no policies here\n"
        "  hint: policies end in .yaml\n"
        "checked 0 files: 2 errors\n"
    )


def test_folders_are_searched_without_the_tests_beside_policies(
    command: Command, folder: Path
) -> None:
    below = folder / "policies" / "deep"
    below.mkdir(parents=True)
    text = (folder / "policy.yaml").read_text(encoding="utf-8")
    (below / "one.yaml").write_text(text, encoding="utf-8")
    (below / "one.test.yaml").write_text("not a policy", encoding="utf-8")
    assert command("check", "policies").out == "checked 1 file: no findings\n"


def test_warnings_fail_only_when_strict(command: Command, folder: Path) -> None:
    policy = folder / "policy.yaml"
    unused = "  unused_signal: {price: ETH/USDT}\n\nsleeves:"
    text = policy.read_text(encoding="utf-8").replace("\nsleeves:", unused, 1)
    policy.write_text(text, encoding="utf-8")
    relaxed = command("check", "policy.yaml")
    assert (relaxed.code, "1 warning" in relaxed.out) == (0, True)
    assert command("check", "policy.yaml", "--strict").code == 1


def test_history_counts_how_often_each_transition_fires(command: Command) -> None:
    result = command("check", "policy.yaml", "--history", "market")
    assert result.code == 0
    assert_snapshot(result.out, "check-history.txt")


def test_history_in_json_adds_a_note_for_each_transition(command: Command) -> None:
    result = command("check", "policy.yaml", "--history", "market", "--format", "json")
    notes = json.loads(result.out)
    assert [(note["transition"], note["fired"]) for note in notes] == [
        ("premium gone in a downtrend", 0),
        ("premium pays", 1),
        ("premium fades", 0),
        ("the bottom holds", 0),
    ]
    assert {note["severity"] for note in notes} == {"note"}
    assert [note["line"] for note in notes] == sorted(note["line"] for note in notes)


def test_a_market_that_cannot_be_read_is_a_finding(command: Command) -> None:
    result = command("check", "policy.yaml", "--history", "absent")
    assert result.code == 1
    assert "absent: error[missing-folder]: no such folder\n" in result.out


def test_findings_are_written_to_a_file(command: Command, folder: Path) -> None:
    result = command("check", "policy.yaml", "--format", "sarif", "-o", "check.sarif")
    assert (result.code, result.out) == (0, "")
    stored = json.loads((folder / "check.sarif").read_text(encoding="utf-8"))
    assert stored["runs"][0]["results"] == []


def test_a_place_that_cannot_be_written_is_bad_usage(command: Command, folder: Path) -> None:
    before = files_below(folder)
    result = command("check", "policy.yaml", "-o", "market")
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: cannot write market: Is a directory\n"
    assert files_below(folder) == before
