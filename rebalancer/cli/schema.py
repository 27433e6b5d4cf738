"""`rebalancer schema`: the JSON Schemas of every file that is read or written."""

from pathlib import Path
from typing import Annotated

import typer

from rebalancer.cli.options import Format, OutputFile
from rebalancer.cli.root import app, examples

EPILOG = examples("rebalancer schema", "rebalancer schema --write schemas")


@app.command("schema", short_help="The JSON Schemas.", epilog=EPILOG)
def schema(
    *,
    folder: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="Write one file per schema here.")
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.JSON,
    output: OutputFile = None,
) -> None:
    """Print the JSON Schemas of policies, portfolios, instruments and plans, or write them.

    The table lists their files; the JSON is one object with a schema for each file.
    """
    from rebalancer.cli.printing import print_text  # noqa: PLC0415
    from rebalancer.cli.schema_files import schema_files, write_schemas  # noqa: PLC0415
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415

    if folder is not None:
        print_text("".join(f"wrote {path}\n" for path in write_schemas(folder)), output)
    elif style is Format.TABLE:
        print_text("".join(f"{name}\n" for name in schema_files()), output)
    else:
        print_text(json_text(schema_files()), output)
