"""Law: the order of a table's rows, and the files they are split into, do not change the market."""

import shutil
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.adapters.example_files import example_contents
from rebalancer.adapters.market_folder import load_market
from rebalancer.model.market import Bars, FundingHistory

ROWS = 24
CONTENTS = example_contents()

pytestmark = pytest.mark.property


def lines_of(table: str) -> tuple[str, list[str]]:
    """Return the header and the first rows of one of the example's tables."""
    header, *rows = CONTENTS[f"market/{table}.csv"].decode().splitlines()
    return header, rows[:ROWS]


def write_folder(folder: Path, *, prices: Sequence[Sequence[str]], funding: Sequence[str]) -> Path:
    """Write a market whose prices are split into files of the given rows."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "prices").mkdir(parents=True)
    (folder / "instruments.yaml").write_bytes(CONTENTS["market/instruments.yaml"])
    for index, rows in enumerate(prices):
        text = "\n".join([lines_of("prices")[0], *rows]) + "\n"
        (folder / "prices" / f"{index}.csv").write_text(text, encoding="utf-8")
    text = "\n".join([lines_of("funding")[0], *funding]) + "\n"
    (folder / "funding.csv").write_text(text, encoding="utf-8")
    return folder


def assert_same(first: Bars | FundingHistory, second: Bars | FundingHistory) -> None:
    for field in fields(first):
        left, right = getattr(first, field.name), getattr(second, field.name)
        assert left.dtype == right.dtype
        assert np.array_equal(left, right)


@given(data=st.data())
def test_shuffled_and_split_rows_give_the_same_market(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prices, funding = lines_of("prices")[1], lines_of("funding")[1]
    root = tmp_path_factory.getbasetemp()
    ordered = load_market(write_folder(root / "ordered", prices=[prices], funding=funding))
    shuffled = data.draw(st.permutations(prices))
    cut = data.draw(st.integers(1, ROWS - 1))
    market = load_market(
        write_folder(
            root / "shuffled",
            prices=[shuffled[:cut], shuffled[cut:]],
            funding=data.draw(st.permutations(funding)),
        )
    )
    assert list(market.bars) == list(ordered.bars)
    for symbol, bars in ordered.bars.items():
        assert_same(market.bars[symbol], bars)
    assert list(market.funding) == list(ordered.funding)
    for symbol, history in ordered.funding.items():
        assert_same(market.funding[symbol], history)


@given(order=st.permutations(range(ROWS)))
def test_parquet_gives_the_same_market_as_csv(
    order: Sequence[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    header, rows = lines_of("prices")
    root = tmp_path_factory.getbasetemp()
    from_csv = load_market(write_folder(root / "csv", prices=[rows], funding=[]))
    folder = write_folder(root / "parquet", prices=[], funding=[])
    text = "\n".join([header, *(rows[index] for index in order)])
    pl.read_csv(text.encode(), try_parse_dates=True).write_parquet(folder / "prices/0.parquet")
    market = load_market(folder)
    for symbol, bars in from_csv.bars.items():
        assert_same(market.bars[symbol], bars)
