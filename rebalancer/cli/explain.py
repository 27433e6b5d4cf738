"""`rebalancer explain`: a stored plan in sentences."""

from pathlib import Path
from typing import Annotated

import typer

from rebalancer.cli.options import Format, OutputFile, TableOrJson
from rebalancer.cli.root import app, examples

EPILOG = examples("rebalancer explain plan.json")


@app.command("explain", short_help="A stored plan in sentences.", epilog=EPILOG)
def explain(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN.json", help="What `plan --format json` printed.")
    ],
    *,
    style: TableOrJson = Format.TABLE,
    output: OutputFile = None,
) -> None:
    """Say in full sentences what a stored plan does, and why."""
    from rebalancer.adapters.record_file import read_file  # noqa: PLC0415
    from rebalancer.cli.printing import print_lines, print_text, report_width  # noqa: PLC0415
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415
    from rebalancer.reports.plan_sentences import plan_sentences, sentence_lines  # noqa: PLC0415
    from rebalancer.reports.stored_plan import read_plan_document  # noqa: PLC0415

    document = read_plan_document(read_file(plan), str(plan))
    paragraphs = plan_sentences(document)
    if style is Format.JSON:
        content = {"plan_id": document["plan_id"], "paragraphs": paragraphs}
        print_text(json_text(content), output)
    else:
        print_lines(sentence_lines(paragraphs, width=report_width(output)), output)
