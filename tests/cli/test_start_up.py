import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import INPUTS

# Runs a command, then writes the names of all imported libraries to stderr.
RUN = """
import sys
from rebalancer.cli.app import run
code = run(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


def libraries(folder: Path, *arguments: str) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stderr.split())


@pytest.mark.parametrize("style", ["table", "json", "csv", "markdown"])
def test_a_plan_that_no_terminal_sees_loads_no_terminal_library(folder: Path, style: str) -> None:
    loaded = libraries(folder, "plan", *INPUTS, "--format", style)
    assert loaded & {"rich", "jsonschema", "asyncio", "pandas"} == set()
    assert {"numpy", "polars"} <= loaded


def test_a_regime_diagram_loads_no_tables(folder: Path) -> None:
    assert libraries(folder, "graph", "policy.yaml") & {"polars", "rich", "jsonschema"} == set()
