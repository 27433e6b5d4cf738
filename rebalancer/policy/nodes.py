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


@dataclass(frozen=True, slots=True)
class Places:
    """Finds where in the file `path` the parts of a tree stand."""

    root: Node
    path: str

    def of_value(self, route: Sequence[Step]) -> Place:
        """Return the place of a value, or of its nearest holder that is in the file."""
        return self._place(self._walk(route)[-1])

    def of_key(self, route: Sequence[Step]) -> Place:
        """Return the place of the key that leads to a value; a list item's own place."""
        return self._place(self._keys(route)[-1])

    def _place(self, node: Node) -> Place:
        return Place(self.path, node.line, node.column)

    def _walk(self, route: Sequence[Step]) -> list[Node]:
        return [value for _, value in self._pairs(route)]

    def _keys(self, route: Sequence[Step]) -> list[Node]:
        return [key for key, _ in self._pairs(route)]

    def _pairs(self, route: Sequence[Step]) -> list[tuple[Node, Node]]:
        """Return (key or item, value) from the root along the route, as far as the file goes."""
        pairs: list[tuple[Node, Node]] = [(self.root, self.root)]
        for step in route:
            found = _step_into(pairs[-1][1], step)
            if found is None:
                break
            pairs.append(found)
        return pairs


def _step_into(node: Node, step: Step) -> tuple[Node, Node] | None:
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
        return node.items[step], node.items[step]
    if isinstance(node, MappingNode):
        for entry in node.entries:
            if entry.key.text == step:
                return entry.key, entry.value
    return None
