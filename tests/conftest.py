"""Settings and fixtures of the whole suite."""

import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parent.parent
UNTRACED = {"properties", "real_data", "differential"}

# A law over batches of 1,000 books sees 100,000 books under `ci`, 10 million under `nightly`.
# How fast a machine generates them is not a law, so nothing fails for being slow.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", PATIENT, max_examples=25)
settings.register_profile("ci", PATIENT, max_examples=100, derandomize=True)
settings.register_profile("nightly", PATIENT, max_examples=10_000, print_blob=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
)


def pytest_configure() -> None:
    """Hear Ctrl-C also where a shell started the suite in its background and ignores it there."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest laws first: no worker then waits for another at the end of a run."""
    items.sort(key=lambda item: "test_limits_hold_at_every_step" not in item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Trace no law and no history: it would double their time, and a line has a test of its own.

    The marker `no_cover` of pytest-cov does not reach the workers of pytest-xdist. Coverage is set
    to the core that traces by `sys.settrace`.
    """
    if item.path.parent.name not in UNTRACED and item.get_closest_marker("property") is None:
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


def _real_folder(name: str) -> Path:
    parent = os.environ.get("REBALANCER_REAL_DATA") or REPOSITORY.parent / "shared" / "data"
    folder = Path(parent) / name
    if not folder.is_dir():
        pytest.skip(
            f"no real observations: {folder} is absent (REBALANCER_REAL_DATA names another)"
        )
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root folder of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_daily() -> Path:
    """The market folder of daily observations, 2019 to 2023."""
    return _real_folder("binance-daily-2019-2023")


@pytest.fixture(scope="session")
def real_hourly() -> Path:
    """The market folder of hourly observations, 2021 and 2022."""
    return _real_folder("binance-hourly-2021-2022")
