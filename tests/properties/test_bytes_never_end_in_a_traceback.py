"""Law: whatever the bytes of an input file are, reading it gives a value or placed findings."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.adapters.example_files import example_contents
from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.errors import Finding, InvalidInput, Place, Severity

CONTENTS = example_contents()
PRICES = b"\n".join(CONTENTS["market/prices.csv"].splitlines()[:9]) + b"\n"
CCXT = b"""{"account": "separate", "ccxt": {
  "spot": {"total": {"BTC": 1.5}, "debt": {}, "timestamp": 1704067200000, "datetime": null},
  "futures": [{"total": {"USDT": 4200, "BTC": 0.1}}],
  "positions": [
    {"symbol": "BTC/USDT:USDT", "side": "short", "contracts": 0.5, "contractSize": 1,
     "entryPrice": 40000, "markPrice": 42000, "unrealizedPnl": null, "marginMode": "cross"},
    {"symbol": "BTC/USD:BTC", "side": "long", "contracts": 9, "contractSize": 100,
     "entryPrice": 4e4, "markPrice": 42000, "unrealizedPnl": null}
  ],
  "total_includes_profit": true
}}
"""
NO_FINDING = Finding(Place(""), Severity.ERROR, "", "")
PIECES = [
    *(b"\n", b",", b'"', b"\r", b"\x00", b"\xff", b"-", b"0", b".", b"e9", b"NaN", b"inf", b" "),
    *(b"{", b"}", b"[", b":", b"#", b"&a", b"*a", b"!!int", b"\t", b"<<: ", b"\xf0\x9f\x98\x80"),
]


def parquet_of(text: bytes) -> bytes:
    stream = io.BytesIO()
    pl.read_csv(text, try_parse_dates=True).write_parquet(stream)
    return stream.getvalue()


def bent(content: bytes) -> st.SearchStrategy[bytes]:
    """Return strategies for the content with some of its bytes replaced by others."""
    cut = st.tuples(
        st.integers(0, len(content)), st.integers(0, 6), st.sampled_from(PIECES) | st.binary()
    )
    return st.lists(cut, min_size=1, max_size=4).map(lambda cuts: bend(content, cuts))


def bend(content: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    for start, length, piece in cuts:
        content = content[:start] + piece + content[start + length :]
    return content


def findings_of(load: Callable[[Path], object], path: Path) -> tuple[Finding, ...]:
    try:
        load(path)
    except InvalidInput as invalid:
        return invalid.findings or (NO_FINDING,)
    return ()


def check(load: Callable[[Path], object], path: Path) -> None:
    """Read a file; findings have a place and a message of one line."""
    for finding in findings_of(load, path):
        assert finding.place.path.startswith(str(path))
        assert finding.message
        assert "\n" not in finding.message


def market_with(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "instruments.yaml").write_bytes(CONTENTS["market/instruments.yaml"])
    (folder / name).write_bytes(content)
    return folder


pytestmark = pytest.mark.property


@given(content=bent(PRICES))
def test_of_a_csv_file(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "bent-csv"
    check(load_market, market_with(folder, "prices.csv", content))


@given(content=bent(parquet_of(PRICES)))
def test_of_a_parquet_file(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "bent-parquet"
    check(load_market, market_with(folder, "prices.parquet", content))


@given(content=bent(CONTENTS["market/instruments.yaml"]))
def test_of_an_instruments_file(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "bent-instruments"
    market_with(folder, "prices.csv", PRICES)
    (folder / "instruments.yaml").write_bytes(content)
    check(load_market, folder)


@given(content=bent(CONTENTS["portfolio.yaml"]))
def test_of_a_portfolio_file(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bent.yaml"
    path.write_bytes(content)
    check(load_portfolio, path)


@given(content=bent(CCXT))
def test_of_what_ccxt_returned(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bent.json"
    path.write_bytes(content)
    check(load_portfolio, path)
