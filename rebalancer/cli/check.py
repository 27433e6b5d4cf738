"""`rebalancer check`: what is wrong with policies, and where."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebalancer.cli.failures import FINDINGS
from rebalancer.cli.options import OutputFile
from rebalancer.cli.root import app, examples

if TYPE_CHECKING:
    from rebalancer.errors import Finding
    from rebalancer.policy.compiled import Policy
    from rebalancer.reports.firings import Firings

EPILOG = examples(
    "rebalancer check policies",
    "rebalancer check policies/core.yaml --strict",
    "rebalancer check demo/policy.yaml --history demo/market",
)


class CheckFormat(StrEnum):
    """How findings are printed."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


@app.command("check", short_help="What is wrong with policies, and where.", epilog=EPILOG)
def check(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Policy files, or folders of them.")
    ],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail as errors do.")] = False,
    history: Annotated[
        Path | None,
        typer.Option("--history", metavar="MARKET", help="Count how often transitions fire in it."),
    ] = None,
    style: Annotated[
        CheckFormat, typer.Option("--format", help="How to print.")
    ] = CheckFormat.TABLE,
    output: OutputFile = None,
) -> None:
    """Find what is wrong with policies, with path, line and column.

    Folders are searched for *.yaml but not for *.test.yaml. Errors exit 1; warnings alone exit 0.
    """
    from rebalancer.adapters.policy_file import check_policy, find_policies  # noqa: PLC0415
    from rebalancer.errors import has_errors  # noqa: PLC0415

    files, findings = find_policies(paths)
    policies: dict[Path, Policy] = {}
    for path in files:
        policy, found = check_policy(path)
        findings += found
        if policy is not None:
            policies[path] = policy
    firings: list[Firings] = []
    if history is not None:
        from rebalancer.cli.history import replay_firings  # noqa: PLC0415

        firings, found = replay_firings(policies, history)
        findings += found
    _print(style, output, findings=findings, firings=firings, files=len(files))
    if findings and (strict or has_errors(findings)):
        raise typer.Exit(FINDINGS)


def _print(
    style: CheckFormat,
    output: Path | None,
    *,
    findings: "tuple[Finding, ...]",
    firings: "list[Firings]",
    files: int,
) -> None:
    """Print findings, and counts of transitions where a history was asked for."""
    from rebalancer import __version__  # noqa: PLC0415
    from rebalancer.cli.printing import print_lines, print_text, report_width  # noqa: PLC0415
    from rebalancer.reports.findings_document import (  # noqa: PLC0415
        findings_document,
        findings_sarif,
    )
    from rebalancer.reports.findings_text import findings_lines  # noqa: PLC0415
    from rebalancer.reports.firings import firings_lines  # noqa: PLC0415
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415

    if style is CheckFormat.JSON:
        print_text(json_text(findings_document(findings, firings)), output)
    elif style is CheckFormat.SARIF:
        print_text(json_text(findings_sarif(findings, firings, version=__version__)), output)
    else:
        lines = findings_lines(findings, files=files)
        print_lines([*lines, *firings_lines(firings, width=report_width(output))], output)
