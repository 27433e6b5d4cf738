"""Workers of a Dask cluster; the only module that knows Dask."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from rebalancer.errors import UsageError

_SECONDS_TO_CONNECT = 20
_RETRIES = 3
_LARGE_TASK = "1 GiB"
"""Every chunk carries its market, so that none needs what only a lost worker had."""


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """Give an executor of the cluster whose scheduler is at an address such as tcp://host:8786.

    What a lost worker had is done by another; where none is left, tasks wait for one to come back.
    Leaving the block takes back what is not done. Raises UsageError where nothing answers, or where
    `distributed` is not installed.
    """
    try:
        from dask import config  # noqa: PLC0415  -- an extra
        from distributed import Client  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "a Dask cluster needs the package `distributed`; install `rebalancer[cluster]`"
        ) from None
    with config.set({"distributed.admin.large-graph-warning-threshold": _LARGE_TASK}):
        try:
            client = Client(  # type: ignore[no-untyped-call]  # Dask is untyped
                address, timeout=_SECONDS_TO_CONNECT, set_as_default=False
            )
        except (OSError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise UsageError(f"cannot reach the Dask cluster at {address}: {reason}") from error
        with client:
            executor: Executor = client.get_executor(  # type: ignore[no-untyped-call]  # as above
                pure=False, retries=_RETRIES
            )
            try:
                yield executor
            finally:
                executor.shutdown(wait=False)
