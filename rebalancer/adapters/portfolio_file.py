"""The portfolio file, YAML or JSON: what a portfolio holds at one time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.record_file import read_record
from rebalancer.adapters.scalars import NAME, NON_NEGATIVE, NON_ZERO, NUMBER, POSITIVE, TIME, one_of
from rebalancer.adapters.shapes import (
    Cell,
    Field,
    ListOf,
    MapOf,
    Notes,
    Record,
    Schema,
    describe_file,
)
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.decimals import decimal_text
from rebalancer.model.instant import format_instant

_POSITION = Record(
    (
        Field("symbol", NAME, "The contract, such as BTC/USDT:USDT.", is_required=True),
        Field("contracts", NON_ZERO, "Signed: negative is short.", is_required=True),
        Field("entry_price", POSITIVE, "The average price it was opened at.", is_required=True),
    )
)
_FUTURES = Record(
    (
        Field("wallets", MapOf(NUMBER), "By settle coin, without unrealised profit."),
        Field("positions", ListOf(_POSITION, each="position"), "At most one for each symbol."),
    )
)
_PORTFOLIO = Record(
    (
        Field("as_of", TIME, "When these holdings were counted.", is_required=True),
        Field("account", one_of(Account), "Spot and futures apart (default), or one pool."),
        Field("spot", MapOf(NON_NEGATIVE), "Quantities by coin, the quote coin included."),
        Field("futures", _FUTURES, "Wallets and positions."),
    )
)


def load_portfolio(path: str | Path) -> Book:
    """Return the book of a portfolio file; raises InvalidInput with all its findings.

    Numbers are the exact decimals of their text. Whether the market knows the symbols and coins
    is the planner's question, not the file's.
    """
    cells, notes = read_record(Path(path), _PORTFOLIO)
    futures: Mapping[str, Cell] = _value(cells, "futures", {})
    positions: list[Cell] = _value(futures, "positions", [])
    _check_positions(positions, notes)
    notes.raise_if_any()
    return Book(
        as_of_us=cells["as_of"].value,
        account=_value(cells, "account", Account.SEPARATE),
        spot=_values(_value(cells, "spot", {})),
        wallets=_values(_value(futures, "wallets", {})),
        positions=tuple(Position(**_values(cell.value)) for cell in positions),
    )


def book_to_portfolio(book: Book) -> dict[str, Any]:
    """Return the portfolio file's content for a book, with numbers as exact decimal text.

    >>> from decimal import Decimal
    >>> book_to_portfolio(Book(as_of_us=0, spot={"BTC": Decimal("0.850")}))["spot"]
    {'BTC': '0.85'}
    """
    positions = [
        {
            "symbol": position.symbol,
            "contracts": decimal_text(position.contracts),
            "entry_price": decimal_text(position.entry_price),
        }
        for position in book.positions
    ]
    return {
        "as_of": format_instant(book.as_of_us),
        "account": book.account.value,
        "spot": {coin: decimal_text(amount) for coin, amount in book.spot.items()},
        "futures": {
            "wallets": {coin: decimal_text(amount) for coin, amount in book.wallets.items()},
            "positions": positions,
        },
    }


def portfolio_schema() -> Schema:
    """Return the JSON Schema of a portfolio file."""
    return describe_file("portfolio", _PORTFOLIO)


def _check_positions(positions: list[Cell], notes: Notes) -> None:
    lines: dict[str, int] = {}
    for position in positions:
        symbol: Cell | None = position.value.get("symbol")
        if symbol is None or symbol.value is None:
            continue
        if symbol.value in lines:
            message = f"`{symbol.value}` has a position on line {lines[symbol.value]} already"
            hint = "add the two up: contracts, and the average entry price"
            notes.add(symbol.node, InputCode.DUPLICATE_POSITION, message=message, hint=hint)
        lines.setdefault(symbol.value, symbol.node.line)


def _value(cells: Mapping[str, Cell], key: str, default: Any) -> Any:
    """Return the value of a key, or the default where it is absent or has a finding."""
    cell = cells.get(key)
    return default if cell is None or cell.value is None else cell.value


def _values(cells: Mapping[str, Cell]) -> dict[str, Any]:
    return {key: cell.value for key, cell in cells.items()}
