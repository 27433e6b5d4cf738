"""Bad options of `evaluate`: each gives one line that says what value is wrong, and exit code 2."""

from pathlib import Path

import pytest

from rebalancer.adapters.example_files import write_example
from rebalancer.cli.app import run

PRICES = "prices are from 2025-01-03T00:00:00Z to 2025-07-21T00:00:00Z"
CASES = {
    "start after end": (
        ("--start", "2025-06-01", "--end", "2025-05-01"),
        "start 2025-06-01T00:00:00Z is not before end 2025-05-01T00:00:00Z",
    ),
    "start at end": (
        ("--start", "2025-06-01", "--end", "2025-06-01"),
        "start 2025-06-01T00:00:00Z is not before end 2025-06-01T00:00:00Z",
    ),
    "start before the folder": (
        ("--start", "2024-01-01"),
        f"start 2024-01-01T00:00:00Z is outside of the market, whose {PRICES}",
    ),
    "end after the folder": (
        ("--end", "2026-01-01T08:00Z"),
        f"end 2026-01-01T08:00:00Z is outside of the market, whose {PRICES}",
    ),
    "naive start": (
        ("--start", "2025-06-01T00:00"),
        "start `2025-06-01T00:00` is not a date or a time with a zone such as 2023-12-31T00:00Z",
    ),
    "no time": (
        ("--end", "soon"),
        "end `soon` is not a date or a time with a zone such as 2023-12-31T00:00Z",
    ),
    "a year that no calendar reaches": (
        ("--end", "9999-12-31"),
        "end 9999-12-31 must lie within the years 1000 and 8999",
    ),
    "a day that no calendar has": (
        ("--start", "2025-02-30"),
        "start `2025-02-30` is not in the calendar: day is out of range for month",
    ),
    "capital beyond all money": (
        ("--capital", "1e308"),
        "capital must be between 1e-24 and 1e24 in size, was `1e308`",
    ),
    "no capital": (("--capital", "0"), "capital must be above 0, was `0`"),
    "negative capital": (("--capital", "-5"), "capital must be above 0, was `-5`"),
    "capital with separators": (
        ("--capital", "100,000"),
        "capital must be a number, was `100,000`",
    ),
    "capital that is no number": (("--capital", "nan"), "capital must be a number, was `nan`"),
    "capital and portfolio": (
        ("--capital", "5000", "--portfolio", "portfolio.yaml"),
        "capital and portfolio are two ways to say one thing; give one",
    ),
    "unknown fill": (
        ("--fill", "close"),
        (
            "invalid value for `--fill`: `close` is not one of `next_open`, `same_close`; "
            "see `rebalancer evaluate --help`"
        ),
    ),
    "folder with files": (
        ("--out", "market"),
        "cannot write to market: it holds files already; choose another folder",
    ),
    "folder that is a file": (
        ("--out", "policy.yaml"),
        "cannot write to policy.yaml: it is a file; choose another folder",
    ),
    "folder below a file": (
        ("--out", "policy.yaml/results"),
        "cannot write to policy.yaml/results: Not a directory; choose another folder",
    ),
    "folder whose name is too long": (
        ("--out", "x" * 300),
        f"cannot write to {'x' * 300}: File name too long; choose another folder",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder: a fresh copy of the generated example."""
    write_example(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES)
def test_bad_options_are_one_line_and_nothing_is_written(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, message = CASES[case]
    before = files_below(folder)
    code = run(["evaluate", "policy.yaml", "--market", "market", *options])
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err) == (2, "", f"error: {message}\n")
    assert files_below(folder) == before


@pytest.mark.usefixtures("folder")
def test_a_symbol_without_rows_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    prices = Path("market/prices.csv")
    rows = prices.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if "ETH/USDT:USDT" not in row]
    prices.write_text("".join(kept), encoding="utf-8")
    assert run(["evaluate", "policy.yaml", "--market", "market"]) == 2
    assert capsys.readouterr().err == (
        "error: the market has no prices of `ETH/USDT:USDT`, which policy `dynamic-rebalancing` "
        "names\n"
    )


@pytest.mark.usefixtures("folder")
def test_a_portfolio_of_what_has_no_price_at_the_start_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    prices = Path("market/prices.csv")
    rows = prices.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if "ETH/USDT," not in row or row >= "2025-03-01"]
    prices.write_text("".join(kept), encoding="utf-8")
    asked = ["evaluate", "policy.yaml", "--market", "market", "--portfolio", "portfolio.yaml"]
    assert run([*asked, "--start", "2025-02-01"]) == 2
    assert capsys.readouterr().err == (
        "error: the portfolio holds `ETH/USDT`, which has no price at the start\n"
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("many", [(), ("--paths", "3")], ids=["one run", "many runs"])
@pytest.mark.parametrize(("wallet", "nav"), [("0", "0.00"), ("-250.5", "-250.50")])
def test_a_portfolio_that_is_worth_nothing_is_refused_as_no_capital_is(
    wallet: str, nav: str, many: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("nothing.yaml").write_text(
        f"as_of: 2025-06-09\nspot: {{USDT: 0}}\nfutures: {{wallets: {{USDT: {wallet}}}}}\n",
        encoding="utf-8",
    )
    asked = ["evaluate", "policy.yaml", "--market", "market", "--portfolio", "nothing.yaml"]
    assert run([*asked, *many]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"error: the portfolio's NAV at the start must be above 0, was {nav} USDT\n"
    )
