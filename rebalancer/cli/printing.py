"""Prints results: to a file whole or not at all, else to stdout; colour only on a terminal."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from rebalancer.errors import UsageError
from rebalancer.reports.layout import WIDTH, Line, Tone, plain_text

_STYLES = {
    Tone.PLAIN: "",
    Tone.TITLE: "bold",
    Tone.MUTED: "dim",
    Tone.GOOD: "green",
    Tone.CAREFUL: "yellow",
    Tone.BAD: "bold red",
}
_NARROWEST = 60
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_text(text: str, output: Path | None = None) -> None:
    """Print a text, or write it to a file; raises UsageError where the file cannot be written."""
    if output is not None:
        # most results go to stdout
        from rebalancer.adapters.output import write_whole  # noqa: PLC0415

        write_whole(output, text)
        return
    _write(sys.stdout, lambda: sys.stdout.write(_encodable(text, sys.stdout)))


def print_lines(lines: Sequence[Line], output: Path | None = None) -> None:
    """Print the lines of a report; on a terminal its tones become colours."""
    if output is not None or not _is_colourful(sys.stdout):
        print_text(plain_text(lines), output)
        return
    _write(sys.stdout, lambda: _print_in_colour(lines))


@contextmanager
def printed_anyway(print_result: Callable[[], None]) -> Iterator[None]:
    """Print a result after it was written elsewhere, also where that fails: it took long to find.

    What went wrong is raised all the same.
    """
    try:
        yield
    except UsageError:
        print_result()
        raise
    print_result()


def report_width(output: Path | None = None) -> int:
    """Return how wide a report may be: the terminal's width, or a fixed one for files and pipes."""
    if output is not None or not sys.stdout.isatty():
        return WIDTH
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, _NARROWEST)


def print_problem(text: str) -> None:
    """Print a line about what went wrong to stderr."""
    # nobody can be told that there is no room for what went wrong
    with suppress(UsageError):
        _write(sys.stderr, lambda: sys.stderr.write(_encodable(f"{text}\n", sys.stderr)))


def open_closed_streams() -> None:
    """Let results and problems go nowhere where the process was started without a place for them.

    Without this the first file that is opened would take the place of stdout.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  -- never closed
            setattr(sys, name, nowhere)


def drop_unwritten() -> None:
    """Forget what stdout has not taken, or the interpreter complains of it when it exits."""
    _send_nowhere(sys.stdout)


def _is_colourful(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose user has not asked for plain text."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not is_plain


def _print_in_colour(lines: Sequence[Line]) -> None:
    # the library is slow to load, and only terminals need it
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(
            Text.assemble(*((_printable(span.text), _STYLES[span.tone]) for span in line))
        )


def _encodable(text: str, stream: TextIO) -> str:
    """Return the text with what the stream's encoding does not have written as escapes."""
    encoding = stream.encoding or "utf-8"
    return _printable(text).encode(encoding, "backslashreplace").decode(encoding)


def _printable(text: str) -> str:
    """Return the text with control characters as escapes: names must not move the cursor."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _write(stream: TextIO, write: Callable[[], object]) -> None:
    """Write, quietly giving up where the reader of a pipe has gone, as `head` does.

    Raises UsageError where the stream takes no more, as a full disk does.
    """
    try:
        write()
        stream.flush()
    except BrokenPipeError:
        _send_nowhere(stream)
    except OSError as error:
        _send_nowhere(stream)
        raise UsageError(f"cannot write the result: {error.strerror}") from error


def _send_nowhere(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
