"""Identities: SHA-256 digests of canonical text, never of paths, file bytes or formats."""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from rebalancer.model.book import Book
from rebalancer.model.decimals import decimal_text
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, FundingHistory, Market, Series, rows_until


def digest_lines(lines: Iterable[str]) -> str:
    """Return `sha256:…` of the lines, each ended by a newline."""
    content = hashlib.sha256()
    for line in lines:
        content.update(f"{line}\n".encode())
    return f"sha256:{content.hexdigest()}"


def digest_book(book: Book) -> str:
    """Return the identity of a book: its account kind and what it holds, not its date."""
    lines = [f"account {book.account}"]
    lines += [f"spot {coin} {decimal_text(book.spot[coin])}" for coin in sorted(book.spot)]
    lines += [f"wallet {coin} {decimal_text(book.wallets[coin])}" for coin in sorted(book.wallets)]
    lines += sorted(
        f"position {each.symbol} {decimal_text(each.contracts)} {decimal_text(each.entry_price)}"
        for each in book.positions
    )
    return digest_lines(lines)


def digest_instruments(instruments: Mapping[str, Instrument], symbols: Iterable[str]) -> str:
    """Return the identity of the rules of these symbols; unknown ones are named as such."""
    return digest_lines(
        f"{symbol} {_rules(instruments[symbol]) if symbol in instruments else 'unknown'}"
        for symbol in sorted(set(symbols))
    )


def _rules(instrument: Instrument) -> str:
    values = (getattr(instrument, name) for name in Instrument.__slots__)
    return " ".join(_text(value) for value in values)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, tuple):
        tiers = ((tier.floor, tier.maintenance, tier.max_leverage) for tier in value)
        return ";".join(",".join(decimal_text(number) for number in tier) for tier in tiers)
    return str(value)


def digest_market(
    market: Market, symbols: Iterable[str], *, series: Iterable[str], as_of_us: int
) -> str:
    """Return the identity of the rows of these symbols and series stamped at or before a time.

    The account's own numbers are in it where the market has any. Values are written as the shortest
    decimals that name them, in order of time, so that neither the order of rows nor the file format
    matters.
    """
    lines = []
    for symbol in sorted(set(symbols)):
        for kind, tables in (("prices", market.bars), ("funding", market.funding)):
            if symbol in tables:
                lines.append(f"{kind} {symbol} {_digest_rows(tables[symbol], as_of_us)}")
    known = sorted(set(series) & set(market.series))
    lines += [f"series {name} {_digest_rows(market.series[name], as_of_us)}" for name in known]
    lines += [
        f"own {name} {_digest_rows(market.own[name], as_of_us)}" for name in sorted(market.own)
    ]
    return digest_lines(lines)


_Rows = Bars | FundingHistory | Series

_HASHED: WeakKeyDictionary[_Rows, tuple[int, Any]] = WeakKeyDictionary()
"""How many rows of a table are in which hash: rows never change, so the next time goes on there."""


def _digest_rows(rows: _Rows, as_of_us: int) -> str:
    """Return the digest of a table's rows up to a time, one line each."""
    count = rows_until(rows.time_us, as_of_us)
    done, content = _HASHED.get(rows, (0, None))
    if content is None or done > count:
        done, content = 0, hashlib.sha256()
    columns = [rows.time_us, *(getattr(rows, name) for name in rows.__slots__ if name in _VALUES)]
    fresh = zip(*(column[done:count].tolist() for column in columns), strict=True)
    content.update("".join(f"{row!r}\n" for row in fresh).encode())
    _HASHED[rows] = (count, content)
    return str(content.copy().hexdigest())


_VALUES = frozenset({"open", "high", "low", "close", "rate", "interval_hours", "value"})
