"""Worker processes on this machine."""

import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from threading import Thread


@contextmanager
def local_processes(count: int) -> Iterator[Executor]:
    """Give an executor of so many processes, each started afresh.

    They end with the block: after their work where it is left in the usual way, and at once where
    an exception leaves it or this process is gone.
    """
    leash, holder = Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_follow, initargs=(leash,)
    )
    try:
        yield pool
        pool.shutdown()
    finally:
        holder.close()
        pool.shutdown(wait=False, cancel_futures=True)
        leash.close()


def _follow(leash: Connection) -> None:
    """Live as long as the holder of the leash does, whatever is typed at the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    with suppress(EOFError, OSError):
        leash.recv_bytes()
    signal.raise_signal(signal.SIGTERM)
