"""Files that are written whole or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rebalancer.errors import UsageError


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of `path` once all of it is on the disk.

    Until then, and where the writing fails, what stood at `path` stays as it was. An existing
    file keeps its permissions; a device such as /dev/null is written to directly. Raises
    UsageError where the place cannot be written to.
    """
    try:
        target = _follow_links(Path(path))
        with target.open("wb") if _is_special(target) else _replacement(target) as stream:
            yield stream
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def _follow_links(path: Path) -> Path:
    """Return where a path leads; raises OSError for links that lead nowhere but to themselves."""
    try:
        return path.resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def _is_special(target: Path) -> bool:
    """Whether a path leads to a device, a pipe or a folder: nothing that a file can replace."""
    return target.exists() and not target.is_file()


def require_writable_file(path: str | Path) -> None:
    """Raise UsageError where `whole_file` could not write; nothing is left behind.

    A temporary file is made and taken away again: permissions alone do not tell.
    """
    try:
        target = _follow_links(Path(path))
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not _is_special(target):
            temporary = _beside(target)
            temporary.touch(exist_ok=False)
            temporary.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")


@contextmanager
def _replacement(target: Path) -> Iterator[BinaryIO]:
    """Give a temporary file beside the target that replaces it at the end, or is removed."""
    temporary = _beside(target)
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file whole or not at all; text is stored as UTF-8."""
    with whole_file(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write new files, making the folders they need: all of them, or none and no folder either.

    Raises UsageError where a place cannot be written to.
    """
    made: list[Path] = []
    try:
        for path, content in contents.items():
            make_folders(path.parent, made)
            write_whole(path, content)
            made.append(path)
    except BaseException:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        raise


def make_folders(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it that are missing, noting each.

    Raises UsageError where one cannot be made.
    """
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir()
            made.append(place)
    except OSError as error:
        raise UsageError(f"cannot make folder {error.filename}: {error.strerror}") from error
