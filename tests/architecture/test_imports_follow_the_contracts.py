import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.package_sources import PACKAGE, REPOSITORY, parse

# These may touch files, the clock, the terminal or other processes.
OUTER_PACKAGES = {"__init__", "__main__", "adapters", "api", "cli", "testing", "verification"}

RUN = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_package(tmp_path: Path) -> Path:
    """A copy of the package, beside its settings, to break."""
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PACKAGE, tmp_path / "rebalancer", ignore=ignored))


def test_the_import_contracts_hold() -> None:
    result = lint_imports(REPOSITORY)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("model", "import rebalancer.cli", "Dependencies point down the page"),
        ("triggers", "import rebalancer.signals", "Dependencies point down the page"),
        ("policy", "import pathlib", "The core does no input or output"),
        ("reports", "from rich import print", "Only the command line talks to the terminal"),
        ("adapters", "import yaml", "Only the policy reader knows YAML"),
        ("planner", "import polars", "Only adapters, signals, evaluation and reports use polars"),
        ("cli", "import z3", "Only verification talks to the solver"),
        (
            "planner",
            "import transitions",
            "Only the regime package knows the state machine library",
        ),
    ],
)
def test_an_import_in_the_wrong_place_breaks_its_contract(
    copied_package: Path, module: str, statement: str, contract: str
) -> None:
    (copied_package / module / "misplaced.py").write_text(f"{statement}\n")
    result = lint_imports(copied_package.parent)
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(line.startswith(contract) for line in broken), broken


def test_a_library_is_welcome_in_its_home(copied_package: Path) -> None:
    (copied_package / "adapters" / "at_home.py").write_text("import polars\n")
    (copied_package / "cli" / "at_home.py").write_text("import rich.table\nimport typer\n")
    (copied_package / "policy" / "source.py").write_text("import yaml\n")
    (copied_package / "regime" / "at_home.py").write_text("import transitions.core\n")
    result = lint_imports(copied_package.parent)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_inner_package_is_under_the_contract_of_the_pure_core() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (pure_core,) = (contract for contract in contracts if contract["id"] == "pure-core")
    packages = {path.stem for path in PACKAGE.glob("*.py")}
    packages |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    expected = {f"rebalancer.{name}" for name in packages - OUTER_PACKAGES}
    assert set(pure_core["source_modules"]) == expected


def test_the_oracle_knows_nothing_of_the_package_it_judges() -> None:
    sources = sorted((REPOSITORY / "tests" / "oracle").rglob("*.py"))
    imports = [
        (path.name, name)
        for path in sources
        for node in ast.walk(parse(path))
        for name in imported_names(node)
        if name.partition(".")[0] == PACKAGE.name
    ]
    assert sources
    assert imports == []
