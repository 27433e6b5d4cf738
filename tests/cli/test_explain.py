import json
from pathlib import Path

from tests.cli.conftest import INPUTS, Command, assert_snapshot


def test_a_stored_plan_is_told_in_sentences(command: Command) -> None:
    command("plan", *INPUTS, "--format", "json", "-o", "plan.json")
    result = command("explain", "plan.json")
    assert (result.code, result.err) == (0, "")
    assert_snapshot(result.out, "explain.txt")


def test_sentences_are_there_for_programs_too(command: Command) -> None:
    command("plan", *INPUTS, "--format", "json", "-o", "plan.json")
    document = json.loads(command("explain", "plan.json", "--format", "json").out)
    assert document["plan_id"].startswith("sha256:")
    assert document["paragraphs"][0][1].startswith("It asks for ")


def test_what_is_not_a_plan_is_refused_with_its_place(command: Command, folder: Path) -> None:
    result = command("explain", "policy.yaml")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: policy.yaml:1:1: this is not JSON: ")
    (folder / "empty.json").write_text("{}", encoding="utf-8")
    result = command("explain", "empty.json")
    assert result.code == 2
    assert result.err.startswith("error: empty.json: the document: must have `plan_id`, ")


def test_a_missing_file_is_named(command: Command) -> None:
    result = command("explain", "absent.json")
    assert (result.code, result.err) == (2, "error: absent.json: no such file [missing-file]\n")


def test_escapes_of_a_terminal_in_a_plan_are_not_sent_to_it(command: Command, folder: Path) -> None:
    command("plan", *INPUTS, "--format", "json", "-o", "plan.json")
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    document["warnings"] = ["\x1b]0;owned\x07red"]
    (folder / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    result = command("explain", "plan.json")
    assert result.code == 0
    assert "\x1b" not in result.out
    assert "owned" in result.out
