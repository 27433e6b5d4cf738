from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.errors import InvalidInput
from rebalancer.model.instant import parse_instant
from tests.unit.adapters.market_files import FIRST, FUNDING, FUTURE, SECOND, write_market

JANUARY_1 = parse_instant("2024-01-01")
JANUARY_2 = parse_instant("2024-01-02")


def messages(folder: Path) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load_market(folder)
    return [str(finding).replace(f"{folder}/", "") for finding in caught.value.findings]


def test_a_folder_of_csv_files_becomes_a_market(tmp_path: Path) -> None:
    series = "timestamp,name,value\n2024-01-01,fear_greed,24\n"
    market = load_market(
        write_market(tmp_path, FIRST, FUTURE, SECOND, funding=FUNDING, series=series)
    )
    spot = market.bars["BTC/USDT"]
    assert spot.time_us.tolist() == [JANUARY_1, JANUARY_2]
    assert spot.time_us.dtype == np.int64
    prices = [spot.open, spot.high, spot.low, spot.close]
    assert [price.tolist() for price in prices] == [
        [100.0, 105.0],
        [110.0, 115.0],
        [90.0, 95.0],
        [105.0, 110.0],
    ]
    assert market.bars["BTC/USDT:USDT"].close.tolist() == [106.0]
    funding = market.funding["BTC/USDT:USDT"]
    assert (funding.rate.tolist(), funding.interval_hours.tolist()) == ([-0.02], [2.0])
    assert market.series["fear_greed"].value.tolist() == [24.0]
    assert market.instruments_as_of == "2024-01-01"


def test_rows_are_sorted_by_time(tmp_path: Path) -> None:
    market = load_market(write_market(tmp_path, SECOND, FUTURE, FIRST))
    assert market.bars["BTC/USDT"].time_us.tolist() == [JANUARY_1, JANUARY_2]
    assert market.bars["BTC/USDT"].close.tolist() == [105.0, 110.0]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01 00:00:00+00:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"),
        ("2023-12-31T19:30:00-04:30", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.123Z", "2024-01-01T00:00:00.123000Z"),
        ("2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00.000001Z"),
    ],
)
def test_times_are_read_in_every_spelling_with_a_zone(tmp_path: Path, text: str, time: str) -> None:
    row = FIRST.replace("2024-01-01T00:00:00Z", text)
    market = load_market(write_market(tmp_path, row, SECOND))
    assert market.bars["BTC/USDT"].time_us.tolist() == [parse_instant(time), JANUARY_2]


@pytest.mark.parametrize(
    "text",
    [" 2024-01-01T00:00:00Z", "+2024-1-1T00:00:00Z", "2024-01-01T00:00:60Z", "2024-1-1", "today"],
)
def test_times_in_no_known_spelling_are_refused(tmp_path: Path, text: str) -> None:
    folder = write_market(tmp_path, FIRST.replace("2024-01-01T00:00:00Z", text))
    assert "not-a-time" in messages(folder)[0]


def test_blank_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    (write_market(tmp_path) / "prices.csv").write_text(
        f"\n\ntimestamp,symbol,open,high,low,close\n\n{FIRST}\n\n{SECOND.replace('115', 'x')}\n\n",
        encoding="utf-8",
    )
    assert messages(tmp_path) == [
        "prices.csv:7: error[not-a-number]: `high` must be a number, was `x`"
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    write_market(tmp_path)
    text = f"\ufefftimestamp,symbol,open,high,low,close\r\n{FIRST}\r\n{SECOND}\r\n"
    (tmp_path / "prices.csv").write_bytes(text.encode())
    assert load_market(tmp_path).bars["BTC/USDT"].close.tolist() == [105.0, 110.0]


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    write_market(tmp_path)
    text = "note,close,low,high,open,symbol,timestamp\nx,105,90,110,100,BTC/USDT,2024-01-01\n"
    (tmp_path / "prices.csv").write_text(text, encoding="utf-8")
    assert load_market(tmp_path).bars["BTC/USDT"].high.tolist() == [110.0]


def parquet_prices(**columns: object) -> pl.DataFrame:
    sound = {
        "timestamp": [datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)],
        "symbol": ["BTC/USDT", "BTC/USDT"],
        "open": [100.0, 105.0],
        "high": [110, 115],
        "low": [90.0, 95.0],
        "close": [105.0, 110.0],
    }
    return pl.DataFrame({**sound, **columns})


def write_parquet(folder: Path, frame: pl.DataFrame, name: str = "prices.parquet") -> Path:
    write_market(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    frame.write_parquet(folder / name)
    return folder


@pytest.mark.parametrize(
    "timestamp",
    [
        pl.Series([JANUARY_1, JANUARY_2]).cast(pl.Datetime("us", "UTC")),
        pl.Series([JANUARY_1, JANUARY_2]).cast(pl.Datetime("us", "UTC")).dt.cast_time_unit("ns"),
        pl.Series([JANUARY_1, JANUARY_2]).cast(pl.Datetime("us", "UTC")).dt.cast_time_unit("ms"),
        pl.Series([JANUARY_1, JANUARY_2]).cast(pl.Datetime("us", "Asia/Tokyo")),
        pl.Series([date(2024, 1, 1), date(2024, 1, 2)]),
        pl.Series(["2024-01-01", "2024-01-02T00:00:00Z"]),
    ],
)
def test_a_parquet_file_may_hold_times_of_any_kind_with_a_zone(
    tmp_path: Path, timestamp: pl.Series
) -> None:
    frame = parquet_prices(timestamp=timestamp).with_columns(pl.col("symbol").cast(pl.Categorical))
    bars = load_market(write_parquet(tmp_path, frame)).bars["BTC/USDT"]
    assert bars.time_us.tolist() == [JANUARY_1, JANUARY_2]
    assert bars.high.tolist() == [110.0, 115.0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            {"timestamp": [datetime(2024, 1, 1), datetime(2024, 1, 2)]},  # noqa: DTZ001  -- on purpose
            "prices.parquet: error[naive-time]: column `timestamp` holds times without a zone",
        ),
        (
            {"timestamp": [JANUARY_1, JANUARY_2]},
            "prices.parquet: error[not-a-time]: column `timestamp` holds no times but Int64",
        ),
        (
            {"timestamp": [datetime(2024, 1, 1, tzinfo=UTC), None]},
            "prices.parquet:2: error[missing-value]: `timestamp` is empty",
        ),
        (
            {"low": [None, 95.0]},
            "prices.parquet:1: error[missing-value]: `low` is empty",
        ),
        (
            {"close": [105.0, float("nan")]},
            "prices.parquet:2: error[not-finite]: `close` must be a finite number, was `nan`",
        ),
        (
            {"close": [[1], [2]]},
            "prices.parquet: error[not-a-number]: column `close` holds no numbers but List(Int64)",
        ),
        (
            {"symbol": ["BTC/USDT", None]},
            "prices.parquet:2: error[missing-value]: `symbol` is empty",
        ),
    ],
)
def test_a_bad_parquet_file_is_placed_by_row(
    tmp_path: Path, columns: dict[str, object], expected: str
) -> None:
    (found,) = messages(write_parquet(tmp_path, parquet_prices(**columns)))
    assert found.split("\n")[0] == expected


def test_a_table_may_be_split_into_files(tmp_path: Path) -> None:
    frame = parquet_prices()
    write_parquet(tmp_path, frame.tail(1), "prices/2024-02.parquet")
    write_parquet(tmp_path, frame.head(1), "prices/2024-03.parquet")
    (tmp_path / "prices" / "future.csv").write_text(
        f"timestamp,symbol,open,high,low,close\n{FUTURE}\n", encoding="utf-8"
    )
    bars = load_market(tmp_path).bars
    assert bars["BTC/USDT"].close.tolist() == [105.0, 110.0]
    assert bars["BTC/USDT:USDT"].close.tolist() == [106.0]


def test_a_row_given_in_two_files_names_both(tmp_path: Path) -> None:
    write_parquet(tmp_path, parquet_prices(), "prices/a.parquet")
    write_parquet(tmp_path, parquet_prices().tail(1), "prices/b.parquet")
    (found,) = messages(tmp_path)
    assert found == (
        "prices/b.parquet:1: error[duplicate-row]: a second row of `BTC/USDT` at"
        " 2024-01-02T00:00:00Z, after prices/a.parquet:2\n"
        "  hint: keep one row for each timestamp and symbol"
    )


def test_funding_and_series_may_be_absent(tmp_path: Path) -> None:
    market = load_market(write_market(tmp_path, FIRST))
    assert (dict(market.funding), dict(market.series)) == ({}, {})


def test_a_funding_file_may_have_no_rows_yet(tmp_path: Path) -> None:
    header = "timestamp,symbol,funding_rate,interval_hours\n"
    assert dict(load_market(write_market(tmp_path, FIRST, funding=header)).funding) == {}


def test_all_files_are_checked_in_one_run(tmp_path: Path) -> None:
    folder = write_market(
        tmp_path,
        FIRST.replace("90", "0"),
        funding=FUNDING.replace(",2\n", ",0\n"),
        series="timestamp,name,value\n2024-01-01,fear_greed,much\n",
    )
    (folder / "instruments.yaml").write_text("instruments: {}\n", encoding="utf-8")
    files = [message.split(":")[0] for message in messages(folder)]
    assert files == ["instruments.yaml"] * 2 + ["prices.csv", "funding.csv", "series.csv"]


def test_twenty_findings_of_a_file_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    rows = [
        f"{datetime.fromtimestamp(day * 86400, UTC):%Y-%m-%d},BTC/USDT,1,2,x,1"
        for day in range(1_030)
    ]
    found = messages(write_market(tmp_path, *rows))
    assert len(found) == 21
    assert found[19] == "prices.csv:21: error[not-a-number]: `low` must be a number, was `x`"
    assert found[20] == (
        "prices.csv: error[more-findings]: 1,010 more findings in this file are not shown"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent", "error[missing-folder]: no such folder"),
        ("file", "error[not-a-folder]: a market is a folder, this is a file"),
    ],
)
def test_what_is_no_folder_is_one_finding(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    found = messages(tmp_path / name)
    assert len(found) == 1
    assert message in found[0]


def test_an_empty_folder_lacks_instruments_and_prices(tmp_path: Path) -> None:
    assert [message.split("\n")[0] for message in messages(tmp_path)] == [
        "instruments.yaml: error[missing-file]: no such file",
        "prices.csv: error[missing-file]: no prices in this folder",
    ]


def test_a_quote_that_is_never_closed_is_a_finding(tmp_path: Path) -> None:
    (found,) = messages(write_market(tmp_path, FIRST, SECOND.replace("BTC", '"BTC')))
    assert found.startswith("prices.csv: error[unreadable-file]: cannot be read as CSV: ")


def test_a_folder_in_the_place_of_a_file_is_a_finding(tmp_path: Path) -> None:
    (write_market(tmp_path) / "prices.csv").mkdir()
    assert messages(tmp_path) == [
        "prices.csv: error[unreadable-file]: cannot be read as CSV: Is a directory"
    ]


def test_a_folder_that_cannot_be_looked_at_is_one_finding(tmp_path: Path) -> None:
    (finding,) = messages(tmp_path / ("x" * 300))
    assert finding.endswith(": error[unreadable-file]: cannot be read: File name too long")


def test_a_link_that_leads_nowhere_is_not_an_absent_table(tmp_path: Path) -> None:
    write_market(tmp_path, FIRST)
    (tmp_path / "funding.csv").symlink_to(tmp_path / "absent.csv")
    assert messages(tmp_path) == [
        "funding.csv: error[unreadable-file]: cannot be read as CSV: No such file or directory"
    ]


def test_a_file_in_the_place_of_a_folder_of_tables_is_a_finding(tmp_path: Path) -> None:
    write_market(tmp_path, FIRST)
    (tmp_path / "funding").touch()
    assert messages(tmp_path) == [
        "funding: error[unreadable-file]: cannot be read: Not a directory"
    ]
