import io
from collections.abc import Callable
from pathlib import Path

import pytest

from rebalancer.cli.printing import print_lines, print_text, report_width
from rebalancer.reports.layout import WIDTH, Line, Span, Tone

LINES: list[Line] = [(Span("limit: "), Span("BROKEN", Tone.BAD)), ()]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


OpenTerminal = Callable[[], Terminal]


@pytest.fixture
def open_terminal(monkeypatch: pytest.MonkeyPatch) -> OpenTerminal:
    """Makes stdout a terminal; called by the test, because capturing starts after fixtures."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)

    def watch() -> Terminal:
        stream = Terminal()
        monkeypatch.setattr("sys.stdout", stream)
        return stream

    return watch


def test_a_terminal_gets_colours(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    print_lines(LINES)
    assert terminal.getvalue() == "limit: \x1b[1;31mBROKEN\x1b[0m\n\n"


def test_a_terminal_whose_user_wants_none_gets_plain_text(
    open_terminal: OpenTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    print_lines(LINES)
    assert terminal.getvalue() == "limit: BROKEN\n\n"


def test_a_terminal_without_capabilities_gets_plain_text(
    open_terminal: OpenTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal()
    monkeypatch.setenv("TERM", "dumb")
    print_lines(LINES)
    assert terminal.getvalue() == "limit: BROKEN\n\n"


def test_a_pipe_gets_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines(LINES)
    assert capsys.readouterr().out == "limit: BROKEN\n\n"


def test_a_file_gets_plain_text_and_the_terminal_nothing(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    terminal = open_terminal()
    print_lines(LINES, tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == "limit: BROKEN\n\n"
    assert terminal.getvalue() == ""


def test_control_characters_are_shown_and_not_obeyed(
    open_terminal: OpenTerminal,
) -> None:
    terminal = open_terminal()
    print_lines([(Span("a\x1b[2Jb"),)])
    assert terminal.getvalue() == "a\\x1b[2Jb\n"


def test_line_ends_and_tabs_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    print_text("a\tb\n\x07")
    assert capsys.readouterr().out == "a\tb\n\\x07"


def test_a_report_is_as_wide_as_its_terminal(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    assert terminal.isatty()
    assert report_width() == 120


def test_a_very_narrow_terminal_gets_what_can_be_read(
    open_terminal: OpenTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal()
    monkeypatch.setenv("COLUMNS", "20")
    assert (terminal.isatty(), report_width()) == (True, 60)


def test_files_and_pipes_have_one_width(open_terminal: OpenTerminal, tmp_path: Path) -> None:
    terminal = open_terminal()
    assert terminal.isatty()
    assert report_width(tmp_path / "report.txt") == WIDTH


def test_a_pipe_has_one_width(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_width() == WIDTH
    assert capsys.readouterr().out == ""
