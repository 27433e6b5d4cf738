import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from jsonschema import Draft202012Validator

from rebalancer.reports.evaluation_schema import evaluation_schema
from tests.cli.conftest import Command, assert_snapshot, files_below

EVALUATE = ("evaluate", "policy.yaml", "--market", "market")
SHORT = ("--start", "2025-06-09", "--end", "2025-07-07")
TABLES = (
    "equity",
    "events",
    "fills",
    "funding",
    "metrics",
    "plans",
    "regimes",
    "trades",
    "weights",
)


@pytest.mark.parametrize(("style", "name"), [("table", "evaluate.txt"), ("json", "evaluate.json")])
def test_an_evaluation_is_printed_in_every_format(command: Command, style: str, name: str) -> None:
    result = command(*EVALUATE, "--format", style)
    assert (result.code, result.err) == (0, "")
    assert_snapshot(result.out, name)


def test_the_table_is_what_is_printed_unless_asked_otherwise(command: Command) -> None:
    assert command(*EVALUATE, *SHORT).out == command(*EVALUATE, *SHORT, "--format", "table").out


def test_backtest_is_another_name_for_it(command: Command) -> None:
    assert command("backtest", *EVALUATE[1:], *SHORT).out == command(*EVALUATE, *SHORT).out


def test_json_fits_its_schema_and_its_attribution_sums(command: Command) -> None:
    document = json.loads(command(*EVALUATE, *SHORT, "--format", "json").out)
    assert list(Draft202012Validator(evaluation_schema()).iter_errors(document)) == []
    for run in (document, *document["comparison"].values()):
        part = {name: Decimal(text) for name, text in run["attribution"].items()}
        total = part["start_nav"] + part["spot"] + part["futures"] + part["funding"]
        total -= part["fees"] + part["slippage"] + part["liquidation"]
        assert abs(total - part["end_nav"]) <= part["start_nav"] * Decimal("1e-9")


def test_the_same_inputs_are_the_same_bytes(command: Command) -> None:
    asked = (*EVALUATE, *SHORT, "--format", "json")
    assert command(*asked).out == command(*asked).out


def test_a_period_may_be_given_and_the_regime_is_replayed_from_the_first_row(
    command: Command,
) -> None:
    document = json.loads(command(*EVALUATE, "--start", "2025-06-30", "--format", "json").out)
    assert document["start"] == "2025-06-30T00:00:00Z"
    # the step was three days before the start, and needed two weeks of funding before it
    assert document["regime_at_start"] == "yield_optimization"
    assert document["regimes"] == []


def test_capital_is_what_the_run_starts_with(command: Command) -> None:
    document = json.loads(command(*EVALUATE, *SHORT, "--capital", "2500.5", "--format", "json").out)
    navs = {run["attribution"]["start_nav"] for run in document["comparison"].values()}
    assert {document["attribution"]["start_nav"], *navs} == {"2500.5"}


def test_a_portfolio_is_what_the_run_starts_with(command: Command) -> None:
    asked = (*EVALUATE, *SHORT, "--portfolio", "portfolio.yaml", "--format", "json")
    document = json.loads(command(*asked).out)
    spot = {"BTC": "0.8", "ETH": "10.5"}
    assert document["attribution"]["start_nav"] != "100000"
    assert spot.keys() <= document["book"]["spot"].keys()


def test_fills_at_the_same_close_are_marked(command: Command) -> None:
    result = command(*EVALUATE, *SHORT, "--fill", "same_close")
    assert "same_close: NOT TRADABLE" in result.out
    asked = (*EVALUATE, *SHORT, "--fill", "same_close", "--format", "json")
    assert json.loads(command(*asked).out)["fill"] == "same_close"


def test_the_plan_of_a_time_is_the_one_that_plan_makes(command: Command, folder: Path) -> None:
    # the first Monday of the run: its book is still the cash that the run starts with
    (folder / "cash.yaml").write_text(
        "as_of: 2025-06-09T00:00:00Z\nspot: {USDT: 100000}\nfutures: {wallets: {USDT: 0}}\n",
        encoding="utf-8",
    )
    inputs = ("policy.yaml", "--market", "market", "--portfolio", "cash.yaml")
    plan = json.loads(command("plan", *inputs, "--format", "json").out)
    document = json.loads(command(*EVALUATE, *SHORT, "--format", "json").out)
    assert document["plans"]["ids"][0] == plan["plan_id"]


def test_every_table_is_written_to_a_folder(command: Command, folder: Path) -> None:
    result = command(*EVALUATE, *SHORT, "--out", "results")
    assert (result.code, result.err) == (0, "")
    assert result.out == command(*EVALUATE, *SHORT).out
    written = {path.name for path in (folder / "results").iterdir()}
    names = {f"{table}.{ending}" for table in TABLES for ending in ("csv", "parquet")}
    assert written == {*names, "summary.json"}
    summary = (folder / "results" / "summary.json").read_text(encoding="utf-8")
    assert summary == command(*EVALUATE, *SHORT, "--format", "json").out
    equity = pl.read_parquet(folder / "results" / "equity.parquet")
    assert equity.height == 29
    assert equity["nav"][-1] == pytest.approx(
        float(json.loads(summary)["attribution"]["end_nav"]), abs=1e-6
    )


def test_a_folder_that_holds_files_is_refused_before_anything_is_run(
    command: Command, folder: Path
) -> None:
    before = files_below(folder)
    result = command("evaluate", "absent.yaml", "--market", "market", "--out", "market")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error: cannot write to market: it holds files already; choose another folder\n"
    )
    assert files_below(folder) == before


@pytest.mark.parametrize("many", [(), ("--paths", "3")], ids=["one run", "many runs"])
def test_a_place_that_takes_no_folder_is_refused_before_anything_is_run(
    command: Command, folder: Path, many: tuple[str, ...]
) -> None:
    before = files_below(folder)
    place = "policy.yaml/results"
    result = command("evaluate", "absent.yaml", "--market", "market", *many, "--out", place)
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"error: cannot write to {place}: Not a directory; choose another folder\n"
    )
    assert files_below(folder) == before


@pytest.mark.parametrize("many", [(), ("--set", "rebalance.band=1%,2%")], ids=["one", "many"])
def test_a_result_that_cannot_be_written_is_printed_all_the_same(
    command: Command, folder: Path, many: tuple[str, ...]
) -> None:
    asked = (*EVALUATE, *SHORT, *many)
    program = (
        "import resource, signal, sys\n"
        # a compiled file that the limit cuts short would break every later import of it
        "sys.dont_write_bytecode = True\n"
        "from rebalancer.cli.app import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "sys.exit(main())\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, *asked, "--out", "results"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    assert found.stderr == (
        "error: cannot write to results: File too large; choose another folder\n"
    )
    assert found.stdout == command(*asked).out
    assert not (folder / "results").exists()


@pytest.mark.parametrize("many", [(), ("--set", "rebalance.band=1%,2%")], ids=["one", "many"])
@pytest.mark.parametrize(
    ("name", "why"),
    [("nowhere/report.txt", "No such file or directory"), (".", "Is a directory")],
)
def test_a_file_that_cannot_be_written_is_said_before_the_work(
    command: Command, folder: Path, many: tuple[str, ...], name: str, why: str
) -> None:
    before = files_below(folder)

    result = command(*EVALUATE, *SHORT, *many, "--market", "absent", "-o", name)

    # the market, which is not there, was not asked for yet
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: cannot write {name}: {why}\n"
    assert files_below(folder) == before


def test_a_report_may_lie_in_the_folder_of_results(command: Command, folder: Path) -> None:
    result = command(*EVALUATE, *SHORT, "--out", "results", "-o", "results/report.txt")

    assert (result.code, result.out, result.err) == (0, "", "")
    report = (folder / "results" / "report.txt").read_text(encoding="utf-8")
    assert report == command(*EVALUATE, *SHORT).out
    assert (folder / "results" / "summary.json").exists()


def test_a_place_for_both_folder_and_file_is_refused_before_the_work(
    command: Command, folder: Path
) -> None:
    before = files_below(folder)

    result = command(*EVALUATE, *SHORT, "--market", "absent", "--out", "x", "-o", "./x")

    assert (result.code, result.out) == (2, "")
    assert result.err == "error: --out is a folder and -o a file, x cannot be both\n"
    assert files_below(folder) == before


def test_output_goes_to_a_file_whole(command: Command, folder: Path) -> None:
    result = command(*EVALUATE, *SHORT, "-o", "report.txt")
    assert (result.code, result.out, result.err) == (0, "", "")
    written = (folder / "report.txt").read_text(encoding="utf-8")
    assert written == command(*EVALUATE, *SHORT).out


@pytest.mark.parametrize("many", [(), ("--paths", "3")], ids=["one run", "many runs"])
def test_an_interruption_before_anything_is_finished_is_told(
    command: Command, folder: Path, interrupting_file: Path, many: tuple[str, ...]
) -> None:
    asked = ("evaluate", interrupting_file, "--market", "market", *many, "--out", "results")
    result = command(*asked)
    assert (result.code, result.out) == (130, "")
    assert result.err == "interrupted: nothing is finished\n"
    assert not (folder / "results").exists()
