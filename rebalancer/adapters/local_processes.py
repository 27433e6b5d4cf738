"""Worker processes on this machine."""

import pickle
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from rebalancer.evaluation.executors import Failed, Submit, Work, attempt

_OWN: list[Work[Any]] = []
"""The work of this worker process."""


@contextmanager
def local_processes(count: int, work: Work[Any]) -> Iterator[Submit[Any]]:
    """Give what sends chunks to so many processes, each started afresh and given the work once.

    They end with the block: after their chunks where it is left in the usual way, and at once where
    an exception leaves it or this process is gone. The work goes through a file and chunks alone
    through pipes: writing more than a pipe holds to a process that died would never end.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "work"
        path.write_bytes(pickle.dumps(work))
        leash, holder = Pipe(duplex=False)
        pool = ProcessPoolExecutor(
            count, mp_context=get_context("spawn"), initializer=_follow, initargs=(leash, path)
        )

        sent: list[Future[Any | Failed]] = []

        def submit(chunk: range) -> Future[Any | Failed]:
            sent.append(pool.submit(_work_on, chunk))
            return sent[-1]

        try:
            yield submit
            wait(sent)
        finally:
            # without the leash a process is gone at once: it need not take its libraries down
            holder.close()
            pool.shutdown(wait=False, cancel_futures=True)
            leash.close()


def _follow(leash: Connection, path: Path) -> None:
    """Take the work, and live as long as the holder of the leash does.

    What is typed at the terminal is for the holder alone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(leash,), daemon=True).start()
    _OWN[:] = [pickle.loads(path.read_bytes())]  # noqa: S301  -- our own, in a private folder


def _end_with(leash: Connection) -> None:
    with suppress(EOFError, OSError):
        leash.recv_bytes()
    signal.raise_signal(signal.SIGTERM)


def _work_on(chunk: range) -> Any | Failed:
    """Do a chunk of this process's work."""
    return attempt(_OWN[0], chunk)
