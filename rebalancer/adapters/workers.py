"""Who works on a sweep: this process, processes beside it, a Dask cluster or any executor."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from rebalancer.adapters.dask_cluster import dask_cluster
from rebalancer.errors import UsageError
from rebalancer.evaluation.executors import Submit, Work, Workers, submit_to

OpensExecutor = Callable[[], Executor]
Opens = Callable[[], AbstractContextManager[Executor]]
PROCESSES = "processes"
_FORMS = "processes, processes:4, tcp://HOST:PORT or MODULE:FUNCTION"


def choose_workers(executor: Executor | OpensExecutor | str | None) -> Workers | None:
    """Return the workers that an executor stands for; None is this process.

    A text is `processes`, `processes:N`, the address of a Dask scheduler, or `MODULE:FUNCTION` for
    what opens an executor. Raises UsageError for any other.
    """
    if executor is None:
        return None
    if isinstance(executor, Executor):
        return Workers(partial(submit_to, executor), is_given=True)
    return (
        _named(executor) if isinstance(executor, str) else _opened_by(partial(_open_any, executor))
    )


def _named(executor: str) -> Workers:
    if "://" in executor:
        return _opened_by(lambda: dask_cluster(executor))
    kind, colon, rest = executor.partition(":")
    if kind == PROCESSES:
        # slow to load, and every command loads this module
        from rebalancer.adapters.local_processes import local_processes  # noqa: PLC0415

        count = _count(rest) if colon else _cores()
        return Workers(partial(local_processes, count))
    return _opened_by(partial(_open_any, _find_function(executor, module=kind, name=rest)))


def _opened_by(opens: Opens) -> Workers:
    @contextmanager
    def opened(work: Work[Any]) -> Iterator[Submit[Any]]:
        with opens() as executor, submit_to(executor, work) as submit:
            yield submit

    return Workers(opened)


def _open_any(function: OpensExecutor) -> Executor:
    executor: object = function()  # a caller may give any function
    if not isinstance(executor, Executor):
        name = getattr(function, "__qualname__", repr(function))
        raise UsageError(f"`{name}` opens no executor of concurrent.futures")
    return executor


def _find_function(text: str, *, module: str, name: str) -> OpensExecutor:
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"executor must be {_FORMS}, was `{text}`: {error}") from None
    if not callable(function):
        raise UsageError(f"executor must be {_FORMS}, was `{text}`, which is no function")
    opens: OpensExecutor = function
    return opens


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise UsageError(f"the number of processes must be at least 1, was `{text}`")
    return count


def _cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
