import json
from pathlib import Path

from tests.cli.conftest import Command, files_below

NAMES = [
    "README.txt",
    "policy.yaml",
    "portfolio.yaml",
    "market/instruments.yaml",
    "market/prices.csv",
    "market/funding.csv",
]


def test_an_example_is_written_and_every_file_named(command: Command, folder: Path) -> None:
    result = command("example", "demo")
    assert (result.code, result.err) == (0, "")
    assert result.out == "".join(f"wrote demo/{name}\n" for name in NAMES)
    assert all((folder / "demo" / name).is_file() for name in NAMES)


def test_the_example_is_clean_and_plans(command: Command) -> None:
    command("example", "demo")
    assert command("check", "demo/policy.yaml", "--strict").code == 0
    inputs = ("demo/policy.yaml", "--portfolio", "demo/portfolio.yaml", "--market", "demo/market")
    result = command("plan", *inputs)
    assert (result.code, result.err) == (0, "")
    assert ": 5 trades\n" in result.out


def test_names_are_printed_for_programs(command: Command) -> None:
    result = command("example", "demo", "--format", "json")
    assert json.loads(result.out) == [f"demo/{name}" for name in NAMES]


def test_nothing_is_replaced_and_nothing_is_written_where_a_file_is_there(
    command: Command, folder: Path
) -> None:
    (folder / "demo").mkdir()
    (folder / "demo" / "policy.yaml").write_text("mine", encoding="utf-8")
    before = files_below(folder)
    result = command("example", "demo")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error: demo/policy.yaml: the file is there already; choose another folder, or move the "
        "file away [file-exists]\n"
    )
    assert files_below(folder) == before
    assert (folder / "demo" / "policy.yaml").read_text(encoding="utf-8") == "mine"


def test_a_place_that_cannot_be_written_is_bad_usage(command: Command) -> None:
    result = command("example", "policy.yaml/demo")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: cannot make folder policy.yaml/demo")
