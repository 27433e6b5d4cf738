import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from rebalancer.adapters.evaluation_folder import require_free, require_writable, write_evaluation
from rebalancer.errors import UsageError

FRAMES = {
    "equity": pl.DataFrame(
        {
            "time": pl.Series([datetime(2024, 1, 1, tzinfo=UTC)]).cast(pl.Datetime("us", "UTC")),
            "nav": [1000.5],
        }
    ),
    "plans": pl.DataFrame({"because": ["=cmd()", "premium pays", None], "trades": [1, 2, 3]}),
}
SUMMARY = '{"policy": "größer"}\n'


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


class WriterStoppedError(Exception):
    """What a writer raises in the middle of its work."""


class StoppingFrame(pl.DataFrame):
    """A table that cannot be written."""

    def write_parquet(self, *_: object, **__: object) -> None:
        raise WriterStoppedError


def test_every_table_is_written_as_parquet_and_csv_beside_the_summary(tmp_path: Path) -> None:
    written = write_evaluation(tmp_path / "out", FRAMES, summary=SUMMARY)
    assert sorted(path.name for path in written) == names(tmp_path / "out")
    assert names(tmp_path / "out") == [
        "equity.csv",
        "equity.parquet",
        "plans.csv",
        "plans.parquet",
        "summary.json",
    ]
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["policy"] == "größer"
    for name, frame in FRAMES.items():
        assert pl.read_parquet(tmp_path / "out" / f"{name}.parquet").equals(frame)


def test_times_in_csv_are_iso_8601_in_utc(tmp_path: Path) -> None:
    write_evaluation(tmp_path / "out", FRAMES, summary=SUMMARY)
    text = (tmp_path / "out" / "equity.csv").read_text("utf-8")
    assert text == "time,nav\n2024-01-01T00:00:00Z,1000.5\n"


def test_a_text_that_a_spreadsheet_would_run_is_made_text(tmp_path: Path) -> None:
    write_evaluation(tmp_path / "out", FRAMES, summary=SUMMARY)
    text = (tmp_path / "out" / "plans.csv").read_text("utf-8")
    assert text == "because,trades\n'=cmd(),1\npremium pays,2\n,3\n"


def test_an_empty_folder_is_filled_and_missing_ones_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_evaluation(tmp_path / "empty", FRAMES, summary=SUMMARY)
    write_evaluation(tmp_path / "a" / "b", FRAMES, summary=SUMMARY)
    assert names(tmp_path / "empty") == names(tmp_path / "a" / "b")


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError, match="it holds files already; choose another folder"):
        write_evaluation(tmp_path, FRAMES, summary=SUMMARY)
    assert names(tmp_path) == ["kept.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="it is a file; choose another folder"):
        require_free(tmp_path / "file")


@pytest.mark.parametrize("name", ["file/out", "x" * 300])
def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"^cannot "):
        require_writable(tmp_path / name)
    with pytest.raises(UsageError, match=r"^cannot "):
        write_evaluation(tmp_path / name, FRAMES, summary=SUMMARY)
    assert names(tmp_path) == ["file"]


def test_a_place_that_can_hold_a_folder_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new", "a/b"):
        require_writable(tmp_path / name)
    assert names(tmp_path) == ["empty"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the system has no /proc")
def test_a_folder_that_takes_nothing_is_refused_whatever_its_permissions_say() -> None:
    with pytest.raises(UsageError, match=r"^cannot write to /proc/out: .*; choose another folder"):
        require_writable(Path("/proc/out"))


def test_a_file_that_cannot_grow_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    # a compiled file that the limit cuts short would break every later import of it
    script = f"""
import sys
sys.dont_write_bytecode = True
import resource, signal, polars
from pathlib import Path
from rebalancer.adapters.evaluation_folder import write_evaluation
from rebalancer.errors import UsageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
frames = {{"equity": polars.DataFrame({{"nav": range(10_000)}})}}
try:
    write_evaluation(Path({str(tmp_path / "a" / "out")!r}), frames, summary="")
except UsageError as error:
    print(error)
"""
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout == (
        f"cannot write to {tmp_path}/a/out: File too large; choose another folder\n"
    )
    assert names(tmp_path) == []


def test_a_writer_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    frames = {**FRAMES, "events": StoppingFrame({"kind": ["breach"]})}
    with pytest.raises(WriterStoppedError):
        write_evaluation(tmp_path / "a" / "out", frames, summary=SUMMARY)
    assert names(tmp_path) == []
