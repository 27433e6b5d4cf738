"""`rebalancer evaluate`: what a policy would have done over a history; also called `backtest`."""

from enum import StrEnum
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rebalancer.cli.options import Format, MarketFolder, OutputFile, PolicyPath, TableOrJson
from rebalancer.cli.root import app, examples
from rebalancer.errors import UsageError

if TYPE_CHECKING:
    from rebalancer.api.history import EvaluateOptions
    from rebalancer.evaluation.comparison import EvaluatedPolicy

_INPUTS = "rebalancer evaluate policy.yaml --market market"
EPILOG = examples(
    _INPUTS,
    f"{_INPUTS} --start 2025-03-01 --end 2025-06-30 --capital 250000",
    f"{_INPUTS} --portfolio portfolio.yaml --out results --format json",
    f"{_INPUTS} --set rebalance.band=1%,2%,4% --paths 100 --seed 7 --executor processes",
)


class Fill(StrEnum):
    """At which price orders fill."""

    NEXT_OPEN = "next_open"
    SAME_CLOSE = "same_close"


Start = Annotated[
    str | None,
    typer.Option("--start", metavar="TIME", help="Begin here, not where all prices begin."),
]
End = Annotated[
    str | None, typer.Option("--end", metavar="TIME", help="End here, not at the last row.")
]
Capital = Annotated[
    str | None,
    typer.Option("--capital", metavar="N", help="Begin with so much cash.  [default: 100000]"),
]
Portfolio = Annotated[
    Path | None,
    typer.Option("--portfolio", metavar="FILE", help="Begin with this portfolio instead."),
]
FillAt = Annotated[
    Fill, typer.Option("--fill", help="Where orders fill; same_close is not tradable.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write every table into this new folder."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=V,V…", help="Try each value; may be repeated."),
]
Paths = Annotated[
    int | None,
    typer.Option("--paths", metavar="N", help="Run on so many resampled paths of history."),
]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="S", help="Draws the paths.  [default: 0]")
]
ExecutorName = Annotated[
    str | None,
    typer.Option(
        "--executor",
        metavar="NAME",
        help="Who works on --set and --paths: processes, processes:N or MODULE:FUNCTION.",
    ),
]
DaskAddress = Annotated[
    str | None,
    typer.Option("--dask", metavar="tcp://…", help="Let a Dask cluster work on them."),
]


@app.command("evaluate", short_help="What a policy would have done and earned.", epilog=EPILOG)
@app.command("backtest", short_help="Another name of evaluate.", epilog=EPILOG)
def evaluate(
    policy: PolicyPath,
    *,
    market: MarketFolder,
    start: Start = None,
    end: End = None,
    capital: Capital = None,
    portfolio: Portfolio = None,
    fill: FillAt = Fill.NEXT_OPEN,
    out: Out = None,
    settings: Settings = None,
    paths: Paths = None,
    seed: Seed = None,
    executor: ExecutorName = None,
    dask: DaskAddress = None,
    style: TableOrJson = Format.TABLE,
    output: OutputFile = None,
) -> None:
    """Run a policy over a market's history: metrics, events, and what it is compared with.

    The decisions are those of `plan`, and none sees a later row. The regime is replayed from the
    folder's first row, whatever --start says. With --set or --paths it is run many times; Ctrl-C
    then leaves the finished runs, says which are missing and exits 130.
    """
    from rebalancer.cli.printing import printed_anyway  # noqa: PLC0415
    from rebalancer.cli.sweeping import asked_runs, print_sweep  # noqa: PLC0415

    _require_places(out, output)
    options: EvaluateOptions = {
        "start": start,
        "end": end,
        "capital": capital,
        "portfolio": portfolio,
        "fill": fill.value,
    }
    asked = asked_runs(settings or [], (paths, seed), executor=executor, dask=dask)
    if asked is not None:
        printed = (style, output)
        print_sweep(policy, market, asked=(options, asked), out=out, printed=printed)
        return
    evaluated = _evaluate(policy, market, options)
    with printed_anyway(lambda: _print(evaluated, style, output=output)):
        if out is not None:
            _write(evaluated, out)


def _require_places(out: Path | None, output: Path | None) -> None:
    """Raise UsageError where the results could not be written once they are found."""
    from rebalancer.adapters.evaluation_folder import require_writable  # noqa: PLC0415
    from rebalancer.adapters.output import require_writable_file  # noqa: PLC0415

    if out is not None:
        require_writable(out)
    if output is None:
        return
    folder = None if out is None else realpath(out)
    if folder == realpath(output):
        raise UsageError(f"--out is a folder and -o a file, {output} cannot be both")
    # a file in the folder of results is written after them, when the folder is there
    if folder != realpath(output.parent):
        require_writable_file(output)


def _evaluate(policy: Path, market: Path, options: "EvaluateOptions") -> "EvaluatedPolicy":
    from rebalancer.cli.progress import progress  # noqa: PLC0415

    with progress(f"evaluating {policy} over {market}"):
        import rebalancer  # noqa: PLC0415

        return rebalancer.evaluate(policy, market, **options)


def _write(evaluated: "EvaluatedPolicy", out: Path) -> None:
    """Write every table and the JSON into a folder."""
    from rebalancer.adapters.evaluation_folder import write_evaluation  # noqa: PLC0415
    from rebalancer.cli.progress import progress  # noqa: PLC0415
    from rebalancer.reports.evaluation_document import evaluation_document  # noqa: PLC0415
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415

    with progress(f"writing {out}"):
        write_evaluation(
            out, evaluated.frames.by_name(), summary=json_text(evaluation_document(evaluated))
        )


def _print(evaluated: "EvaluatedPolicy", style: Format, *, output: Path | None) -> None:
    """Print an evaluation; only the format that is asked for is loaded."""
    from rebalancer.cli.printing import print_lines, print_text, report_width  # noqa: PLC0415

    if style is Format.JSON:
        from rebalancer.reports.evaluation_document import evaluation_document  # noqa: PLC0415
        from rebalancer.reports.json_text import json_text  # noqa: PLC0415

        print_text(json_text(evaluation_document(evaluated)), output)
    else:
        from rebalancer.reports.evaluation_table import evaluation_lines  # noqa: PLC0415

        print_lines(evaluation_lines(evaluated, width=report_width(output)), output)
