"""Checks of one instrument's keys against each other: kind, symbol, settle coin, margin tiers."""

from collections.abc import Mapping
from itertools import pairwise

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.instrument_shape import FOREIGN, NEEDED
from rebalancer.adapters.shapes import Cell, Notes
from rebalancer.model.decimals import decimal_text
from rebalancer.model.instant import format_instant
from rebalancer.model.instrument import InstrumentKind
from rebalancer.policy.nodes import Node
from rebalancer.policy.symbols import parse_symbol
from rebalancer.policy.values import percent_text

Cells = Mapping[str, Cell]
_TIER_KEYS = ("from", "maintenance", "max_leverage")


def check_instrument(symbol: str, entry: Cell, *, notes: Notes) -> None:
    """Note what no single value shows; a value that has a finding already is left alone."""
    cells: Cells = entry.value
    sound = {key: cell for key, cell in cells.items() if cell.value is not None}
    if "kind" in sound:
        _check_keys(symbol, entry, notes)
        _check_symbol(symbol, entry.key, sound, notes)
    if {"settle", "base", "quote"} <= sound.keys():
        _check_settle(sound, notes)
    if "margin_tiers" in sound:
        _check_tiers(sound, notes)


def _check_keys(symbol: str, entry: Cell, notes: Notes) -> None:
    kind: InstrumentKind = entry.value["kind"].value
    for key in NEEDED[kind]:
        if key not in entry.value:
            message = f"`{symbol}` has no `{key}`, which a {kind} needs"
            notes.add(entry.node, InputCode.MISSING_KEY, message=message)
    for key in FOREIGN[kind]:
        if key in entry.value:
            message = f"a {kind} instrument has no `{key}`"
            notes.add(
                entry.value[key].key, InputCode.KEY_NOT_FOR_KIND, message=message, hint="remove it"
            )


def _check_symbol(symbol: str, node: Node, sound: Cells, notes: Notes) -> None:
    """The symbol spells out the instrument, such as BTC/USD:BTC-260327 for a dated future."""
    try:
        parse_symbol(symbol)
    except ValueError as error:
        notes.add(node, InputCode.NOT_A_SYMBOL, message=str(error))
        return
    spelled = _spell_symbol(sound)
    if spelled not in {None, symbol}:
        message = f"`{symbol}` is not the symbol of these keys, which is `{spelled}`"
        hint = "correct the symbol, or kind, base, quote, settle or expiry"
        notes.add(node, InputCode.SYMBOL_MISMATCH, message=message, hint=hint)


def _spell_symbol(sound: Cells) -> str | None:
    """Return the symbol that the keys describe; None where one of them is not to be had."""
    kind = sound["kind"].value
    if not {"base", "quote", *NEEDED[kind]} <= {"margin_tiers", *sound}:
        return None
    spelled = f"{sound['base'].value}/{sound['quote'].value}"
    if kind is not InstrumentKind.SPOT:
        spelled += f":{sound['settle'].value}"
    if kind is InstrumentKind.FUTURE:
        spelled += "-" + format_instant(sound["expiry"].value)[2:10].replace("-", "")
    return spelled


def _check_settle(sound: Cells, notes: Notes) -> None:
    """A contract is settled in its quote coin (linear) or in its base coin (inverse)."""
    base, quote, settle = (sound[key].value for key in ("base", "quote", "settle"))
    if settle not in {base, quote}:
        message = f"`settle` must be `{quote}` (linear) or `{base}` (inverse), was `{settle}`"
        notes.add(sound["settle"].node, InputCode.SETTLE_MISMATCH, message=message)


def _check_tiers(sound: Cells, notes: Notes) -> None:
    """Tiers start at 0 and rise; a later one never asks for less margin than one before."""
    tiers: list[Cells] = [tier.value for tier in sound["margin_tiers"].value]
    if any(key not in tier or tier[key].value is None for tier in tiers for key in _TIER_KEYS):
        return
    first = tiers[0]["from"]
    if first.value:
        message = f"the first tier must be from 0, was {_number(first)}"
        notes.add(first.node, InputCode.MARGIN_TIERS, message=message)
    for before, after in pairwise(tiers):
        _check_next_tier(before, after, notes)
    for tier in tiers:
        _check_tier(tier, notes)
    _check_leverage(sound, tiers[0]["max_leverage"], notes)


def _check_next_tier(before: Cells, after: Cells, notes: Notes) -> None:
    pairs = {key: (before[key], after[key]) for key in _TIER_KEYS}
    low, high = pairs["from"]
    if high.value <= low.value:
        message = f"tiers must rise: {_number(high)} follows {_number(low)}"
        notes.add(high.node, InputCode.MARGIN_TIERS, message=message)
    low, high = pairs["maintenance"]
    if high.value < low.value:
        message = f"`maintenance` must not fall: {_percent(high)} follows {_percent(low)}"
        notes.add(high.node, InputCode.MARGIN_TIERS, message=message)
    low, high = pairs["max_leverage"]
    if high.value > low.value:
        message = f"`max_leverage` must not rise: {_number(high)} follows {_number(low)}"
        notes.add(high.node, InputCode.MARGIN_TIERS, message=message)


def _check_tier(tier: Cells, notes: Notes) -> None:
    """A position that opens at the highest leverage is not liquidated at once."""
    maintenance, leverage = tier["maintenance"], tier["max_leverage"]
    if maintenance.value * leverage.value > 1:
        message = (
            f"`maintenance` {_percent(maintenance)} is more than the initial margin"
            f" at `max_leverage` {_number(leverage)}"
        )
        notes.add(maintenance.node, InputCode.MARGIN_TIERS, message=message)


def _check_leverage(sound: Cells, highest: Cell, notes: Notes) -> None:
    setting = sound.get("leverage")
    if setting is not None and setting.value > highest.value:
        message = (
            f"`leverage` {_number(setting)} is above `max_leverage` {_number(highest)}"
            " of the first tier"
        )
        notes.add(setting.node, InputCode.MARGIN_TIERS, message=message)


def _number(cell: Cell) -> str:
    return decimal_text(cell.value)


def _percent(cell: Cell) -> str:
    return percent_text(cell.value)
