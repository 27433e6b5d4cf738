import gc
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from rebalancer import __version__
from rebalancer.cli.app import COMMANDS, main
from tests.cli.conftest import INPUTS, Command

PROGRAM = ("-c", "import sys; from rebalancer.cli.app import main; sys.exit(main())")


def start(arguments: Sequence[str], folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_help_lists_every_command(command: Command) -> None:
    result = command("--help")
    assert result.code == 0
    assert all(f"\n  {name} " in result.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example(command: Command, name: str) -> None:
    result = command(name, "--help")
    assert (result.code, result.err) == (0, "")
    assert f"Examples:\n    rebalancer {name}" in result.out
    assert "--format" in result.out
    assert "--output" in result.out


def test_without_a_command_the_help_is_printed_and_usage_was_bad(command: Command) -> None:
    result = command()
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: rebalancer [OPTIONS] COMMAND [ARGS]...\n")


def test_the_version_is_printed(command: Command) -> None:
    result = command("--version")
    assert (result.code, result.out) == (0, f"{__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plna"], "error: no such command `plna`"),
        (["plan"], "error: missing argument `POLICY`; see `rebalancer plan --help`"),
        (["plan", "policy.yaml", "--market", "market"], "error: missing option `--portfolio`"),
        (["plan", "--nonsense"], "error: no such option: --nonsense"),
        (["check"], "error: missing argument `PATH...`"),
        (["graph", "policy.yaml", "more.yaml"], "error: got unexpected extra argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_arguments_are_one_line(command: Command, arguments: list[str], message: str) -> None:
    result = command(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(message)
    assert result.err.count("\n") == 1


def test_a_name_with_bytes_that_are_no_text_is_still_one_line(command: Command) -> None:
    result = command("graph", "\udcff.yaml")
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: \\udcff.yaml: no such file [missing-file]\n"


def test_the_process_runs_the_command_of_its_own_arguments(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.is_dir()
    thresholds = gc.get_threshold()
    monkeypatch.setattr("sys.argv", ["rebalancer", "check", "policy.yaml"])
    try:
        assert main() == 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
    assert capsys.readouterr().out == "checked 1 file: no findings\n"


def test_a_reader_that_leaves_early_is_no_failure(folder: Path) -> None:
    process = start(["plan", *INPUTS, "--format", "json"], folder)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


def test_an_interrupt_ends_without_a_traceback(folder: Path) -> None:
    # a pipe that nobody writes to keeps the command waiting
    os.mkfifo(folder / "waiting.yaml")
    process = start(["graph", "waiting.yaml"], folder)
    descriptor = os.open(folder / "waiting.yaml", os.O_WRONLY)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    os.close(descriptor)
    assert (process.returncode, err) == (130, b"")


def test_an_encoding_without_a_character_gets_its_escape(folder: Path) -> None:
    policy = folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("premium pays", "prämie")
    policy.write_text(text, encoding="utf-8")
    process = start(["graph", "policy.yaml"], folder, PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert b"pr\\xe4mie" in out
