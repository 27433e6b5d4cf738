"""What the package offers by its own name."""

import subprocess
import sys
from inspect import isfunction
from pathlib import Path

import pytest

import rebalancer


def test_every_name_of_the_package_is_there() -> None:
    offered = set(rebalancer.__all__) - {"__version__"}
    assert all(isfunction(getattr(rebalancer, name)) for name in offered)
    assert all(getattr(rebalancer, name).__name__ == name for name in offered)
    assert set(rebalancer.__all__) == set(dir(rebalancer))


def test_the_types_of_the_package_name_every_function() -> None:
    stub = Path(rebalancer.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    imported, _, listed = stub.partition("__all__ = ")
    for name in set(rebalancer.__all__) - {"__version__"}:
        home = getattr(rebalancer, name).__module__
        (line,) = (each for each in imported.splitlines() if f"from {home} " in each)
        assert name in line.partition(" import ")[2].split(", ")
        assert f'    "{name}",\n' in listed


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute `plna`"):
        rebalancer.__getattr__("plna")


def test_importing_the_package_loads_nothing_else() -> None:
    check = "import sys, rebalancer; sys.exit(any(n in sys.modules for n in ('numpy', 'polars')))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
