"""Open positions out of the rows of ccxt's `fetch_positions`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from rebalancer.adapters.ccxt_shape import MarginMode, Side
from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.shapes import Cell, Notes
from rebalancer.model.book import Position
from rebalancer.model.contracts import profit
from rebalancer.model.decimals import ZERO
from rebalancer.policy.nodes import Node
from rebalancer.policy.symbols import Symbol, parse_symbol

Cells = Mapping[str, Cell]

_NEEDED = ("symbol", "side", "contracts", "entryPrice")
_QUANTUM = Decimal("1e-12")
_LARGEST = Decimal("1e24")
_WIDE = Context(prec=160)
"""Room for sizes times prices of any number that a file may hold."""


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """A position, the coin it is settled in, its profit in that coin and where it stands.

    `profit` is 0 where it was not asked for.
    """

    position: Position
    settle: str
    profit: Decimal
    node: Node


def read_open_positions(
    rows: Sequence[Cell], *, with_profit: bool, notes: Notes
) -> list[OpenPosition]:
    """Return the open positions, with a finding for each row that cannot be one.

    Findings: margin of its own, a second position of one symbol, a symbol that is no contract and,
    where the profit is asked for, a profit that is neither reported nor computable.
    """
    sound = [row for row in rows if all(_has(row.value, key) for key in _NEEDED)]
    _refuse_isolated(rows, notes)
    _refuse_duplicates(sound, notes)
    return list(_read_sound(sound, with_profit=with_profit, notes=notes))


def _has(cells: Cells, key: str) -> bool:
    """Return whether a key is there with a value that could be read."""
    return key in cells and cells[key].value is not None


def _refuse_isolated(rows: Iterable[Cell], notes: Notes) -> None:
    for row in rows:
        mode: Cell | None = row.value.get("marginMode")
        if mode is not None and mode.value is MarginMode.ISOLATED:
            message = "the position has isolated margin, and wallets are planned as cross margin"
            hint = "move it to cross margin on the venue"
            notes.add(mode.node, InputCode.ISOLATED_POSITION, message=message, hint=hint)


def _refuse_duplicates(rows: Iterable[Cell], notes: Notes) -> None:
    lines: dict[str, int] = {}
    for row in rows:
        symbol: Cell = row.value["symbol"]
        if symbol.value in lines:
            message = f"`{symbol.value}` has a position on line {lines[symbol.value]} already"
            hint = "a long and a short of hedge mode do not fit: close the smaller, or net the two"
            notes.add(symbol.node, InputCode.DUPLICATE_POSITION, message=message, hint=hint)
        lines.setdefault(symbol.value, symbol.node.line)


def _read_sound(rows: Iterable[Cell], *, with_profit: bool, notes: Notes) -> Iterator[OpenPosition]:
    for row in rows:
        cells: Cells = row.value
        symbol = _contract(cells["symbol"], notes)
        if symbol is None:
            continue
        position = _position(cells)
        gained = _profit(cells, symbol, contracts=position.contracts) if with_profit else ZERO
        if gained is None:
            _refuse_unknown_profit(row, notes)
        else:
            yield OpenPosition(position, str(symbol.settle), gained, cells["symbol"].node)


def _contract(cell: Cell, notes: Notes) -> Symbol | None:
    """Return the parts of a contract's symbol; None, with a finding, where it is none."""
    try:
        symbol = parse_symbol(cell.value)
    except ValueError as error:
        notes.add(cell.node, InputCode.NOT_A_SYMBOL, message=str(error))
        return None
    if not symbol.is_future:
        message = f"`{symbol.text}` is not a contract such as BTC/USDT:USDT"
        notes.add(cell.node, InputCode.NOT_A_SYMBOL, message=message)
        return None
    return symbol


def _position(cells: Cells) -> Position:
    size: Decimal = cells["contracts"].value
    return Position(
        symbol=cells["symbol"].value,
        contracts=size if cells["side"].value is Side.LONG else size.copy_negate(),
        entry_price=cells["entryPrice"].value,
        contract_size=cells["contractSize"].value if "contractSize" in cells else None,
    )


def _profit(cells: Cells, symbol: Symbol, *, contracts: Decimal) -> Decimal | None:
    """Return the profit as reported, or else from mark and entry; None where neither is known.

    A computed one is rounded to twelve decimals. A value with a finding of its own counts as 0.
    """
    if "unrealizedPnl" in cells:
        return cells["unrealizedPnl"].value or ZERO
    if not {"markPrice", "contractSize"} <= cells.keys():
        return None
    mark, multiplier = cells["markPrice"].value, cells["contractSize"].value
    if mark is None or multiplier is None:
        return ZERO
    if symbol.settle not in {symbol.base, symbol.quote}:
        return None
    with localcontext(_WIDE):
        gained = profit(
            contracts * multiplier,
            entry=cells["entryPrice"].value,
            mark=mark,
            inverse=symbol.is_inverse,
        ).quantize(_QUANTUM)
    return gained if abs(gained) < _LARGEST else None


def _refuse_unknown_profit(row: Cell, notes: Notes) -> None:
    symbol = row.value["symbol"].value
    message = (
        f"the profit of `{symbol}` is not known: it has no `unrealizedPnl`,"
        " and no `markPrice` and `contractSize` that give it"
    )
    hint = "where the totals leave profit out, say so: `total_includes_profit: false`"
    notes.add(row.node, InputCode.UNKNOWN_PROFIT, message=message, hint=hint)
