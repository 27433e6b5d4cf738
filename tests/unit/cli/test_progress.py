import io
from threading import Event

import pytest

from rebalancer.cli import progress as module
from rebalancer.cli.progress import progress


class Stream(io.StringIO):
    """A stream that may be a terminal and tells when something was written."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal
        self.written = Event()

    def isatty(self) -> bool:
        return self.is_terminal

    def flush(self) -> None:
        self.written.set()


def test_work_that_takes_long_is_named_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(is_terminal=True)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.001)
    with progress("reading market"):
        assert stream.written.wait(timeout=30)
    assert stream.getvalue() == "reading market ...\n"


def test_quick_work_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(is_terminal=True)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 600)
    with progress("reading market"):
        pass
    assert stream.getvalue() == ""


def test_nothing_is_said_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(is_terminal=False)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0)
    with progress("reading market") as tell:
        tell("read 4 of 6 files")
    assert stream.getvalue() == ""


def test_what_is_told_of_the_work_is_printed_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(is_terminal=True)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    with progress("evaluating") as tell:
        tell("evaluated 4 of 6 runs")
        Event().wait(0.4)
    assert stream.getvalue() == "evaluated 4 of 6 runs\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_an_interruption_is_told_everywhere(
    monkeypatch: pytest.MonkeyPatch,
    is_terminal: bool,  # noqa: FBT001  -- a case
) -> None:
    stream = Stream(is_terminal=is_terminal)
    monkeypatch.setattr("sys.stderr", stream)
    with pytest.raises(KeyboardInterrupt), progress("evaluating"):
        raise KeyboardInterrupt
    assert stream.getvalue() == "interrupted: nothing is finished\n"
