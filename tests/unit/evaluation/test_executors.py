import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rebalancer.adapters.local_processes import local_processes
from rebalancer.errors import UsageError
from rebalancer.evaluation.executors import (
    INTERRUPTED,
    Submit,
    Work,
    Workers,
    chunk_runs,
    submit_to,
    work_through,
)

CHUNKS = [range(3), range(3, 5), range(5, 6)]


def squares(chunk: range) -> list[int]:
    return [number**2 for number in chunk]


def silent(_finished: int, _total: int) -> None:
    pass


def opened(executor: Executor) -> Workers:
    return Workers(partial(submit_to, executor), is_given=True)


class Brittle(ThreadPoolExecutor):
    """Threads that are lost, with what they have to do, after some chunks."""

    def __init__(self, lasting: int) -> None:
        super().__init__(1)
        self._lasting = lasting

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self._lasting -= 1
        if self._lasting >= 0:
            return super().submit(fn, *args, **kwargs)
        lost: Future[Any] = Future()
        lost.set_exception(BrokenExecutor("the worker is gone"))
        return lost


def brittle_workers(*lasting: int) -> tuple[Workers, list[int]]:
    """Workers that can be opened again, each time with so many chunks of life; and the times."""
    lives = list(lasting)
    openings: list[int] = []

    @contextmanager
    def open_next(work: Work[Any]) -> Iterator[Submit[Any]]:
        openings.append(len(openings))
        life = lives.pop(0) if len(lives) > 1 else lives[0]
        with Brittle(life) as executor, submit_to(executor, work) as submit:
            yield submit

    return Workers(open_next), openings


@pytest.mark.parametrize("runs", [1, 4, 5, 9, 100, 512, 777, 1000])
def test_chunks_are_all_runs_in_order_and_grow_smaller(runs: int) -> None:
    chunks = chunk_runs(runs)
    assert [number for chunk in chunks for number in chunk] == list(range(runs))
    sizes = [len(chunk) for chunk in chunks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= 64
    assert sizes[0] - sizes[-1] <= 1
    # whoever stops a sweep of a few variants in its middle has those of its first half
    assert len(sizes) == runs or len(sizes) % 8 == 0


def test_results_come_in_the_order_of_the_chunks_whoever_finishes_first() -> None:
    last_is_done = threading.Event()

    def last_first(chunk: range) -> list[int]:
        if 5 in chunk:
            last_is_done.set()
        else:
            assert last_is_done.wait(10)
        return squares(chunk)

    with ThreadPoolExecutor(3) as executor:
        done = work_through(last_first, CHUNKS, workers=opened(executor), report=silent)
    assert done.results == ([0, 1, 4], [9, 16], [25])
    assert done.stopped == ""


def test_each_finished_chunk_is_reported_with_the_runs_so_far() -> None:
    reports: list[tuple[int, int]] = []
    work_through(squares, CHUNKS, workers=None, report=lambda *told: reports.append(told))
    assert reports == [(3, 6), (5, 6), (6, 6)]


def test_only_what_lost_workers_had_is_done_again() -> None:
    worked: list[range] = []

    def noted(chunk: range) -> list[int]:
        worked.append(chunk)
        return squares(chunk)

    workers, openings = brittle_workers(1, 2)
    done = work_through(noted, CHUNKS, workers=workers, report=silent)
    assert done.results == ([0, 1, 4], [9, 16], [25])
    assert sorted(worked, key=lambda chunk: chunk.start) == CHUNKS
    assert len(openings) == 2


def test_workers_that_are_lost_three_times_without_a_result_are_given_up() -> None:
    workers, openings = brittle_workers(1, 0)
    done = work_through(squares, CHUNKS, workers=workers, report=silent)
    assert done.results == ([0, 1, 4],)
    assert done.stopped == (
        "workers were lost 3 times in a row: BrokenExecutor: the worker is gone"
    )
    assert len(openings) == 4


def test_what_a_given_executor_leaves_undone_is_done_here() -> None:
    with Brittle(1) as executor:
        done = work_through(squares, CHUNKS, workers=opened(executor), report=silent)
    assert done.results == ([0, 1, 4], [9, 16], [25])


def test_an_executor_that_takes_nothing_any_more_counts_as_lost() -> None:
    with ThreadPoolExecutor(1) as executor:
        pass
    done = work_through(squares, CHUNKS, workers=opened(executor), report=silent)
    assert done.results == ([0, 1, 4], [9, 16], [25])


@pytest.mark.parametrize("is_here", [True, False])
def test_what_the_work_itself_raises_is_raised(is_here: bool) -> None:  # noqa: FBT001  -- a case
    def divide(chunk: range) -> float:
        return 1 / chunk.start

    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError):
        work_through(divide, CHUNKS, workers=None if is_here else opened(executor), report=silent)


def test_workers_that_cannot_be_reached_at_first_are_a_mistake_and_later_an_end() -> None:
    times: list[int] = []

    @contextmanager
    def reached(lasting: int, work: Work[Any]) -> Iterator[Submit[Any]]:
        times.append(1)
        if len(times) > lasting:
            raise UsageError("cannot reach the cluster")
        with Brittle(1) as executor, submit_to(executor, work) as submit:
            yield submit

    with pytest.raises(UsageError, match="cannot reach the cluster"):
        work_through(squares, CHUNKS, workers=Workers(partial(reached, 0)), report=silent)
    times.clear()
    done = work_through(squares, CHUNKS, workers=Workers(partial(reached, 1)), report=silent)
    assert done.results == ([0, 1, 4],)
    assert done.stopped == "cannot reach the cluster"


@pytest.mark.parametrize("is_here", [True, False])
def test_an_interruption_keeps_what_is_finished(is_here: bool) -> None:  # noqa: FBT001  -- a case
    def interrupt(finished: int, _total: int) -> None:
        if finished == 5:
            os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as executor:
        workers = None if is_here else opened(executor)
        done = work_through(squares, CHUNKS, workers=workers, report=interrupt)
    assert done.results == ([0, 1, 4], [9, 16])
    assert done.stopped == INTERRUPTED


def wait_long(folder: Path, _chunk: range) -> None:
    (folder / str(os.getpid())).touch()
    threading.Event().wait(60)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def are_gone_soon(processes: list[int]) -> bool:
    """Whether processes end within ten seconds."""
    for _ in range(200):
        if not any(map(is_running, processes)):
            return True
        threading.Event().wait(0.05)
    return False


@pytest.mark.slow
def test_an_interruption_does_not_wait_for_busy_processes(tmp_path: Path) -> None:
    busy: list[int] = []

    def interrupt_when_busy() -> None:
        with local_processes(2, partial(wait_long, tmp_path)) as submit:
            for start in range(5):
                submit(range(start, start + 1))
            while len(list(tmp_path.iterdir())) < 2:
                threading.Event().wait(0.05)
            busy.extend(int(path.name) for path in tmp_path.iterdir())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt_when_busy()
    assert are_gone_soon(busy)
    assert len(busy) == 2


def process_of(_chunk: range) -> int:
    threading.Event().wait(0.1)
    return os.getpid()


@pytest.mark.slow
def test_processes_end_with_their_block_and_not_before_their_chunks() -> None:
    with local_processes(2, process_of) as submit:
        sent = [submit(range(start, start + 1)) for start in range(6)]

    assert all(future.done() for future in sent)
    processes = [each for each in (future.result() for future in sent) if isinstance(each, int)]
    assert len(processes) == len(sent)
    assert are_gone_soon(processes)


def die_once(folder: Path, ballast: bytes, chunk: range) -> int:
    if chunk.start == 1 and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return chunk.start + len(ballast)


@pytest.mark.slow
def test_a_process_that_dies_with_a_full_queue_behind_it_loses_nothing(tmp_path: Path) -> None:
    """A pool whose queue carries more than a pipe holds would wait for ever."""
    work = partial(die_once, tmp_path, bytes(5_000_000))
    chunks = [range(start, start + 1) for start in range(20)]
    workers = Workers(partial(local_processes, 2))
    done = work_through(work, chunks, workers=workers, report=silent)
    assert (tmp_path / "died").exists()
    assert done.results == tuple(range(5_000_000, 5_000_020))
