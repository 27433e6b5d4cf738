"""The files of `schemas/`, by name."""

from pathlib import Path
from typing import Any

from rebalancer.adapters.instrument_shape import instruments_schema
from rebalancer.adapters.output import write_whole
from rebalancer.adapters.portfolio_file import portfolio_schema
from rebalancer.errors import UsageError
from rebalancer.policy.schema import policy_schema
from rebalancer.reports.evaluation_schema import evaluation_schema
from rebalancer.reports.json_text import json_text
from rebalancer.reports.plan_schema import plan_schema


def schema_files() -> dict[str, dict[str, Any]]:
    """Return every schema by the name of its file."""
    return {
        "evaluation.schema.json": evaluation_schema(),
        "instruments.schema.json": instruments_schema(),
        "plan.schema.json": plan_schema(),
        "policy.schema.json": policy_schema(),
        "portfolio.schema.json": portfolio_schema(),
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder and return the paths; what is there is replaced."""
    contents = {folder / name: json_text(schema) for name, schema in schema_files().items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make folder {folder}: {error.strerror}") from error
    for path, content in contents.items():
        write_whole(path, content)
    return list(contents)
