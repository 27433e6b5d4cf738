"""The portfolio file, YAML or JSON: what a portfolio holds at one time."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rebalancer.adapters.ccxt_account import are_stamps_read, latest_stamp, read_holdings
from rebalancer.adapters.ccxt_shape import CCXT
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
from rebalancer.policy.nodes import Node


@dataclass(frozen=True, slots=True)
class _PortfolioRecord(Record):
    """A portfolio in our own keys, or in those of ccxt: one of the two."""

    def read(self, node: Node, notes: Notes, *, name: str) -> dict[str, Cell] | None:
        """Return the fields that are there; our own keys need `as_of` and exclude `ccxt`."""
        cells = Record.read(self, node, notes, name=name)
        if cells is None:
            return None
        if "ccxt" not in cells and "as_of" not in cells:
            notes.add(node, InputCode.MISSING_KEY, message=f"`{name}` has no `as_of`")
        for key in ("spot", "futures"):
            if "ccxt" in cells and key in cells:
                message = f"`{key}` stands beside `ccxt`, which says what is held"
                hint = "keep one of the two"
                notes.add(cells[key].key, InputCode.KEY_NOT_FOR_KIND, message=message, hint=hint)
        return cells

    def schema(self) -> Schema:
        """Return the schema of the fields, with what goes together."""
        ours = {"required": ["as_of"], "properties": {"ccxt": False}}
        theirs = {"required": ["ccxt"], "properties": {"spot": False, "futures": False}}
        return {**Record.schema(self), "oneOf": [ours, theirs]}


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
_PORTFOLIO = _PortfolioRecord(
    (
        Field("as_of", TIME, "When these holdings were counted."),
        Field("account", one_of(Account), "Spot and futures apart (default), or one pool."),
        Field("spot", MapOf(NON_NEGATIVE), "Quantities by coin, the quote coin included."),
        Field("futures", _FUTURES, "Wallets and positions."),
        Field("ccxt", CCXT, "What ccxt returned, in place of `spot` and `futures`."),
    )
)


def load_portfolio(path: str | Path) -> Book:
    """Return the book of a portfolio file; raises InvalidInput with all its findings.

    Numbers are the exact decimals of their text. Whether the market knows the symbols and coins
    is the planner's question, not the file's. Under `ccxt` the file may hold what ccxt returned;
    its time is then the latest of its balances, unless `as_of` gives it.
    """
    cells, notes = read_record(Path(path), _PORTFOLIO)
    if "ccxt" in cells:
        return _book_of_ccxt(cells, notes)
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


def _book_of_ccxt(cells: Mapping[str, Cell], notes: Notes) -> Book:
    account = _value(cells, "account", Account.SEPARATE)
    if cells["ccxt"].value is None:
        notes.raise_if_any()
    holdings = read_holdings(cells["ccxt"], account, notes=notes)
    as_of_us = _counted_at(cells, notes)
    notes.raise_if_any()
    return Book(
        as_of_us=as_of_us,
        account=account,
        spot=holdings.spot,
        wallets=holdings.wallets,
        positions=holdings.positions,
    )


def _counted_at(cells: Mapping[str, Cell], notes: Notes) -> Any:
    """Return `as_of`, or the latest time of a balance; None, with a finding, without either."""
    if "as_of" in cells:
        return cells["as_of"].value
    stamp = latest_stamp(cells["ccxt"])
    if stamp is None and are_stamps_read(cells["ccxt"]):
        message = "there is no `as_of`, and no balance has a `timestamp`"
        hint = "write when the balances were fetched, such as as_of: 2023-12-31T00:00:00Z"
        notes.add(cells["ccxt"].key, InputCode.MISSING_KEY, message=message, hint=hint)
    return stamp


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
