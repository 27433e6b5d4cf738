import subprocess
import sys
from pathlib import Path

import pytest

from rebalancer.adapters.example_files import write_example
from tests.architecture.package_sources import REPOSITORY

# Runs the installed command's entry point, then writes the names of all imported modules.
RUN = """
import sys
from pathlib import Path
target, *sys.argv[1:] = sys.argv[1:]
sys.argv[0] = "rebalancer"
try:
    from rebalancer.cli.app import main
    code = main()
except SystemExit as stop:
    code = stop.code
Path(target).write_text("\\n".join(sorted(sys.modules)))
sys.exit(code)
"""
SOLVERS = {"scipy", "z3"}
WEB_AND_EXCHANGES = {"aiohttp", "ccxt", "fastapi", "httpx", "requests", "starlette", "urllib3"}
CLUSTERS_AND_CHARTS = {"altair", "dask", "distributed"}
HEAVY = {"pandas", "polars"} | SOLVERS | WEB_AND_EXCHANGES | CLUSTERS_AND_CHARTS


def libraries_imported_by(arguments: list[str], target: Path) -> set[str]:
    return {name.partition(".")[0] for name in modules_imported_by(arguments, target)}


def modules_imported_by(arguments: list[str], target: Path) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", RUN, str(target), *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return set(target.read_text().split())


def test_help_imports_neither_tables_nor_arrays_nor_a_terminal_library(tmp_path: Path) -> None:
    libraries = libraries_imported_by(["--help"], tmp_path / "libraries")
    assert libraries & (HEAVY | {"numpy", "rich"}) == set()


@pytest.mark.parametrize("arguments", [["check", "policies"], ["check", "--help"]])
def test_check_imports_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    libraries = libraries_imported_by(arguments, tmp_path / "libraries")
    assert libraries & HEAVY == set()


def test_planning_imports_nothing_that_evaluates(tmp_path: Path) -> None:
    write_example(tmp_path)
    paths = [tmp_path / name for name in ("policy.yaml", "portfolio.yaml", "market")]
    policy, portfolio, market = map(str, paths)
    arguments = ["plan", policy, "--portfolio", portfolio, "--market", market]
    modules = modules_imported_by(arguments, tmp_path / "modules")
    assert {name for name in modules if name.startswith("rebalancer.evaluation")} == set()
    assert "rebalancer.planner" in modules
