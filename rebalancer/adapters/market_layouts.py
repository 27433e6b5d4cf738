"""The three tables of a market folder and what their rows obey: prices, funding, series."""

import numpy as np

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.market_tables import Instruments, Layout
from rebalancer.adapters.row_findings import Mask, RowFindings
from rebalancer.adapters.sorted_rows import Numbers
from rebalancer.adapters.table_columns import Names
from rebalancer.model.decimals import decimal_text, from_float
from rebalancer.model.instrument import InstrumentKind
from rebalancer.model.market import Floats
from rebalancer.policy.hints import did_you_mean

_FUNDING_HINT = "only perpetuals pay funding"
_BAR = ("open", "high", "low", "close")


def _check_prices(numbers: Numbers, rows: RowFindings) -> None:
    """Every price is positive, and the bar's own low and high bound its open and close."""
    for column in _BAR:
        _check_positive(column, numbers[column], rows, code=InputCode.NON_POSITIVE_PRICE)
    high, low = numbers["high"], numbers["low"]
    is_sound = np.min([numbers[column] for column in _BAR], axis=0) > 0
    rows.add_mask(
        InputCode.HIGH_UNDER_LOW,
        is_sound & (high < low),
        describe=lambda row: f"`high` {_text(high[row])} is under `low` {_text(low[row])}",
    )
    for column in ("open", "close"):
        _check_inside_bar(column, numbers, rows, is_sound=is_sound & (high >= low))


def _check_inside_bar(column: str, numbers: Numbers, rows: RowFindings, *, is_sound: Mask) -> None:
    high, low, price = numbers["high"], numbers["low"], numbers[column]
    rows.add_mask(
        InputCode.PRICE_OUTSIDE_BAR,
        is_sound & ((price > high) | (price < low)),
        describe=lambda row: (
            f"`{column}` {_text(price[row])} is outside `low` {_text(low[row])}"
            f" and `high` {_text(high[row])}"
        ),
    )


def _check_funding(numbers: Numbers, rows: RowFindings) -> None:
    """The interval that a rate is paid for is positive; the rate may have any sign."""
    column = "interval_hours"
    _check_positive(column, numbers[column], rows, code=InputCode.NON_POSITIVE_INTERVAL)


def _check_series(_numbers: Numbers, _rows: RowFindings) -> None:
    """Any finite value is a fair observation of a series."""


def _check_positive(column: str, values: Floats, rows: RowFindings, *, code: InputCode) -> None:
    rows.add_mask(
        code,
        values <= 0,
        describe=lambda row: f"`{column}` must be above 0, was {_text(values[row])}",
    )


def _check_known(symbols: Names, instruments: Instruments, rows: RowFindings) -> None:
    """One finding for each symbol that is not an instrument, at its first row."""
    for symbol in symbols.distinct:
        if symbol not in instruments:
            hint = did_you_mean(symbol, instruments)
            message = f"unknown symbol `{symbol}`{_row_count(symbols, symbol)}"
            first = int(symbols.rows_of(symbol)[0])
            rows.add_row(InputCode.UNKNOWN_SYMBOL, first, message=message, hint=hint)


def _check_perpetual(symbols: Names, instruments: Instruments, rows: RowFindings) -> None:
    """Only perpetuals pay funding."""
    _check_known(symbols, instruments, rows)
    for symbol in symbols.distinct:
        kind = instruments[symbol].kind if symbol in instruments else InstrumentKind.PERPETUAL
        if kind is not InstrumentKind.PERPETUAL:
            message = f"`{symbol}` is {kind} and has no funding{_row_count(symbols, symbol)}"
            first = int(symbols.rows_of(symbol)[0])
            rows.add_row(InputCode.NOT_A_PERPETUAL, first, message=message, hint=_FUNDING_HINT)


def _check_any_name(_names: Names, _instruments: Instruments, _rows: RowFindings) -> None:
    """A series may have any name."""


def _row_count(symbols: Names, symbol: str) -> str:
    count = len(symbols.rows_of(symbol))
    return f" ({count:,} rows)" if count > 1 else ""


def _text(value: float) -> str:
    return decimal_text(from_float(value))


PRICES = Layout("prices", "symbol", _BAR, _check_prices, _check_known)
FUNDING = Layout(
    "funding", "symbol", ("funding_rate", "interval_hours"), _check_funding, _check_perpetual
)
SERIES = Layout("series", "name", ("value",), _check_series, _check_any_name)
