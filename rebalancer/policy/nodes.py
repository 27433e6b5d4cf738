"""A YAML file as a tree of text nodes, each with its line and column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rebalancer.errors import Place

Step = str | int
Route = tuple[Step, ...]
"""The way from the root to a node: keys and list positions, such as `("transitions", 0, "to")`."""


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One piece of text. `is_plain` is whether it stands without quotes; lines count from 1."""

    text: str
    line: int
    column: int
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list of nodes, in order."""

    items: tuple["Node", ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and their values, in order. INVARIANT: no two keys have the same text."""

    entries: tuple["Entry", ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping and its value."""

    key: ScalarNode
    value: "Node"


Node = ScalarNode | SequenceNode | MappingNode


def to_plain(node: Node) -> Any:
    """Return the same tree as dictionaries, lists and text.

    >>> to_plain(MappingNode((Entry(ScalarNode("band", 1, 1), ScalarNode("2%", 1, 7)),), 1, 1))
    {'band': '2%'}
    """
    match node:
        case ScalarNode():
            return node.text
        case SequenceNode():
            return [to_plain(item) for item in node.items]
        case MappingNode():
            return {entry.key.text: to_plain(entry.value) for entry in node.entries}


class Places:
    """Finds where in the file `path` the parts of a tree stand."""

    def __init__(self, root: Node, path: str) -> None:
        self.root = root
        self.path = path
        self._entries: dict[int, dict[Step, Entry]] = {}

    def of_value(self, route: Sequence[Step]) -> Place:
        """Return the place of a value, or of its nearest holder that is in the file."""
        return self._place(self._walk(route)[1])

    def of_key(self, route: Sequence[Step]) -> Place:
        """Return the place of the key that leads to a value; a list item's own place."""
        return self._place(self._walk(route)[0])

    def _place(self, node: Node) -> Place:
        return Place(self.path, node.line, node.column)

    def _walk(self, route: Sequence[Step]) -> tuple[Node, Node]:
        """Return the last key (or list item) and value of a route, as far as the file goes."""
        key = value = self.root
        for step in route:
            found = self._step_into(value, step)
            if found is None:
                break
            key, value = found
        return key, value

    def _step_into(self, node: Node, step: Step) -> tuple[Node, Node] | None:
        if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
            return node.items[step], node.items[step]
        if isinstance(node, MappingNode):
            entry = self._entries_of(node).get(step)
            return (entry.key, entry.value) if entry else None
        return None

    def _entries_of(self, node: MappingNode) -> dict[Step, Entry]:
        """Return a mapping's entries by key; kept, for a file may have thousands of findings."""
        if id(node) not in self._entries:
            self._entries[id(node)] = {entry.key.text: entry for entry in node.entries}
        return self._entries[id(node)]
