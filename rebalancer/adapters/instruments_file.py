"""instruments.yaml: the trading rules of a market folder, with the date they are of."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rebalancer.adapters.instrument_checks import check_instrument
from rebalancer.adapters.instrument_shape import INSTRUMENTS_FILE
from rebalancer.adapters.record_file import read_record
from rebalancer.adapters.shapes import Cell
from rebalancer.model.instrument import Instrument, MarginTier


@dataclass(frozen=True, slots=True)
class DatedInstruments:
    """The instruments by symbol and the date, as the file writes it, that their rules are of."""

    by_symbol: Mapping[str, Instrument]
    as_of: str


def load_instruments(path: str | Path) -> DatedInstruments:
    """Return the instruments of a file; raises InvalidInput with all its findings."""
    cells, notes = read_record(Path(path), INSTRUMENTS_FILE)
    entries: Mapping[str, Cell] = cells["instruments"].value if "instruments" in cells else {}
    for symbol, entry in entries.items():
        check_instrument(symbol, entry, notes=notes)
    notes.raise_if_any()
    by_symbol = {symbol: _build_instrument(symbol, entry) for symbol, entry in entries.items()}
    return DatedInstruments(by_symbol, cells["as_of"].value)


def _build_instrument(symbol: str, entry: Cell) -> Instrument:
    values: dict[str, Any] = {key: cell.value for key, cell in entry.value.items()}
    tiers = tuple(_build_tier(cell) for cell in values.pop("margin_tiers", ()))
    expiry_us = values.pop("expiry", None)
    return Instrument(symbol=symbol, margin_tiers=tiers, expiry_us=expiry_us, **values)


def _build_tier(cell: Cell) -> MarginTier:
    values: dict[str, Decimal] = {key: part.value for key, part in cell.value.items()}
    return MarginTier(values["from"], values["maintenance"], values["max_leverage"])
