"""`rebalancer graph`: the regime diagram of a policy."""

from enum import StrEnum
from typing import Annotated

import typer

from rebalancer.cli.options import OutputFile, PolicyPath
from rebalancer.cli.root import app, examples

EPILOG = examples(
    "rebalancer graph policy.yaml --format mermaid",
    "rebalancer graph policy.yaml --format dot -o regimes.dot",
)


class GraphFormat(StrEnum):
    """How a regime diagram is printed."""

    TABLE = "table"
    JSON = "json"
    MERMAID = "mermaid"
    DOT = "dot"


@app.command("graph", short_help="The regime diagram.", epilog=EPILOG)
def graph(
    policy: PolicyPath,
    *,
    style: Annotated[
        GraphFormat, typer.Option("--format", help="How to print.")
    ] = GraphFormat.MERMAID,
    output: OutputFile = None,
) -> None:
    """Print the regimes of a policy and the transitions between them.

    Mermaid is what GitHub and many editors draw; dot is for Graphviz.
    """
    from rebalancer.adapters.policy_file import load_policy  # noqa: PLC0415
    from rebalancer.cli.printing import print_lines, print_text, report_width  # noqa: PLC0415
    from rebalancer.reports import regime_graph  # noqa: PLC0415
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415

    rules = load_policy(policy)
    if style is GraphFormat.TABLE:
        print_lines(regime_graph.graph_lines(rules, width=report_width(output)), output)
    elif style is GraphFormat.JSON:
        print_text(json_text(regime_graph.graph_document(rules)), output)
    elif style is GraphFormat.MERMAID:
        print_text(regime_graph.graph_mermaid(rules), output)
    else:
        print_text(regime_graph.graph_dot(rules), output)
