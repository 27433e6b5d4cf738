"""An account as ccxt returns it, turned into spot coins, futures wallets and positions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rebalancer.adapters.ccxt_positions import OpenPosition, read_open_positions
from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.shapes import Cell, Notes
from rebalancer.model.book import Account, Position
from rebalancer.model.decimals import EXACT, ZERO, decimal_text

Cells = Mapping[str, Cell]
Amounts = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an account holds; futures wallets, and a unified account's pool, without profit."""

    spot: Amounts
    wallets: Amounts
    positions: tuple[Position, ...]


def read_holdings(cell: Cell, account: Account, *, notes: Notes) -> Holdings:
    """Return what the `ccxt` part of a portfolio file holds, with findings for what does not fit.

    A wallet is the `total` of its coin less the profit of the positions that are settled in it,
    unless the file says that totals leave profit out. Coins of which there is nothing are left
    out: venues list every coin they know.
    """
    cells: Cells = cell.value
    _check_keys(cell, account, notes)
    opened = read_open_positions(
        _value(cells, "positions") or (),
        with_profit=_value(cells, "total_includes_profit") is not False,
        notes=notes,
    )
    is_unified = account is Account.UNIFIED
    balances = {key: _balances(cells, key) for key in ("spot", "futures")}
    _refuse_debts([*balances["spot"], *balances["futures"]], notes)
    margin = "spot" if is_unified else "futures"
    totals = _join_totals(balances[margin], notes)
    if _is_whole(cells.get(margin), balances[margin]):
        _refuse_missing_wallets(totals, opened, notes)
    wallets = _without_profit(totals, opened)
    spot: Amounts = {}
    if is_unified:
        spot, wallets = _split_pool(wallets, opened)
    else:
        totals = _join_totals(balances["spot"], notes)
        spot = {coin: total.value for coin, total in totals.items() if total.value}
    _refuse_loans(spot, totals, notes)
    return Holdings(spot, wallets, tuple(each.position for each in opened))


def latest_stamp(cell: Cell) -> int | None:
    """Return the latest time at which a balance was counted; None where no balance says.

    In microseconds since 1970 UTC; a stamp of 0 says nothing. Positions are not asked: venues
    stamp them with their last change.
    """
    balances = [*_balances(cell.value, "spot"), *_balances(cell.value, "futures")]
    return max((stamp for stamp in map(_stamp, balances) if stamp), default=None)


def are_stamps_read(cell: Cell) -> bool:
    """Return whether all stamps could be read, so that where none is left none was given."""
    cells: Cells = cell.value
    stamps = [
        balance.value.get(key)
        for balance in [*_balances(cells, "spot"), *_balances(cells, "futures")]
        for key in ("timestamp", "datetime")
    ]
    parents = [cells.get("spot"), cells.get("futures")]
    return all(each is None or each.value is not None for each in [*parents, *stamps])


def _stamp(balance: Cell) -> int | None:
    cells: Cells = balance.value
    stamp: int | None = _value(cells, "timestamp" if "timestamp" in cells else "datetime")
    return stamp


def _check_keys(cell: Cell, account: Account, notes: Notes) -> None:
    """Positions belong to futures, and a unified account has one balance for both."""
    cells: Cells = cell.value
    is_unified = account is Account.UNIFIED
    if is_unified and "futures" in cells:
        message = "a unified account has one balance, and no `futures` beside `spot`"
        hint = "put the one balance under `spot`: it would be counted twice"
        notes.add(cells["futures"].key, InputCode.KEY_NOT_FOR_KIND, message=message, hint=hint)
    if "positions" not in cells and (is_unified or "futures" in cells):
        hint = "add what `fetch_positions` returns; `[]` where it is empty"
        message = "`ccxt` has no `positions`"
        notes.add(cell.key, InputCode.MISSING_KEY, message=message, hint=hint)


def _value(cells: Cells, key: str) -> Any:
    cell = cells.get(key)
    return None if cell is None else cell.value


def _balances(cells: Cells, key: str) -> list[Cell]:
    """Return the balances that could be read under a key."""
    cell = cells.get(key)
    if cell is None or cell.value is None:
        return []
    return cell.value if isinstance(cell.value, list) else [cell]


def _is_whole(cell: Cell | None, balances: Iterable[Cell]) -> bool:
    """Return whether everything under a key could be read, so that what is not there is missing."""
    is_read = cell is None or cell.value is not None
    return is_read and all(_value(balance.value, "total") is not None for balance in balances)


def _refuse_debts(balances: Iterable[Cell], notes: Notes) -> None:
    for balance in balances:
        debts: Cells = _value(balance.value, "debt") or {}
        for coin, debt in debts.items():
            if debt.value:
                message = f"`{coin}` is borrowed ({decimal_text(debt.value)})"
                _refuse_loan(debt, message, notes)


def _refuse_loans(spot: Amounts, totals: Cells, notes: Notes) -> None:
    for coin, amount in spot.items():
        if amount < 0:
            message = f"`{coin}` is below zero ({decimal_text(amount)})"
            _refuse_loan(totals[coin], message, notes)


def _refuse_loan(cell: Cell, message: str, notes: Notes) -> None:
    hint = "pay the loan back: a portfolio file holds no loans"
    notes.add(cell.key, InputCode.BORROWED_COIN, message=message, hint=hint)


def _join_totals(balances: Iterable[Cell], notes: Notes) -> dict[str, Cell]:
    """Return the total of each coin; a coin that two accounts hold is a finding."""
    joined: dict[str, Cell] = {}
    for balance in balances:
        totals: Cells = _value(balance.value, "total") or {}
        for coin, total in totals.items():
            known = joined.get(coin)
            if known is None or not known.value:
                joined[coin] = total
            elif total.value:
                message = f"`{coin}` is in a futures account on line {known.key.line} already"
                hint = "leave out the account that the policy does not trade in"
                notes.add(total.key, InputCode.DUPLICATE_WALLET, message=message, hint=hint)
    return joined


def _refuse_missing_wallets(totals: Cells, opened: Iterable[OpenPosition], notes: Notes) -> None:
    for each in opened:
        if each.settle not in totals:
            symbol = each.position.symbol
            message = f"no balance has `{each.settle}`, in which `{symbol}` is settled"
            hint = "add what `fetch_balance` returns for the account of that position"
            notes.add(each.node, InputCode.MISSING_WALLET, message=message, hint=hint)


def _without_profit(totals: Cells, opened: Iterable[OpenPosition]) -> Amounts:
    """Return the totals less the profit settled in them, of the coins held or settled in."""
    profits: Amounts = {}
    for each in opened:
        profits[each.settle] = EXACT.add(profits.get(each.settle, ZERO), each.profit)
    return {
        coin: EXACT.subtract(total.value, profits.get(coin, ZERO))
        for coin, total in totals.items()
        if total.value or coin in profits
    }


def _split_pool(pool: Amounts, opened: Iterable[OpenPosition]) -> tuple[Amounts, Amounts]:
    """Return a pool as spot coins and, of coins that positions are settled in, what is owed.

    Spot quantities are never negative; the pool is the sum of the two.
    """
    settled = {each.settle for each in opened}
    owed = {coin: amount for coin, amount in pool.items() if amount < 0 and coin in settled}
    return {coin: amount for coin, amount in pool.items() if coin not in owed}, owed
