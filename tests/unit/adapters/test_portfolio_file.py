import json
from decimal import Decimal
from pathlib import Path

import pytest

from rebalancer.adapters.portfolio_file import book_to_portfolio, load_portfolio
from rebalancer.errors import InvalidInput
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import parse_instant

YAML = """\
as_of: 2023-12-31T00:00:00Z
account: separate                           # or unified
spot: {BTC: 0.85, ETH: 9.4, USDT: 21500}
futures:
  wallets: {USDT: 5200}                     # without unrealised profit
  positions:
    - {symbol: BTC/USDT:USDT, contracts: -0.21, entry_price: 41250.5}
"""
JSON = """\
{
\t"as_of": "2023-12-31T00:00:00Z",
\t"spot": {"BTC": 0.85, "ETH": "9.4", "USDT": 21500},
\t"futures": {
\t\t"wallets": {"USDT": 5.2e3},
\t\t"positions": [{"symbol": "BTC/USDT:USDT", "contracts": -0.21, "entry_price": "41250.5"}]
\t}
}
"""
BOOK = Book(
    as_of_us=parse_instant("2023-12-31"),
    spot={"BTC": Decimal("0.85"), "ETH": Decimal("9.4"), "USDT": Decimal(21500)},
    wallets={"USDT": Decimal(5200)},
    positions=(Position("BTC/USDT:USDT", Decimal("-0.21"), Decimal("41250.5")),),
)


def write(folder: Path, text: str, name: str = "portfolio.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "name"), [(YAML, "portfolio.yaml"), (JSON, "portfolio.json")])
def test_a_portfolio_may_be_yaml_or_json(tmp_path: Path, text: str, name: str) -> None:
    assert load_portfolio(write(tmp_path, text, name)) == BOOK


def test_only_the_time_is_needed(tmp_path: Path) -> None:
    book = load_portfolio(write(tmp_path, "as_of: 2024-01-01\naccount: unified\n"))
    assert book == Book(as_of_us=parse_instant("2024-01-01"), account=Account.UNIFIED)


def test_a_wallet_may_be_in_debt(tmp_path: Path) -> None:
    text = "as_of: 2024-01-01\nfutures: {wallets: {USDT: -12.5}}\n"
    assert load_portfolio(write(tmp_path, text)).wallets == {"USDT": Decimal("-12.5")}


def test_a_book_is_written_as_exact_text() -> None:
    assert book_to_portfolio(BOOK) == {
        "as_of": "2023-12-31T00:00:00Z",
        "account": "separate",
        "spot": {"BTC": "0.85", "ETH": "9.4", "USDT": "21500"},
        "futures": {
            "wallets": {"USDT": "5200"},
            "positions": [
                {"symbol": "BTC/USDT:USDT", "contracts": "-0.21", "entry_price": "41250.5"}
            ],
        },
    }


def test_a_written_book_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(book_to_portfolio(BOOK), indent=2))
    assert load_portfolio(path) == BOOK


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.yaml", "absent.yaml: error[missing-file]: no such file"),
        (".", "error[not-a-file]: this is a folder, a file is wanted"),
    ],
)
def test_a_path_without_a_file_is_one_finding(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_portfolio(tmp_path / name)
    assert len(caught.value.findings) == 1
    assert str(caught.value).endswith(message)
