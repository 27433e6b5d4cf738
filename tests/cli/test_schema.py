import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Command

NAMES = [
    "evaluation.schema.json",
    "instruments.schema.json",
    "plan.schema.json",
    "policy.schema.json",
    "portfolio.schema.json",
]


def test_every_schema_is_printed_by_the_name_of_its_file(command: Command) -> None:
    result = command("schema")
    assert result.code == 0
    schemas = json.loads(result.out)
    assert list(schemas) == NAMES
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_the_table_lists_the_files(command: Command) -> None:
    assert command("schema", "--format", "table").out.splitlines() == NAMES


def test_schemas_are_written_and_replaced(command: Command, folder: Path) -> None:
    for _ in range(2):
        result = command("schema", "--write", "out/schemas")
        assert result.code == 0
        assert result.out.splitlines() == [f"wrote out/schemas/{name}" for name in NAMES]
    assert sorted(path.name for path in (folder / "out" / "schemas").iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_schemas_are_current(command: Command, repository: Path, name: str) -> None:
    command("schema", "--write", "out")
    stored = (repository / "schemas" / name).read_text(encoding="utf-8")
    assert stored == Path("out", name).read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_bad_usage(command: Command) -> None:
    result = command("schema", "--write", "policy.yaml")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: cannot make folder policy.yaml: ")
