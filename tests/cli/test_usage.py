import gc
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from rebalancer import __version__
from rebalancer.cli.app import COMMANDS, main
from tests.cli.conftest import INPUTS, Command

PROGRAM = ("-c", "import sys; from rebalancer.cli.app import main; sys.exit(main())")


def start(
    arguments: Sequence[str],
    folder: Path,
    *,
    stdout: int | IO[bytes] = subprocess.PIPE,
    **environment: str,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=stdout,
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plan", *INPUTS], ["schema"]])
def test_a_place_without_room_for_the_result_is_said_in_one_line(
    folder: Path, arguments: list[str]
) -> None:
    with Path("/dev/full").open("wb") as full:
        process = start(arguments, folder, stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.startswith(b"error: ")
    assert err.endswith(b"No space left on device\n")
    assert err.count(b"\n") == 1


@pytest.mark.parametrize("closed", ["1", "2", "1 2"])
def test_a_closed_stream_is_no_failure(folder: Path, closed: str) -> None:
    closing = " ".join(f"{descriptor}>&-" for descriptor in closed.split())
    program = shlex.join([sys.executable, *PROGRAM, "plan", *INPUTS])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{program} {closing}"], cwd=folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_that_no_folder_can_hold_is_one_line(command: Command) -> None:
    long = "x" * 300
    for arguments in (["example", long], ["plan", *INPUTS, "-o", long], ["check", long]):
        result = command(*arguments)
        assert (result.out + result.err).count("File name too long") == 1
        assert result.code == (1 if arguments[0] == "check" else 2)
