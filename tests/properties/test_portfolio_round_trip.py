"""Law: a book written as a portfolio file and read again is the same book, YAML or JSON."""

import json
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.adapters.portfolio_file import book_to_portfolio, load_portfolio
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import parse_instant

COINS = st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True)
AMOUNTS = st.decimals("0", "1e15", places=10)
MONEY = st.decimals("-1e15", "1e15", places=6)
POSITIVE = st.decimals("0.000001", "1e12", places=6)
SIGNED = st.tuples(POSITIVE, st.sampled_from([1, -1])).map(lambda pair: pair[0] * pair[1])
POSITIONS = st.lists(
    st.builds(
        Position,
        symbol=COINS.map("{}/USDT:USDT".format),
        contracts=SIGNED,
        entry_price=POSITIVE,
    ),
    unique_by=lambda position: position.symbol,
    max_size=4,
).map(tuple)
BOOKS = st.builds(
    Book,
    as_of_us=st.integers(0, parse_instant("2100-01-01")),
    account=st.sampled_from(Account),
    spot=st.dictionaries(COINS, AMOUNTS, max_size=4),
    wallets=st.dictionaries(COINS, MONEY, max_size=3),
    positions=POSITIONS,
)

pytestmark = pytest.mark.property


@given(book=BOOKS)
def test_json_gives_the_same_book(book: Book, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "portfolio.json"
    path.write_text(json.dumps(book_to_portfolio(book)), encoding="utf-8")
    assert load_portfolio(path) == book


@given(book=BOOKS)
def test_yaml_gives_the_same_book(book: Book, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "portfolio.yaml"
    path.write_text(yaml.safe_dump(book_to_portfolio(book)), encoding="utf-8")
    assert load_portfolio(path) == book


@given(book=BOOKS)
def test_a_written_book_written_again_is_the_same_text(
    book: Book, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "again.json"
    written = json.dumps(book_to_portfolio(book))
    path.write_text(written, encoding="utf-8")
    assert json.dumps(book_to_portfolio(load_portfolio(path))) == written


@given(amount=st.floats(1e-12, 1e15))
def test_numbers_of_a_json_file_are_the_decimals_of_their_text(
    amount: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "floats.json"
    document = {"as_of": "2024-01-01", "spot": {"BTC": amount}}
    path.write_text(json.dumps(document), encoding="utf-8")
    assert load_portfolio(path).spot["BTC"] == Decimal(repr(amount))
