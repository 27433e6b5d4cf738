"""The folder that an evaluation is written to: each table as Parquet and CSV, and a summary.

It appears whole or not at all: everything is written to a folder beside it, which takes its name
at the end.
"""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
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


def require_writable(folder: Path) -> None:
    """Raise UsageError where a folder of results could not be made; nothing is left behind.

    What would be written first is made and taken away again: permissions alone do not tell.
    """
    require_free(folder)
    with _temporary_beside(folder):
        pass


def write_evaluation(
    folder: Path, frames: Mapping[str, pl.DataFrame], *, summary: str
) -> list[Path]:
    """Write tables and summary into a new or empty folder and return the paths of its files.

    Raises UsageError where the folder holds something, or cannot be written to; then nothing is
    left behind.
    """
    require_free(folder)
    with _temporary_beside(folder) as temporary:
        _write_into(temporary, frames, summary)
        temporary.replace(folder.resolve())
    return [folder / name for name in _file_names(frames)]


@contextmanager
def _temporary_beside(folder: Path) -> Iterator[Path]:
    """Give a new folder that may take the name of another, else nothing made here is left.

    Raises UsageError where there can be none, and for what cannot be written into it.
    """
    target, made = folder.resolve(), list[Path]()
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        make_folders(target.parent, made)
        temporary.mkdir()
        yield temporary
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not target.exists():
            for path in reversed(made):
                path.rmdir()


def _write_into(folder: Path, frames: Mapping[str, pl.DataFrame], summary: str) -> None:
    for name, frame in frames.items():
        # a full disk has a name of its own only where polars does not write to it
        parquet = BytesIO()
        frame.write_parquet(parquet)
        (folder / f"{name}.parquet").write_bytes(parquet.getvalue())
        csv = _harmless(frame).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
        (folder / f"{name}.csv").write_bytes(csv.encode())
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
    return UsageError(f"cannot write to {folder}: {error.strerror or error}; choose another folder")
