"""Says on stderr what takes long, where someone is looking, and that it was interrupted."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from rebalancer.cli.printing import print_problem

PATIENCE_SECONDS = 1.0

Tell = Callable[[str], None]
"""Prints how far the work is, if stderr is a terminal."""


@contextmanager
def progress(doing: str) -> Iterator[Tell]:
    """Print what is being done once it has taken a second, if stderr is a terminal.

    What is told of it before then is printed instead. An interruption is told wherever stderr goes.
    """
    is_watched = sys.stderr.isatty()
    timer = Timer(PATIENCE_SECONDS, print_problem, [f"{doing} ..."])
    timer.daemon = True

    def tell(text: str) -> None:
        timer.cancel()
        if is_watched:
            print_problem(text)

    if is_watched:
        timer.start()
    try:
        yield tell
    except KeyboardInterrupt:
        print_problem("interrupted: nothing is finished")
        raise
    finally:
        timer.cancel()
