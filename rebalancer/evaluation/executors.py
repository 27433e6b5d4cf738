"""Chunks of work on any executor: finished ones are kept, whatever becomes of the workers.

What is done does not depend on who does it, so a chunk that a lost worker had is done again by
another, and results come back in the order of the chunks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

from rebalancer.errors import UsageError

Result = TypeVar("Result")
Work = Callable[[range], Result]
Keep = Callable[[int, Result], None]
Report = Callable[[int, int], None]
"""Is told how many runs are finished, and of how many, after every chunk."""

INTERRUPTED = "interrupted"

_PARTS, _LARGEST_CHUNK = 8, 64
"""Runs of a chunk are one batch, and fast together; an interruption costs a chunk per worker."""

_PATIENCE = 3
"""How often in a row workers may be lost without anything finished in between."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What a chunk raised; unlike the loss of a worker, it would be raised again."""

    error: Exception


Submit = Callable[[range], Future[Result | Failed]]
"""Sends a chunk to a worker."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work: how to reach them with it.

    Leaving the context by an exception ends what they still do. `open` is called again where
    workers were lost. `is_given` marks an executor of the caller's own, which cannot be opened
    again: what it leaves undone is done in this process.
    """

    open: Callable[[Work[Any]], AbstractContextManager[Submit[Any]]]
    is_given: bool = False


@dataclass(frozen=True, slots=True)
class WorkedThrough(Generic[Result]):
    """The results of the chunks that were finished, in order; `stopped` says why there is no more.

    `stopped` is empty where all are there, and INTERRUPTED where the user wanted no more.
    """

    results: tuple[Result, ...]
    stopped: str = ""


def chunk_runs(count: int) -> list[range]:
    """Return runs 0 to count − 1 in chunks whose sizes differ by one at most.

    There are eight or a multiple of it, so that two, four or eight workers get as many each; of
    fewer runs each is a chunk.

    They do not depend on who works: a batch's last digits may depend on what is in it, and the
    result is to be the same bytes anywhere.

    >>> [len(chunk) for chunk in chunk_runs(50)]
    [7, 7, 6, 6, 6, 6, 6, 6]
    """
    chunks = min(_PARTS * -(-count // (_PARTS * _LARGEST_CHUNK)), count)
    size, more = divmod(count, max(chunks, 1))
    starts = [number * size + min(number, more) for number in range(chunks + 1)]
    return [range(*ends) for ends in pairwise(starts)]


def work_through(
    work: Work[Result],
    chunks: Sequence[range],
    *,
    workers: Workers | None,
    report: Report,
) -> WorkedThrough[Result]:
    """Return the results of all chunks, or of those that were finished before work had to stop.

    Without workers the chunks are done here, one after the other. An interruption (Ctrl-C) ends
    the work and keeps what is finished. What a chunk raises by itself is raised.
    """
    done: dict[int, Result] = {}
    total = sum(map(len, chunks))

    def keep(place: int, result: Result) -> None:
        done[place] = result
        report(sum(len(chunks[each]) for each in done), total)

    try:
        stopped = _work_anywhere(work, chunks, workers=workers, keep=keep, done=done)
    except KeyboardInterrupt:
        stopped = INTERRUPTED
    return WorkedThrough(tuple(done[place] for place in sorted(done)), stopped)


def _work_anywhere(
    work: Work[Result],
    chunks: Sequence[range],
    *,
    workers: Workers | None,
    keep: Keep[Result],
    done: Mapping[int, Result],
) -> str:
    """Do the chunks and return why any is left."""
    fruitless = 0
    while pending := {place: each for place, each in enumerate(chunks) if place not in done}:
        if workers is None:
            for place, chunk in pending.items():
                keep(place, work(chunk))
            break
        before = len(done)
        try:
            lost = _work_elsewhere(work, pending, workers=workers, keep=keep)
        except UsageError as error:
            if not done:
                raise
            return str(error)
        fruitless = 0 if len(done) > before else fruitless + 1
        if lost and workers.is_given:
            workers = None
        elif fruitless == _PATIENCE:
            return f"workers were lost {_PATIENCE} times in a row: {lost}"
    return ""


def _work_elsewhere(
    work: Work[Result], pending: Mapping[int, range], *, workers: Workers, keep: Keep[Result]
) -> str:
    """Let workers do the chunks once; return what took any of them away, empty where all stayed."""
    futures: dict[Future[Result | Failed], int] = {}
    lost = ""
    with workers.open(work) as submit:
        try:
            for place, chunk in pending.items():
                futures[submit(chunk)] = place
        except Exception as error:  # noqa: BLE001  -- of any executor, in any state
            lost = _describe(error)
        for future in as_completed(futures):
            lost = _take(future, futures[future], keep) or lost
    return lost


@contextmanager
def submit_to(executor: Executor, work: Work[Result]) -> Iterator[Submit[Result]]:
    """Give what sends chunks to an executor, each with all the work; take back what is left."""
    futures: list[Future[Result | Failed]] = []

    def submit(chunk: range) -> Future[Result | Failed]:
        futures.append(executor.submit(attempt, work, chunk))
        return futures[-1]

    try:
        yield submit
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def attempt(work: Work[Result], chunk: range) -> Result | Failed:
    """Do a chunk where the worker is; what it raises is no loss of the worker."""
    try:
        return work(chunk)
    except Exception as error:  # noqa: BLE001  -- it is raised where the sweep was asked for
        return Failed(error)


def _take(future: Future[Result | Failed], place: int, keep: Keep[Result]) -> str:
    """Keep what a worker has finished; return what took the worker away, empty where it stayed."""
    try:
        result = future.result()
    except Exception as error:  # noqa: BLE001  -- every kind of executor has its own
        return _describe(error)
    if isinstance(result, Failed):
        raise result.error
    keep(place, result)
    return ""


def _describe(error: Exception) -> str:
    """Return an error of an executor on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": .")
