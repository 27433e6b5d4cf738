"""A sweep is the same bytes whoever works on it, also where a worker is killed half-way."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import active_children

import pytest
from distributed import Client, LocalCluster

from rebalancer import sweep
from rebalancer.evaluation.executors import Report
from rebalancer.evaluation.sweep_result import SweepResult
from rebalancer.reports.json_text import json_text
from rebalancer.reports.sweep_document import sweep_document
from tests.unit.evaluation.small_sweeps import POLICY, SETTINGS, wavy_market

PATHS = 3
RUNS = 18

pytestmark = pytest.mark.slow


def swept(executor: str | None, report: Report = lambda _finished, _total: None) -> SweepResult:
    return sweep(
        POLICY, wavy_market(), set=SETTINGS, paths=PATHS, seed=7, executor=executor, report=report
    )


def bytes_of(result: SweepResult) -> list[bytes]:
    """Everything that a sweep says."""
    arrays = [name.encode() + numbers.tobytes() for name, numbers in result.metrics.items()]
    tables = [frame.write_csv().encode() for frame in result.frames.by_name().values()]
    return [*arrays, *tables, json_text(sweep_document(result)).encode()]


@pytest.fixture(scope="module")
def here() -> list[bytes]:
    """The bytes of the sweep that one process makes."""
    result = swept(None)
    assert result.missing == ()
    assert len(set(result.metrics["end_nav"].ravel().tolist())) > PATHS
    return bytes_of(result)


class Killer:
    """Kills one process as soon as the first runs are finished, and counts what was reported."""

    def __init__(self, find: Callable[[], int]) -> None:
        self._find = find
        self.killed: int | None = None
        self.reports: list[int] = []

    def __call__(self, finished: int, total: int) -> None:
        assert total == RUNS
        self.reports.append(finished)
        if self.killed is None:
            self.killed = self._find()
            os.kill(self.killed, signal.SIGKILL)


@contextmanager
def nannied_cluster() -> Iterator[str]:
    """A scheduler with two workers that are started again when they die."""
    with LocalCluster(  # type: ignore[no-untyped-call]  # Dask is untyped
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


@contextmanager
def bare_cluster() -> Iterator[str]:
    """A scheduler with two workers that stay dead."""
    with LocalCluster(  # type: ignore[no-untyped-call]  # Dask is untyped
        n_workers=0, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address]
        options = ["--no-nanny", "--nthreads", "1", "--no-dashboard"]
        workers = [
            subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL) for _ in range(2)
        ]
        try:
            cluster.wait_for_workers(2, timeout=60)
            yield address
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()


def worker_of(address: str) -> int:
    """The process of one worker of a cluster."""
    with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        return int(min(client.run(os.getpid).values()))


def process_of_a_pool() -> int:
    return min(child.pid for child in active_children() if child.pid)


def test_two_processes_make_the_bytes_of_one(here: list[bytes]) -> None:
    assert bytes_of(swept("processes:2")) == here


def test_a_killed_process_loses_nothing(here: list[bytes]) -> None:
    kill = Killer(process_of_a_pool)
    assert bytes_of(swept("processes:2", report=kill)) == here
    assert kill.killed is not None
    assert kill.reports[-1] == RUNS
    assert kill.reports == sorted(set(kill.reports))


@pytest.mark.parametrize("cluster", [nannied_cluster, bare_cluster])
def test_a_cluster_makes_the_bytes_of_one_process_also_when_a_worker_is_killed(
    here: list[bytes], cluster: Callable[[], AbstractContextManager[str]]
) -> None:
    with cluster() as address:
        assert bytes_of(swept(address)) == here
        kill = Killer(lambda: worker_of(address))
        assert bytes_of(swept(address, report=kill)) == here
        assert kill.killed is not None
        assert kill.reports[-1] == RUNS
