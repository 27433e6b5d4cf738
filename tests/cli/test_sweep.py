import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from rebalancer.cli import progress, sweeping
from tests.cli.conftest import Command, assert_snapshot, files_below

EVALUATE = ("evaluate", "policy.yaml", "--market", "market")
SHORT = ("--start", "2025-06-09", "--end", "2025-07-07")
GRID = ("--set", "rebalance.band=1%,2%,4%", "--set", "limits.gross_leverage=1.2,1.5")


def test_variants_are_printed_side_by_side(command: Command) -> None:
    result = command(*EVALUATE, *SHORT, *GRID)
    assert (result.code, result.err) == (0, "")
    assert_snapshot(result.out, "sweep.txt")


def test_paths_are_printed_as_quantiles(command: Command) -> None:
    result = command(*EVALUATE, *SHORT, "--paths", "5", "--seed", "7")
    assert (result.code, result.err) == (0, "")
    assert_snapshot(result.out, "paths.txt")


def test_json_has_every_variant_with_its_settings_and_numbers(command: Command) -> None:
    alone = json.loads(command(*EVALUATE, *SHORT, "--format", "json").out)
    document = json.loads(command(*EVALUATE, *SHORT, *GRID, "--format", "json").out)
    assert [each["settings"] for each in document["variants"]] == [
        {"rebalance.band": band, "limits.gross_leverage": limit}
        for band in ("1%", "2%", "4%")
        for limit in ("1.2", "1.5")
    ]
    assert (document["paths"], document["stopped"], document["missing"]) == (None, None, [])
    for name in ("start", "end", "quote", "fill"):
        assert document[name] == alone[name]
    as_written = json.loads(
        command(*EVALUATE, *SHORT, "--set", "rebalance.band=2%", "--format", "json").out
    )
    (variant,) = as_written["variants"]
    assert {name: variant["metrics"][name] for name in ("cagr", "fees", "trades", "turnover")} == {
        name: alone["metrics"][name] for name in ("cagr", "fees", "trades", "turnover")
    }
    assert variant["metrics"]["end_nav"] == alone["attribution"]["end_nav"]
    assert as_written["inputs"]["market"] == alone["inputs"]["market"]
    assert variant["policy"] == alone["inputs"]["policy"]


def test_results_are_written_as_tables_and_json(command: Command, folder: Path) -> None:
    asked = (*EVALUATE, *SHORT, *GRID, "--paths", "3", "--seed", "7", "--format", "json")
    result = command(*asked, "--out", "results")
    assert result.code == 0
    written = {path.name for path in (folder / "results").iterdir()}
    names = {f"{name}.{ending}" for name in ("runs", "quantiles") for ending in ("csv", "parquet")}
    assert written == names | {"summary.json"}
    assert (folder / "results" / "summary.json").read_text(encoding="utf-8") == result.out
    runs = pl.read_parquet(folder / "results" / "runs.parquet")
    assert runs["path"].to_list() == [0, 1, 2] * 6
    assert runs["limits.gross_leverage"].to_list() == [*["1.2"] * 3, *["1.5"] * 3] * 3
    document = json.loads(result.out)
    assert document["paths"] == {"count": 3, "seed": 7, "block_days": 30}
    middle = sorted(runs["max_drawdown"].to_list()[:3])[1]
    assert float(document["variants"][0]["quantiles"]["max_drawdown"]["50%"]) == pytest.approx(
        middle, abs=1e-8
    )


@pytest.mark.parametrize("executor", ["processes:2", "concurrent.futures:ThreadPoolExecutor"])
def test_any_executor_prints_the_same(command: Command, executor: str) -> None:
    asked = (*EVALUATE, *SHORT, *GRID, "--format", "json")
    assert command(*asked, "--executor", executor).out == command(*asked).out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", "7"), "--seed, --executor and --dask are for many runs: add --paths or --set"),
        (("--executor", "processes"), "--seed, --executor and --dask are for many runs"),
        (("--set", "rebalance.band=1%", "--seed", "7"), "a seed draws paths"),
        (("--paths", "10", "--end", "2025-01-25"), "the 22d of history up to the end leave no"),
        (("--paths", "0"), "the number of paths must be at least 1, was 0"),
        (("--paths", "2", "--seed", "-1"), "the seed must not be negative, was -1"),
        (("--paths", "2", "--executor", "processes:none"), "at least 1, was `none`"),
        (("--paths", "2", "--executor", "processes:0"), "at least 1, was `0`"),
        (("--paths", "2", "--executor", "threads"), "executor must be processes, processes:4"),
        (("--paths", "2", "--executor", "json:__doc__"), "which is no function"),
        (("--paths", "2", "--executor", "builtins:dict"), "`dict` opens no executor"),
        (("--paths", "2", "--dask", "localhost"), "--dask takes an address such as tcp://"),
        (("--paths", "2", "--dask", "nowhere://host"), "cannot reach the Dask cluster"),
        (
            ("--paths", "2", "--dask", "tcp://h:1", "--executor", "processes"),
            "--executor and --dask are two ways to say one thing",
        ),
        (("--set", "rebalance.bend=1%"), "rebalance.bend"),
        (("--set", "rebalance.band=200%"), "rebalance.band=200%"),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(
    command: Command, folder: Path, options: tuple[str, ...], message: str
) -> None:
    before = files_below(folder)
    result = command(*EVALUATE, *options, "--out", "results")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert files_below(folder) == before
    assert not (folder / "results").exists()


def test_progress_is_told_on_a_terminal(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*EVALUATE, *SHORT, *GRID).err == ""
    capsys.readouterr()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    lines = command(*EVALUATE, *SHORT, *GRID).err.splitlines()
    assert lines[0] == "evaluated 1 of 6 runs"
    assert lines[-1] == "evaluated 6 of 6 runs"


def test_what_takes_long_is_named_before_any_run_is_finished(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    lines = command(*EVALUATE, *SHORT, *GRID).err.splitlines()
    assert lines[:2] == ["evaluating policy.yaml over market ...", "evaluated 1 of 6 runs"]


def test_an_interruption_writes_what_is_finished_and_exits_130(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_told: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    whole = json.loads(command(*EVALUATE, *SHORT, *GRID, "--format", "json").out)
    monkeypatch.setattr(sweeping, "_report", interrupt)
    result = command(*EVALUATE, *SHORT, *GRID, "--format", "json", "--out", "results")
    assert result.code == 130
    assert result.err == "warning: 5 of 6 runs are missing: interrupted\n"
    document = json.loads(result.out)
    assert document["stopped"] == "interrupted"
    assert document["missing"] == [each["label"] for each in whole["variants"][1:]]
    assert document["variants"][:1] == whole["variants"][:1]
    runs = pl.read_parquet(folder / "results" / "runs.parquet")
    assert runs["finished"].to_list() == [True, *[False] * 5]


@pytest.mark.slow
@pytest.mark.parametrize("executor", [(), ("--executor", "processes:2")])
def test_ctrl_c_ends_a_long_sweep_with_what_is_finished(
    folder: Path, executor: tuple[str, ...]
) -> None:
    program = (
        "import sys\n"
        "from rebalancer.cli.app import main\n"
        "if __name__ == '__main__':\n"
        "    sys.stderr.isatty = lambda: True\n"
        "    sys.exit(main())\n"
    )
    (folder / "noisy.py").write_text(program)
    asked = [*EVALUATE, "--paths", "200", "--out", "results", "--format", "json", *executor]
    with subprocess.Popen(
        [sys.executable, "noisy.py", *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        told = iter(process.stderr.readline, "")
        first = next(line for line in told if line.startswith("evaluated "))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert first.endswith(" of 200 runs\n")
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert err.splitlines()[-1].endswith("of 200 runs are missing: interrupted")
    document = json.loads(out)
    runs = pl.read_parquet(folder / "results" / "runs.parquet")
    assert runs["finished"].sum() == document["variants"][0]["finished"] > 0
    assert len(runs) == 200
    assert runs.filter("finished")["end_nav"].null_count() == 0
