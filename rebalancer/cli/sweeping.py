"""`evaluate --set` and `evaluate --paths`: many runs at once, printed and written like one."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer

from rebalancer.cli.failures import FINDINGS, INTERRUPTED
from rebalancer.cli.options import Format
from rebalancer.cli.printing import (
    print_lines,
    print_problem,
    print_text,
    printed_anyway,
    report_width,
)
from rebalancer.cli.progress import Tell, progress
from rebalancer.errors import UsageError

if TYPE_CHECKING:
    from rebalancer.api.history import EvaluateOptions
    from rebalancer.evaluation.sweep_result import SweepResult


class SweepAsked(TypedDict):
    """What the options say that only many runs need."""

    set: list[str]
    paths: int | None
    seed: int | None
    executor: str | None


def asked_runs(
    settings: list[str],
    draws: tuple[int | None, int | None],
    *,
    executor: str | None,
    dask: str | None,
) -> SweepAsked | None:
    """Return what was asked of many runs, None where one run was asked for.

    `draws` are the number of paths and their seed. Raises UsageError for options that contradict
    each other, or say nothing of a single run.
    """
    paths, seed = draws
    chosen = _choose_executor(executor, dask)
    if settings or paths is not None:
        return {"set": settings, "paths": paths, "seed": seed, "executor": chosen}
    if seed is not None or chosen is not None:
        raise UsageError("--seed, --executor and --dask are for many runs: add --paths or --set")
    return None


def _choose_executor(executor: str | None, dask: str | None) -> str | None:
    """Return who works on a sweep; raises UsageError for two answers."""
    if executor is not None and dask is not None:
        raise UsageError("--executor and --dask are two ways to say one thing; give one")
    if dask is not None and "://" not in dask:
        raise UsageError(f"--dask takes an address such as tcp://host:8786, was `{dask}`")
    return executor if dask is None else dask


def print_sweep(
    policy: Path,
    market: Path,
    *,
    asked: tuple["EvaluateOptions", SweepAsked],
    out: Path | None,
    printed: tuple[Format, Path | None],
) -> None:
    """Run a sweep, write its tables and print it.

    What was finished before an interruption is written and printed too; the command then exits
    130, and 1 where runs are missing or could not be made for another reason.
    """
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415
    from rebalancer.reports.sweep_document import sweep_document  # noqa: PLC0415

    result = _sweep(policy, market, asked)
    text = json_text(sweep_document(result))
    with printed_anyway(lambda: _print(result, text, printed)):
        if out is not None:
            _write(result, text, out)
    _exit(result)


def _sweep(
    policy: Path, market: Path, asked: tuple["EvaluateOptions", SweepAsked]
) -> "SweepResult":
    with progress(f"evaluating {policy} over {market}") as tell:
        import rebalancer  # noqa: PLC0415

        one, many = asked
        return rebalancer.sweep(policy, market, **one, **many, report=partial(_report, tell))


def _write(result: "SweepResult", text: str, out: Path) -> None:
    from rebalancer.adapters.evaluation_folder import write_evaluation  # noqa: PLC0415

    with progress(f"writing {out}"):
        write_evaluation(out, result.frames.by_name(), summary=text)


def _print(result: "SweepResult", text: str, printed: tuple[Format, Path | None]) -> None:
    """Print a sweep, of which `text` is the JSON."""
    style, output = printed
    if style is Format.JSON:
        print_text(text, output)
    else:
        from rebalancer.reports.sweep_table import sweep_lines  # noqa: PLC0415

        print_lines(sweep_lines(result, width=report_width(output)), output)


def _report(tell: Tell, finished: int, total: int) -> None:
    tell(f"evaluated {finished:,} of {total:,} runs")


def _exit(result: "SweepResult") -> None:
    """End the command with the code that a sweep's result stands for."""
    if result.missing:
        print_problem(
            f"warning: {len(result.missing):,} of {result.finished.size:,} runs are missing: "
            f"{result.stopped}"
        )
    if result.is_interrupted:
        raise typer.Exit(INTERRUPTED)
    if result.missing or result.problems:
        raise typer.Exit(FINDINGS)
