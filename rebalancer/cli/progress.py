"""Says on stderr what takes long, where someone is looking."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from rebalancer.cli.printing import print_problem

PATIENCE_SECONDS = 1.0


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Print what is being done once it has taken a second, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    timer = Timer(PATIENCE_SECONDS, print_problem, [f"{doing} ..."])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
