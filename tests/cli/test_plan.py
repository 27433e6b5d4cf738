import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from rebalancer.reports.plan_schema import plan_schema
from tests.cli.conftest import INPUTS, Command, assert_snapshot, files_below

PLAN = ("plan", *INPUTS)


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("table", "plan.txt"),
        ("json", "plan.json"),
        ("csv", "plan.csv"),
        ("markdown", "plan.md"),
    ],
)
def test_a_plan_is_printed_in_every_format(command: Command, style: str, name: str) -> None:
    result = command(*PLAN, "--format", style)
    assert (result.code, result.err) == (0, "")
    assert_snapshot(result.out, name)


def test_the_table_is_what_is_printed_unless_asked_otherwise(command: Command) -> None:
    assert command(*PLAN).out == command(*PLAN, "--format", "table").out


def test_json_fits_its_schema_and_csv_has_the_same_trades(command: Command) -> None:
    document = json.loads(command(*PLAN, "--format", "json").out)
    assert list(Draft202012Validator(plan_schema()).iter_errors(document)) == []
    rows = list(csv.DictReader(StringIO(command(*PLAN, "--format", "csv").out)))
    assert [row["amount"] for row in rows] == [trade["amount"] for trade in document["trades"]]


def test_the_same_inputs_are_the_same_bytes(command: Command) -> None:
    assert command(*PLAN, "--format", "json").out == command(*PLAN, "--format", "json").out


def test_planning_again_for_the_book_that_a_plan_leaves_trades_nothing(
    command: Command, folder: Path
) -> None:
    document = json.loads(command(*PLAN, "--format", "json").out)
    after = document["book_after"]
    portfolio = {
        "as_of": document["as_of"],
        "spot": after["spot"],
        "futures": {"wallets": after["wallets"], "positions": after["positions"]},
    }
    (folder / "after.json").write_text(json.dumps(portfolio), encoding="utf-8")
    result = command("plan", "policy.yaml", "--portfolio", "after.json", "--market", "market")
    assert result.code == 0
    assert_snapshot(result.out, "hold.txt")


def test_a_regime_may_be_given_by_hand(command: Command) -> None:
    document = json.loads(command(*PLAN, "--regime", "defensive", "--format", "json").out)
    assert document["regime"]["name"] == "defensive"
    assert document["regime"]["because"] == "chosen by hand"


def test_a_price_overrides_the_market(command: Command) -> None:
    prices = ("--price", "BTC/USDT=70000.5", "--price", "BTC/USDT:USDT=70010")
    document = json.loads(command(*PLAN, *prices, "--format", "json").out)
    assert document["prices"]["BTC/USDT"] == "70000.5"
    assert document["prices"]["BTC/USDT:USDT"] == "70010"


def test_as_of_may_be_near_the_portfolio(command: Command) -> None:
    document = json.loads(command(*PLAN, "--as-of", "2025-07-20", "--format", "json").out)
    assert document["as_of"] == "2025-07-20T00:00:00Z"


@pytest.fixture
def unknown_coin(folder: Path) -> None:
    """A portfolio with a coin that the policy does not name."""
    portfolio = folder / "portfolio.yaml"
    text = portfolio.read_text(encoding="utf-8").replace("{BTC: 0.8,", "{BTC: 0.8, DOGE: 9000,")
    portfolio.write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("unknown_coin")
def test_a_refused_plan_is_printed_in_full_and_exits_1(command: Command) -> None:
    result = command(*PLAN)
    assert (result.code, result.err) == (1, "")
    assert_snapshot(result.out, "refused.txt")


@pytest.mark.usefixtures("unknown_coin")
def test_a_refused_plan_is_written_too(command: Command, folder: Path) -> None:
    result = command(*PLAN, "--format", "json", "-o", "plan.json")
    stored = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert (result.code, stored["status"]) == (1, "refused")


def test_output_goes_to_a_file_whole(command: Command, folder: Path) -> None:
    (folder / "plan.txt").write_text("old", encoding="utf-8")
    result = command(*PLAN, "-o", "plan.txt")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert (folder / "plan.txt").read_text(encoding="utf-8") == command(*PLAN).out


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            ("--as-of", "2025-08-01"),
            (
                "error: as of 2025-08-01T00:00:00Z is 11d away from the portfolio's "
                "2025-07-21T00:00:00Z, more than the policy's `data.max_age` of 2d; plan with a "
                "portfolio counted nearer"
            ),
        ),
        (
            ("--as-of", "2025-07-21T00:00"),
            (
                "error: as of `2025-07-21T00:00` is not a date or a time with a zone such as "
                "2023-12-31T00:00Z"
            ),
        ),
        (
            ("--regime", "calm"),
            (
                "error: policy `dynamic-rebalancing` has no regime `calm`, it has accumulation, "
                "yield_optimization, defensive"
            ),
        ),
        (
            ("--price", "BTC/USDT"),
            "error: --price takes SYMBOL=PRICE such as BTC/USDT=42100, was `BTC/USDT`",
        ),
        (
            ("--price", "BTC/USDT=1", "--price", "BTC/USDT=2"),
            "error: --price is given twice for `BTC/USDT`",
        ),
        (
            ("--price", "BTC/USD=42100"),
            "error: price of `BTC/USD`: the market has no such symbol; did you mean `BTC/USDT`?",
        ),
        (("--price", "BTC/USDT=-1"), "error: price of `BTC/USDT` must be above 0, was `-1`"),
        (
            ("--price", "BTC/USDT=nan"),
            "error: price of `BTC/USDT` must be a number, was `nan`",
        ),
        (
            ("--format", "xml"),
            (
                "error: invalid value for `--format`: `xml` is not one of `table`, `json`, `csv`, "
                "`markdown`; see `rebalancer plan --help`"
            ),
        ),
        (("-o", "market"), "error: cannot write market: Is a directory"),
        (
            ("-o", "absent/plan.txt"),
            "error: cannot write absent/plan.txt: No such file or directory",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_usage_is_one_line_and_nothing_is_written(
    command: Command, folder: Path, extra: tuple[str, ...], message: str
) -> None:
    before = files_below(folder)
    result = command(*PLAN, *extra)
    assert (result.code, result.out, result.err) == (2, "", f"{message}\n")
    assert files_below(folder) == before


def test_every_finding_of_a_bad_file_is_a_line_and_nothing_is_written(
    command: Command, folder: Path
) -> None:
    (folder / "portfolio.yaml").write_text("as_of: soon\nspot: {BTC: -1}\n", encoding="utf-8")
    before = files_below(folder)
    result = command(*PLAN, "-o", "plan.txt")
    assert result.code == 2
    assert result.err == (
        "error: portfolio.yaml:1:8: `as_of` must be a time, was `soon`; write times as "
        "2023-12-31T00:00:00Z; a bare date is midnight UTC [not-a-time]\n"
        "error: portfolio.yaml:2:13: `BTC` must not be negative, was `-1` [out-of-range]\n"
    )
    assert files_below(folder) == before


@pytest.mark.parametrize("name", ["policy.yaml", "portfolio.yaml", "market/instruments.yaml"])
def test_an_empty_file_is_a_finding(command: Command, folder: Path, name: str) -> None:
    (folder / name).write_text("", encoding="utf-8")
    result = command(*PLAN)
    assert result.code == 2
    assert result.err.startswith(f"error: {name}")
    assert result.err.endswith("[empty-file]\n")


def test_an_empty_table_is_a_finding(command: Command, folder: Path) -> None:
    (folder / "market" / "prices.csv").write_text("", encoding="utf-8")
    result = command(*PLAN)
    assert result.code == 2
    assert result.err.startswith("error: market/prices.csv")


def test_a_portfolio_of_a_time_that_no_calendar_reaches_is_refused(
    command: Command, folder: Path
) -> None:
    portfolio = folder / "portfolio.yaml"
    text = portfolio.read_text(encoding="utf-8").replace("2025-07-21T", "9999-12-31T")
    portfolio.write_text(text, encoding="utf-8")
    result = command(*PLAN)
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: the portfolio's `as_of` must lie within the years 1000 and 8999\n"


@pytest.mark.parametrize("as_of", ["9999-12-31", "0001-01-01T00:00+14:00"])
def test_a_time_that_no_calendar_reaches_is_bad_usage(command: Command, as_of: str) -> None:
    result = command(*PLAN, "--as-of", as_of)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: as of {as_of} must lie within the years 1000 and 8999\n"


def test_names_in_any_script_are_printed(command: Command, folder: Path) -> None:
    policy = folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("premium pays", "премия платит 溢价")
    policy.write_text(text, encoding="utf-8")
    assert "(премия платит 溢价)" in command(*PLAN).out
    document = json.loads(command(*PLAN, "--format", "json").out)
    assert document["regime"]["because"] == "премия платит 溢价"
