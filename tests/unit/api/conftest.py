"""The generated example, written once for these tests: its folder, policy and market."""

from pathlib import Path

import pytest

import rebalancer
from rebalancer.adapters.example_files import write_example
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    example = tmp_path_factory.mktemp("example")
    write_example(example)
    return example


@pytest.fixture(scope="package")
def policy(folder: Path) -> Policy:
    return rebalancer.load_policy(folder / "policy.yaml")


@pytest.fixture(scope="package")
def market(folder: Path) -> Market:
    return rebalancer.load_market(folder / "market")
