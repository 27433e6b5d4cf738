"""Runs commands in this process, in a folder that holds the generated example."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, get_ident
from time import sleep

import pytest

from rebalancer.adapters.example_files import write_example
from rebalancer.cli.app import run

SNAPSHOTS = Path(__file__).resolve().parent / "snapshots"
INPUTS = ("policy.yaml", "--portfolio", "portfolio.yaml", "--market", "market")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder: a fresh copy of the generated example."""
    write_example(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in the folder of the example."""
    assert folder.is_dir()

    def run_command(*arguments: str | Path) -> Result:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run_command


@pytest.fixture
def interrupting_file(folder: Path) -> Path:
    """A file of the folder that sends Ctrl-C to whoever reads it, and holds nothing else."""
    path, reader = folder / "interrupting.yaml", get_ident()
    os.mkfifo(path)

    def interrupt() -> None:
        with path.open("wb"):
            sleep(0.3)  # the reader has opened the file, and is to wait for what it holds
            signal.pthread_kill(reader, signal.SIGINT)

    Thread(target=interrupt, daemon=True).start()
    return path


def assert_snapshot(text: str, name: str) -> None:
    """Compare a text with a stored one; `REBALANCER_UPDATE=1` stores it instead."""
    path = SNAPSHOTS / name
    if os.environ.get("REBALANCER_UPDATE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs: see REBALANCER_UPDATE"


def files_below(folder: Path) -> set[Path]:
    """Return every file below a folder, to see that a command wrote nothing."""
    return {path for path in folder.rglob("*") if path.is_file()}
