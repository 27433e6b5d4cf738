"""Identities: SHA-256 digests of canonical text, never of paths, file bytes or formats."""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal

from rebalancer.model.book import Book
from rebalancer.model.decimals import decimal_text
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Floats, Market, Times, rows_until


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

    Values are written as the shortest decimals that name them, in order of time, so that neither
    the order of rows nor the file format matters.
    """
    lines = []
    for symbol in sorted(set(symbols)):
        if symbol in market.bars:
            bars = market.bars[symbol]
            values = [bars.open, bars.high, bars.low, bars.close]
            lines += _rows(f"prices {symbol}", bars.time_us, values=values, as_of_us=as_of_us)
        if symbol in market.funding:
            funding = market.funding[symbol]
            values = [funding.rate, funding.interval_hours]
            lines += _rows(f"funding {symbol}", funding.time_us, values=values, as_of_us=as_of_us)
    for name in sorted(set(series)):
        if name in market.series:
            rows = market.series[name]
            lines += _rows(f"series {name}", rows.time_us, values=[rows.value], as_of_us=as_of_us)
    return digest_lines(lines)


def _rows(name: str, time_us: Times, *, values: list[Floats], as_of_us: int) -> list[str]:
    """Return a line of times and one per column of values, up to the time."""
    count = rows_until(time_us, as_of_us)
    columns = [time_us[:count].tolist(), *(column[:count].tolist() for column in values)]
    return [f"{name} {column!r}" for column in columns]
