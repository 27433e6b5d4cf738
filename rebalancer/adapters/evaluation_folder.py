"""The folder that an evaluation is written to: each table as Parquet and CSV, and a summary.

It appears whole or not at all: everything is written to a folder beside it, which takes its name
at the end.
"""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from rebalancer.adapters.output import make_folders
from rebalancer.errors import UsageError

SUMMARY = "summary.json"
_FORMULA = r"^[=+@\t]"
"""How a text starts that a spreadsheet would run."""


def require_free(folder: Path) -> None:
    """Raise UsageError where a folder of results would replace something that is there."""
    try:
        if folder.is_dir() and not any(folder.iterdir()):
            return
        is_taken = folder.exists()
    except OSError as error:
        raise _unwritable(folder, error) from error
    if is_taken:
        what = "holds files already" if folder.is_dir() else "is a file"
        raise UsageError(f"cannot write to {folder}: it {what}; choose another folder")


def write_evaluation(
    folder: Path, frames: Mapping[str, pl.DataFrame], *, summary: str
) -> list[Path]:
    """Write tables and summary into a new or empty folder and return the paths of its files.

    Raises UsageError where the folder holds something, or cannot be written to; then nothing is
    left behind.
    """
    require_free(folder)
    target, made = folder.resolve(), list[Path]()
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        make_folders(target.parent, made)
        temporary.mkdir()
        _write_into(temporary, frames, summary)
        temporary.replace(target)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        for path in reversed(made):
            path.rmdir()
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from error
        raise
    return [folder / name for name in _file_names(frames)]


def _write_into(folder: Path, frames: Mapping[str, pl.DataFrame], summary: str) -> None:
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
        _harmless(frame).write_csv(folder / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
    (folder / SUMMARY).write_text(summary, encoding="utf-8")


def _harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with texts that a spreadsheet would run marked as text."""
    text = pl.col(pl.String)
    return frame.with_columns(
        pl.when(text.str.contains(_FORMULA)).then(pl.lit("'") + text).otherwise(text).name.keep()
    )


def _file_names(frames: Mapping[str, pl.DataFrame]) -> list[str]:
    tables = (f"{name}.{ending}" for name in frames for ending in ("parquet", "csv"))
    return [*tables, SUMMARY]


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write to {folder}: {error.strerror or error}")
