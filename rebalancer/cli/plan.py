"""`rebalancer plan`: the trades that bring a portfolio to its policy."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebalancer.cli.failures import FINDINGS
from rebalancer.cli.options import AsOf, MarketFolder, OutputFile, PolicyPath, split_prices
from rebalancer.cli.root import app, examples

if TYPE_CHECKING:
    from rebalancer.model.plan import Plan

_INPUTS = "rebalancer plan policy.yaml --portfolio portfolio.yaml --market market"
EPILOG = examples(
    _INPUTS,
    f"{_INPUTS} -o plan.json --format json",
    f"{_INPUTS} --price BTC/USDT=42100",
)


class PlanFormat(StrEnum):
    """How a plan is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


@app.command("plan", short_help="The trades that bring a portfolio to its policy.", epilog=EPILOG)
def plan(
    policy: PolicyPath,
    *,
    portfolio: Annotated[
        Path, typer.Option("--portfolio", metavar="FILE", help="The portfolio file.")
    ],
    market: MarketFolder,
    as_of: AsOf = None,
    regime: Annotated[
        str | None,
        typer.Option(
            "--regime", metavar="NAME", help="Plan for this regime, not the replayed one."
        ),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option("--price", metavar="SYMBOL=P", help="Use this price; may be repeated."),
    ] = None,
    style: Annotated[PlanFormat, typer.Option("--format", help="How to print.")] = PlanFormat.TABLE,
    output: OutputFile = None,
) -> None:
    """Print the trades that bring a portfolio to its policy, in order, each with its reason.

    The regime is replayed from the market's history unless it is given. A refused plan is printed
    in full and exits 1.
    """
    import rebalancer  # noqa: PLC0415
    from rebalancer.cli.progress import progress  # noqa: PLC0415
    from rebalancer.model.plan import PlanStatus  # noqa: PLC0415

    prices = split_prices(price or [])
    with progress(f"planning with {market}"):
        made = rebalancer.plan(policy, market, portfolio, as_of=as_of, regime=regime, prices=prices)
    _print(made, style, output=output)
    if made.status is PlanStatus.REFUSED:
        raise typer.Exit(FINDINGS)


def _print(made: "Plan", style: PlanFormat, *, output: Path | None) -> None:
    """Print a plan; only the format that is asked for is loaded."""
    from rebalancer.cli.printing import print_lines, print_text, report_width  # noqa: PLC0415

    if style is PlanFormat.TABLE:
        from rebalancer.reports.plan_table import plan_lines  # noqa: PLC0415

        print_lines(plan_lines(made, width=report_width(output)), output)
    elif style is PlanFormat.JSON:
        from rebalancer.reports.json_text import json_text  # noqa: PLC0415
        from rebalancer.reports.plan_document import plan_document  # noqa: PLC0415

        print_text(json_text(plan_document(made)), output)
    elif style is PlanFormat.CSV:
        from rebalancer.reports.plan_csv import plan_csv  # noqa: PLC0415

        print_text(plan_csv(made), output)
    else:
        from rebalancer.reports.plan_markdown import plan_markdown  # noqa: PLC0415

        print_text(plan_markdown(made), output)
