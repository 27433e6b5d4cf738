"""Shapes of YAML values: one declaration reads a value with placed findings and describes it.

A file is declared once, as records of fields. From that come its reader, which finds every problem
in one run, and its JSON Schema.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rebalancer.adapters.codes import InputCode
from rebalancer.adapters.printable import printable
from rebalancer.errors import Finding, InvalidInput, Place, Severity
from rebalancer.policy.hints import did_you_mean
from rebalancer.policy.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notes:
    """The findings of one file so far."""

    path: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, node: Node, code: InputCode, *, message: str, hint: str = "") -> None:
        """Add a finding where a node stands."""
        place = Place(self.path, node.line, node.column)
        message, hint = printable(message), printable(hint)
        self.findings.append(Finding(place, Severity.ERROR, code, message, hint))

    def raise_if_any(self) -> None:
        """Raise InvalidInput with the findings, in source order, where there are any."""
        if self.findings:
            raise InvalidInput(sorted(self.findings, key=lambda finding: finding.place))


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that was read, the node it was read from, and the key that leads to it.

    A list item is its own key.
    """

    value: Any
    node: Node
    key: Node


class BadValueError(ValueError):
    """A text that is not the value it should be; the message follows the name of its key."""

    def __init__(self, code: InputCode, message: str, hint: str = "") -> None:
        """Keep the code and the hint of the finding."""
        super().__init__(message)
        self.code, self.hint = code, hint


class Shape(Protocol):
    """What a value may look like."""

    def read(self, node: Node, notes: Notes, *, name: str) -> Any:
        """Return the value, or None where it is not one; `name` is what findings call it."""

    def schema(self) -> Schema:
        """Return the JSON Schema of such a value."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One piece of text, read by `parse`, which raises BadValueError."""

    parse: Callable[[str], Any]
    described: Mapping[str, Any]

    def read(self, node: Node, notes: Notes, *, name: str) -> Any:
        """Return the parsed text."""
        if not isinstance(node, ScalarNode):
            _refuse(node, notes, name, wanted="a single value")
        elif not node.text:
            notes.add(node, InputCode.MISSING_VALUE, message=f"`{name}` is empty")
        else:
            try:
                return self.parse(node.text)
            except BadValueError as bad:
                notes.add(node, bad.code, message=f"`{name}` {bad}", hint=bad.hint)
        return None

    def schema(self) -> Schema:
        """Return the declared description."""
        return dict(self.described)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items all have one shape; findings call one of them `each`."""

    item: Shape
    each: str
    at_least: int = 0

    def read(self, node: Node, notes: Notes, *, name: str) -> list[Cell] | None:
        """Return the items that could be read."""
        if not isinstance(node, SequenceNode):
            _refuse(node, notes, name, wanted="a list")
            return None
        if len(node.items) < self.at_least:
            notes.add(node, InputCode.MISSING_VALUE, message=f"`{name}` is an empty list")
        cells = [
            Cell(self.item.read(item, notes, name=self.each), item, item) for item in node.items
        ]
        return [cell for cell in cells if cell.value is not None]

    def schema(self) -> Schema:
        """Return the schema of the list."""
        return {"type": "array", "items": self.item.schema(), "minItems": self.at_least}


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with names of the file's own choosing, such as coins, to values of one shape."""

    item: Shape
    at_least: int = 0

    def read(self, node: Node, notes: Notes, *, name: str) -> dict[str, Cell] | None:
        """Return the entries that could be read."""
        if not isinstance(node, MappingNode):
            _refuse(node, notes, name, wanted="a mapping")
            return None
        if len(node.entries) < self.at_least:
            notes.add(node, InputCode.MISSING_VALUE, message=f"`{name}` is an empty mapping")
        cells = {entry.key.text: self._read_entry(entry, notes) for entry in node.entries}
        return {key: cell for key, cell in cells.items() if key and cell.value is not None}

    def _read_entry(self, entry: Entry, notes: Notes) -> Cell:
        if not entry.key.text:
            notes.add(entry.key, InputCode.MISSING_VALUE, message="a key is empty")
        value = self.item.read(entry.value, notes, name=entry.key.text)
        return Cell(value, entry.value, entry.key)

    def schema(self) -> Schema:
        """Return the schema of the mapping."""
        return {
            "type": "object",
            "additionalProperties": self.item.schema(),
            "propertyNames": {"minLength": 1},
            "minProperties": self.at_least,
        }


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record."""

    name: str
    shape: Shape
    description: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known keys."""

    fields: tuple[Field, ...]

    def read(self, node: Node, notes: Notes, *, name: str) -> dict[str, Cell] | None:
        """Return the known fields that are there, by name; a value with a finding is None."""
        if not isinstance(node, MappingNode):
            _refuse(node, notes, name, wanted="a mapping")
            return None
        entries = {entry.key.text: entry for entry in node.entries}
        self._refuse_unknown(node, notes)
        cells: dict[str, Cell] = {}
        for wanted in self.fields:
            entry = entries.get(wanted.name)
            if entry is not None:
                value = wanted.shape.read(entry.value, notes, name=wanted.name)
                cells[wanted.name] = Cell(value, entry.value, entry.key)
            elif wanted.is_required:
                notes.add(node, InputCode.MISSING_KEY, message=f"`{name}` has no `{wanted.name}`")
        return cells

    def _refuse_unknown(self, node: MappingNode, notes: Notes) -> None:
        known = [wanted.name for wanted in self.fields]
        for entry in node.entries:
            key = entry.key.text
            if key not in known:
                hint = did_you_mean(key, known)
                notes.add(
                    entry.key, InputCode.UNKNOWN_KEY, message=f"unknown key `{key}`", hint=hint
                )

    def schema(self) -> Schema:
        """Return the schema of the record, with its descriptions."""
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [wanted.name for wanted in self.fields if wanted.is_required],
            "properties": {
                wanted.name: {"description": wanted.description, **wanted.shape.schema()}
                for wanted in self.fields
            },
        }


def describe_file(name: str, record: Record) -> Schema:
    """Return the JSON Schema (draft 2020-12) of a file that is one record."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:rebalancer:schema:{name}:1",
        "title": name.capitalize(),
        **record.schema(),
    }


def _refuse(node: Node, notes: Notes, name: str, *, wanted: str) -> None:
    kinds = {ScalarNode: "a single value", SequenceNode: "a list", MappingNode: "a mapping"}
    notes.add(
        node, InputCode.WRONG_SHAPE, message=f"`{name}` must be {wanted}, was {kinds[type(node)]}"
    )
