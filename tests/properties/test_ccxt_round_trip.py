"""Law: a book in the shape that ccxt returns is read back as the same book."""

import json
import re
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.instant import format_instant, parse_instant

EXACT = Context(prec=60)
COINS = st.from_regex(r"[A-Z][A-Z0-9]{0,7}", fullmatch=True)
AMOUNTS = st.decimals("1e-10", "1e15", places=10)
MONEY = st.decimals("-1e15", "1e15", places=6)
SIGNED = st.tuples(AMOUNTS, st.sampled_from([1, -1])).map(lambda pair: pair[0] * pair[1])
SYMBOLS = st.tuples(COINS, st.sampled_from(["{}/USDT:USDT", "{0}/USD:{0}"])).map(
    lambda pair: pair[1].format(pair[0])
)
POSITIONS = st.lists(
    st.builds(Position, symbol=SYMBOLS, contracts=SIGNED, entry_price=AMOUNTS),
    unique_by=lambda position: position.symbol,
    max_size=4,
).map(tuple)

pytestmark = pytest.mark.property


def settle_of(position: Position) -> str:
    return position.symbol.partition(":")[2]


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Books as venues know them: every position has a balance, and no coin is listed at zero."""
    account = draw(st.sampled_from(Account))
    positions = draw(POSITIONS)
    settled = {settle_of(position) for position in positions}
    spot = draw(st.dictionaries(COINS, AMOUNTS, max_size=4))
    wallets = draw(st.dictionaries(COINS, MONEY.filter(bool), max_size=3))
    if account is Account.UNIFIED:
        spot |= {coin: draw(AMOUNTS) for coin in sorted(settled - spot.keys())}
        wallets = {}
    else:
        wallets |= {coin: draw(MONEY) for coin in sorted(settled)}
    time_us = draw(st.integers(1, parse_instant("2100-01-01") // 1000)) * 1000
    return Book(time_us, account, spot, wallets, positions)


def balance(amounts: dict[str, Decimal], time_us: int, *, zero: list[str]) -> dict[str, Any]:
    """Return what `fetch_balance` returns: all is locked, and some coins are listed at zero."""
    total = {**dict.fromkeys(zero, "0.0"), **{coin: f"{amounts[coin]:f}" for coin in amounts}}
    coins = {coin: {"free": "0.0", "used": each, "total": each} for coin, each in total.items()}
    return {
        "info": {"makerCommission": "10"},
        **coins,
        "timestamp": time_us // 1000,
        "datetime": format_instant(time_us),
        "free": dict.fromkeys(total, "0.0"),
        "used": total,
        "total": total,
    }


def row(position: Position, profit: Decimal) -> dict[str, Any]:
    """Return what `fetch_positions` returns for a position."""
    return {
        "symbol": position.symbol,
        "side": "long" if position.contracts > 0 else "short",
        "contracts": f"{abs(position.contracts):f}",
        "contractSize": None,
        "entryPrice": f"{position.entry_price:f}",
        "markPrice": None,
        "unrealizedPnl": f"{profit:f}",
        "leverage": None,
        "marginMode": "cross",
    }


def as_returned(book: Book, profits: list[Decimal], zero: list[str]) -> dict[str, Any]:
    """Return the portfolio file of a book whose positions have gained these profits."""
    is_unified = book.account is Account.UNIFIED
    margin = dict(book.spot if is_unified else book.wallets)
    for position, profit in zip(book.positions, profits, strict=False):
        coin = settle_of(position)
        margin[coin] = EXACT.add(margin[coin], profit)
    rows = [row(*pair) for pair in zip(book.positions, profits, strict=False)]
    closed = {"symbol": "XRP/USDT:USDT", "side": None, "contracts": 0.0, "entryPrice": 0.0}
    ccxt: dict[str, Any] = {"positions": [*rows, closed]}
    if is_unified:
        ccxt["spot"] = balance(margin, book.as_of_us, zero=zero)
    else:
        ccxt["spot"] = balance(dict(book.spot), book.as_of_us, zero=zero)
        ccxt["futures"] = [balance(margin, book.as_of_us - 1000, zero=zero)]
    return {"account": book.account.value, "ccxt": ccxt}


def read_back(folder: Path, document: dict[str, Any], *, quoted: bool) -> Book:
    text = json.dumps(document)
    if not quoted:
        text = re.sub(r': "(-?[0-9]+(?:[.][0-9]+)?)"', r": \1", text)
    path = folder / "ccxt.json"
    path.write_text(text, encoding="utf-8")
    return load_portfolio(path)


@given(
    book=books(),
    profits=st.lists(MONEY, min_size=4, max_size=4),
    zero=st.lists(COINS, max_size=3),
    quoted=st.booleans(),
)
def test_the_same_book_is_read_back(
    book: Book,
    profits: list[Decimal],
    zero: list[str],
    *,
    quoted: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    document = as_returned(book, profits, zero)
    assert read_back(tmp_path_factory.getbasetemp(), document, quoted=quoted) == book
