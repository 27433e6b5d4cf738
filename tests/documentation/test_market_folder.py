"""The page on market folders shows files that are read, and a conversion that runs."""

import re
from pathlib import Path

import pytest

from rebalancer.adapters.instruments_file import load_instruments
from rebalancer.adapters.portfolio_file import load_portfolio


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "market-folder.md").read_text("utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)


def test_the_files_it_shows_are_read(page: str, tmp_path: Path) -> None:
    instruments, portfolio = blocks(page, "yaml")
    (tmp_path / "instruments.yaml").write_text(instruments, encoding="utf-8")
    (tmp_path / "portfolio.yaml").write_text(portfolio, encoding="utf-8")
    assert list(load_instruments(tmp_path / "instruments.yaml").by_symbol) == [
        "BTC/USDT",
        "BTC/USDT:USDT",
    ]
    assert sorted(load_portfolio(tmp_path / "portfolio.yaml").spot) == ["BTC", "ETH", "USDT"]


def test_its_conversion_runs(page: str) -> None:
    (code,) = blocks(page, "python")
    exec(compile(code, "docs/market-folder.md", "exec"), {})  # noqa: S102  -- the page's own code
