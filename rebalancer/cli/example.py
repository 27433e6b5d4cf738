"""`rebalancer example`: a small market, a portfolio and a policy to start from."""

from pathlib import Path
from typing import Annotated

import typer

from rebalancer.cli.options import Format, OutputFile, TableOrJson
from rebalancer.cli.root import app, examples

EPILOG = examples("rebalancer example demo")


@app.command("example", short_help="Write a small market, portfolio and policy.", epilog=EPILOG)
def example(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to write it, the present folder.")
    ] = Path(),
    *,
    style: TableOrJson = Format.TABLE,
    output: OutputFile = None,
) -> None:
    """Write a small generated market, a portfolio and a policy to start from.

    Files that are there already are never replaced: then nothing is written.
    """
    from rebalancer.adapters.example_files import write_example  # noqa: PLC0415
    from rebalancer.cli.printing import print_text  # noqa: PLC0415
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415

    paths = [str(path) for path in write_example(folder)]
    if style is Format.JSON:
        print_text(json_text(paths), output)
    else:
        print_text("".join(f"wrote {path}\n" for path in paths), output)
