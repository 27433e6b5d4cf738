"""The shapes of what ccxt returns: balances and positions, of which only some keys are read."""

import re
from dataclasses import dataclass
from enum import StrEnum

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.scalars import NAME, NUMBER, POSITIVE, TIME, one_of, parse_number
from rebalancer.adapters.shapes import (
    BadValueError,
    Cell,
    Field,
    ListOf,
    MapOf,
    Notes,
    Record,
    Scalar,
    Schema,
)
from rebalancer.policy.nodes import MappingNode, Node, ScalarNode

_LAST_MILLISECOND = 253_402_300_799_999
"""The end of the year 9999."""


class Side(StrEnum):
    """Which way a position goes; its size has no sign."""

    LONG = "long"
    SHORT = "short"


class MarginMode(StrEnum):
    """Whether a position shares the margin of its wallet or has its own."""

    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The keys that are read of another program's record; others may stand beside them.

    `null` counts as a key that is not there: it is how ccxt says that a venue does not tell.
    """

    fields: tuple[Field, ...]

    def read(self, node: Node, notes: Notes, *, name: str) -> dict[str, Cell] | None:
        """Return the known keys that have a value, by name; a value with a finding is None."""
        if isinstance(node, MappingNode):
            wanted = {field.name for field in self.fields}
            entries = tuple(
                entry
                for entry in node.entries
                if entry.key.text in wanted and not _is_null(entry.value)
            )
            node = MappingNode(entries, node.line, node.column)
        return Record(self.fields).read(node, notes, name=name)

    def schema(self) -> Schema:
        """Return the schema of the keys that are read; the others may be anything."""
        described = Record(self.fields).schema()
        needed = described["required"]
        properties = {
            key: value if key in needed else {"anyOf": [value, {"type": "null"}]}
            for key, value in described["properties"].items()
        }
        return {"type": "object", "required": needed, "properties": properties}


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A row of `fetch_positions`; venues list contracts without a position too, with size 0."""

    opened: Excerpt

    def read(self, node: Node, notes: Notes, *, name: str) -> dict[str, Cell] | None:
        """Return the row of an open position; None, without a finding, where the size is 0."""
        return None if _is_closed(node) else self.opened.read(node, notes, name=name)

    def schema(self) -> Schema:
        """Return the schema of an open position or of a row that is skipped."""
        closed = {"required": ["contracts"], "properties": {"contracts": {"const": 0}}}
        return {"type": "object", "anyOf": [closed, self.opened.schema()]}


def parse_milliseconds(text: str) -> int:
    """Return the microseconds since 1970 UTC of a count of milliseconds.

    >>> parse_milliseconds("1767600000123")
    1767600000123000
    """
    if not re.fullmatch("[0-9]{1,15}", text) or int(text) > _LAST_MILLISECOND:
        message = f"must be milliseconds since 1970, was `{text}`"
        raise BadValueError(InputCode.NOT_A_TIME, message)
    return int(text) * 1000


def parse_boolean(text: str) -> bool:
    """Return whether a text is `true`; only `true` and `false` are read."""
    if text not in {"true", "false"}:
        message = f"must be `true` or `false`, was `{text}`"
        raise BadValueError(InputCode.NOT_A_BOOLEAN, message)
    return text == "true"


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.is_plain and node.text in {"null", "~"}


def _is_closed(node: Node) -> bool:
    if not isinstance(node, MappingNode):
        return False
    sizes = [entry.value for entry in node.entries if entry.key.text == "contracts"]
    try:
        return any(isinstance(size, ScalarNode) and not parse_number(size.text) for size in sizes)
    except BadValueError:
        return False


_BOOLEAN = Scalar(parse_boolean, {"type": "boolean"})
_MILLISECONDS = Scalar(
    parse_milliseconds, {"type": "integer", "minimum": 0, "maximum": _LAST_MILLISECOND}
)
_BALANCE = Excerpt(
    (
        Field("timestamp", _MILLISECONDS, "When it was counted, in milliseconds since 1970."),
        Field("datetime", TIME, "The same as text, read where `timestamp` is not there."),
        Field("total", MapOf(NUMBER), "Amounts by coin, locked ones included.", is_required=True),
        Field("debt", MapOf(NUMBER), "Borrowed amounts by coin; they are refused."),
    )
)
_OPEN_POSITION = Excerpt(
    (
        Field("symbol", NAME, "The contract, such as BTC/USDT:USDT.", is_required=True),
        Field("side", one_of(Side), "Which way it goes.", is_required=True),
        Field("contracts", POSITIVE, "Its size, without a sign.", is_required=True),
        Field("entryPrice", POSITIVE, "The average price it was opened at.", is_required=True),
        Field("unrealizedPnl", NUMBER, "Its profit in the settle coin."),
        Field("markPrice", POSITIVE, "Read where `unrealizedPnl` is not there."),
        Field("contractSize", POSITIVE, "Read where `unrealizedPnl` is not there."),
        Field("marginMode", one_of(MarginMode), "Cross where left out; isolated is refused."),
    )
)
CCXT = Record(
    (
        Field("spot", _BALANCE, "`fetch_balance` of the spot account, or of a unified account."),
        Field(
            "futures",
            ListOf(_BALANCE, each="futures account"),
            "`fetch_balance` of each futures account: linear, inverse.",
        ),
        Field(
            "positions",
            ListOf(PositionRow(_OPEN_POSITION), each="position"),
            "`fetch_positions`; rows of size 0 are skipped.",
        ),
        Field(
            "total_includes_profit",
            _BOOLEAN,
            "Whether the totals of futures accounts hold unrealised profit (default true).",
        ),
    )
)
