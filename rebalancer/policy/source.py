"""The one strict YAML reader: text to a tree of nodes, or findings that say where it is not.

Scalars and keys stay text, so nothing is guessed: `on` is a key, `014` is text that a number's
own reader refuses. The same reader serves policies, instruments and portfolios.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeGuard

import yaml

from rebalancer.errors import Finding, Place, Severity
from rebalancer.policy.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

LARGEST_FILE_BYTES = 1 << 20
DEEPEST_NESTING = 50

CODES = (
    "file-too-large",
    "not-utf-8",
    "yaml-syntax",
    "empty-file",
    "not-a-mapping",
    "several-documents",
    "nested-too-deep",
    "duplicate-key",
    "key-is-not-text",
    "yaml-anchor",
    "yaml-merge-key",
    "yaml-tag",
)

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_yaml(text: bytes | str, path: str) -> tuple[MappingNode | None, tuple[Finding, ...]]:
    r"""Return the tree of a file and what is wrong with it, in source order.

    `path` only names the file in findings. The tree is None where nothing can be said beyond the
    findings; a tree that comes with findings may be read on to find more, but not used.

    >>> tree, findings = read_yaml("band: 2%", "core.yaml")
    >>> tree.entries[0].value.text, findings
    ('2%', ())
    >>> print(read_yaml("band: 2%\nband: 3%", "core.yaml")[1][0])
    core.yaml:2:1: error[duplicate-key]: `band` is already set on line 1
      hint: keep one of the two
    """
    reader = _Reader(path)
    try:
        tree = reader.read(_decode(text, path))
    except _Unreadable as stop:
        reader.findings.append(stop.finding)
        tree = None
    return tree, tuple(sorted(reader.findings, key=lambda finding: finding.place))


class _Unreadable(Exception):  # noqa: N818  -- it never leaves this module
    """A file of which nothing more can be said than one finding."""

    def __init__(self, place: Place, code: str, message: str, hint: str = "") -> None:
        self.finding = Finding(place, Severity.ERROR, code, message, hint)
        super().__init__(message)


def _decode(text: bytes | str, path: str) -> str:
    """Return the text of a file that is small enough, UTF-8 and free of control characters."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(data) > LARGEST_FILE_BYTES:
        message = f"the file has {len(data):,} bytes, the largest allowed is {LARGEST_FILE_BYTES:,}"
        raise _Unreadable(Place(path), "file-too-large", message, "split it, or drop what is old")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        place = _place_after(data[: error.start].decode("utf-8"), path)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        hint = "save the file with the encoding UTF-8"
        raise _Unreadable(place, "not-utf-8", message, hint) from None
    found = _UNREADABLE.search(text)
    if found:
        place = _place_after(text[: found.start()], path)
        message = f"character U+{ord(found[0]):04X} cannot stand in YAML"
        raise _Unreadable(place, "yaml-syntax", message, "remove it")
    return text


def _place_after(text: str, path: str) -> Place:
    """Return the place of the character that follows `text`."""
    return Place(path, text.count("\n") + 1, len(text) - text.rfind("\n"))


class _Reader:
    """Turns the parser's events into nodes; what it refuses it notes and reads on."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Finding] = []
        self.is_whole = True
        self.events: Iterator[Any] = iter(())

    def read(self, text: str) -> MappingNode | None:
        """Return the one document's mapping; None where parts of it are not to be had."""
        self.events = yaml.parse(text, Loader=_LOADER)
        try:
            root = self._document()
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error, text) from None
        if isinstance(root, MappingNode):
            return root if self.is_whole else None
        hint = "write `key: value` lines"
        if isinstance(root, ScalarNode) and not root.text and root.is_plain:
            raise _Unreadable(Place(self.path), "empty-file", "the file is empty", hint)
        kind = "a list" if isinstance(root, SequenceNode) else "a single value"
        place = Place(self.path, root.line, root.column)
        raise _Unreadable(place, "not-a-mapping", f"the file is {kind}, not a mapping", hint)

    def _document(self) -> Node:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return ScalarNode("", 0, 0)
        root = self._node(next(self.events), depth=1)
        next(self.events)
        after = next(self.events)
        if isinstance(after, yaml.DocumentStartEvent):
            message = "a second document starts here"
            hint = "keep one document per file"
            raise _Unreadable(self._place(after), "several-documents", message, hint)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        self._refuse_markers(event)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.ScalarEvent):
            return ScalarNode(event.value, line, column, is_plain=not event.style)
        if isinstance(event, yaml.AliasEvent):
            self.is_whole = False
            return ScalarNode("", line, column)
        if depth > DEEPEST_NESTING:
            message = f"nested deeper than {DEEPEST_NESTING} levels"
            raise _Unreadable(self._place(event), "nested-too-deep", message)
        if isinstance(event, yaml.SequenceStartEvent):
            return SequenceNode(tuple(self._items(depth)), line, column)
        return MappingNode(tuple(self._entries(depth)), line, column)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> Iterator[Entry]:
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self.events), depth + 1)
            if self._is_usable(key, lines):
                lines[key.text] = key.line
                yield Entry(key, value)

    def _is_usable(self, key: Node, lines: dict[str, int]) -> TypeGuard[ScalarNode]:
        """Return whether a key is text that the mapping has not had; say why where it is not."""
        place = Place(self.path, key.line, key.column)
        if not isinstance(key, ScalarNode):
            self.is_whole = False
            self._note(place, "key-is-not-text", "a key is a list or a mapping", "quote the key")
        elif key.is_plain and key.text == "<<":
            self.is_whole = False
            hint = "write the keys out"
            self._note(place, "yaml-merge-key", "a merge key `<<` is not read", hint)
        elif key.text in lines:
            message = f"`{key.text}` is already set on line {lines[key.text]}"
            self._note(place, "duplicate-key", message, "keep one of the two")
        else:
            return True
        return False

    def _refuse_markers(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            message, hint = f"an alias `*{event.anchor}` is not read", "write the value out"
            self._note(self._place(event), "yaml-anchor", message, hint)
            return
        if event.anchor is not None:
            message, hint = f"an anchor `&{event.anchor}` is not read", "remove it"
            self._note(self._place(event), "yaml-anchor", message, hint)
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            message = f"a tag `{tag}` is not read"
            hint = "remove it: the key already says what kind of value it takes"
            self._note(self._place(event), "yaml-tag", message, hint)

    def _note(self, place: Place, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding(place, Severity.ERROR, code, message, hint))

    def _place(self, event: Any) -> Place:
        return Place(self.path, event.start_mark.line + 1, event.start_mark.column + 1)

    def _syntax(self, error: yaml.MarkedYAMLError, text: str) -> _Unreadable:
        mark = error.problem_mark or error.context_mark
        if mark is not None and error.context_mark and not text[mark.index :].strip():
            mark = error.context_mark  # what is never closed is found where it opens
        place = Place(self.path, mark.line + 1, mark.column + 1) if mark else Place(self.path)
        parts = [str(part) for part in (error.context, error.problem) if part]
        is_tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
        hint = "indent with spaces, not tabs" if is_tab else ""
        return _Unreadable(place, "yaml-syntax", "not YAML: " + ", ".join(parts), hint)
