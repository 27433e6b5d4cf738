"""Paths into a policy file: `transitions.premium_pays.when.all[0].below` finds one value.

Keys stand for themselves, an item that has a name for the slug of its name, and every item for
its position, which counts from 0.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from rebalancer.errors import UsageError
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.hints import did_you_mean
from rebalancer.policy.nodes import Entry, MappingNode, Node, Route, ScalarNode, SequenceNode, Step
from rebalancer.policy.section import Section
from rebalancer.policy.short_form import ShortForm

_SEGMENT = re.compile(r"([^\[\]]+)((?:\[[0-9]{1,6}\])*)")


def slug(name: str) -> str:
    """Return a name as a path says it.

    >>> slug("Premium gone, in a downtrend!")
    'premium_gone_in_a_downtrend'
    """
    return re.sub(r"\W+", "_", name.lower()).strip("_")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the policy language allows at one place.

    `keys` are a section's keys with what each takes; `item` is what the items of a list or of a
    mapping by names take; `short_for` is the key whose value may stand alone.
    """

    keys: Mapping[str, Any] = field(default_factory=dict)
    item: Any = None
    short_for: str = ""

    @property
    def takes_any_name(self) -> bool:
        """Whether a name may be added: of a part defined elsewhere, as in targets and shares."""
        inner = _shape(self.item)
        return self.item is not None and (not inner.keys or bool(inner.short_for))

    def inside(self, step: Step) -> Any:
        """Return what the value at a key or position takes."""
        return self.keys.get(step, self.item) if isinstance(step, str) else self.item


def _shape(annotation: Any) -> _Shape:
    """Return what an annotation of the document, such as `dict[str, Section] | None`, allows."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        fields = annotation.model_fields.items()
        return _Shape({one.alias or name: one.annotation for name, one in fields})
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        return _shape(inner[0])
    if origin is Annotated:
        short = next((mark.key for mark in inner[1:] if isinstance(mark, ShortForm)), "")
        return replace(_shape(inner[0]), short_for=short)
    return _Shape(item=inner[-1]) if origin in {list, dict} else _Shape()


@dataclass(frozen=True, slots=True)
class _Position:
    """How far a path has come.

    `node` is None where the file leaves the value out; `word` is the last key, with what follows
    it in brackets, and empty for the whole policy.
    """

    node: Node | None
    shape: _Shape
    word: str = ""

    @property
    def name(self) -> str:
        """What a message calls it."""
        return f"`{self.word}`" if self.word else "the policy"

    def enter(self, step: Step, node: Node | None) -> "_Position":
        """Return the position one step further."""
        word = f"{self.word}[{step}]" if isinstance(step, int) else step
        return _Position(node, _shape(self.shape.inside(step)), word)


def find_route(tree: MappingNode, path: str) -> Route:
    """Return the way to the value that a path names in the tree of a sound policy.

    The file may leave the value out, and the sections that hold it, where the policy language has
    such a key; a part that the policy names, such as a signal, must be there. Raises UsageError
    for a path that leads nowhere or to several values.
    """
    at = _Position(tree, _shape(PolicyDocument))
    steps = _split(path)
    route: Route = ()
    for depth, step in enumerate(steps):
        try:
            taken, node = _follow(at, step, is_last=depth == len(steps) - 1)
        except LookupError as error:
            raise UsageError(f"cannot set `{path}`: {error.args[0]}") from None
        at = at.enter(taken, node)
        route += (taken,)
    return route


def _split(path: str) -> tuple[Step, ...]:
    """Return the keys, slugs and positions of a path."""
    steps: list[Step] = []
    for segment in path.split("."):
        match = _SEGMENT.fullmatch(segment)
        if match is None:
            example = "transitions.premium_pays.when.all[0].below"
            raise UsageError(f"cannot set `{path}`: a path is keys and positions such as {example}")
        steps += [match[1], *(int(number) for number in re.findall(r"[0-9]+", match[2]))]
    return tuple(steps)


def _follow(at: _Position, step: Step, *, is_last: bool) -> tuple[Step, Node | None]:
    """Return where a step leads from a position; raises LookupError with what is wrong."""
    if isinstance(step, int):
        return step, _item_at(at, step)
    if isinstance(at.node, SequenceNode):
        position = _find_named(at, step, at.node.items)
        return position, at.node.items[position]
    entries = {entry.key.text: entry.value for entry in _entries(at.node)}
    if step in entries:
        return step, entries[step]
    if step in at.shape.keys or (is_last and at.shape.takes_any_name):
        return step, None
    raise LookupError(_with_hint(f"{at.name} has no `{step}`", step, [*entries, *at.shape.keys]))


def _item_at(at: _Position, position: int) -> Node:
    items = at.node.items if isinstance(at.node, SequenceNode) else None
    if items is None:
        raise LookupError(f"{at.name} is no list, it has no `[{position}]`")
    if position >= len(items):
        raise LookupError(f"{at.name} has no `[{position}]`; it has {len(items)}, from `[0]` on")
    return items[position]


def _find_named(at: _Position, step: str, items: Sequence[Node]) -> int:
    """Return the position of the only item whose name has the slug that a step gives."""
    slugs = [slug(_name_of(item)) for item in items]
    found = [position for position, each in enumerate(slugs) if each and each == slug(step)]
    if not found:
        known = [each for each in slugs if each]
        if not known:
            raise LookupError(f"the items of {at.name} have no names; say which, as `{at.word}[0]`")
        raise LookupError(_with_hint(f"{at.name} has no `{step}`", step, known))
    if len(found) > 1:
        places = " and ".join(f"`[{position}]`" for position in found)
        raise LookupError(f"`{step}` may be {places} of {at.name}; say which")
    return found[0]


def _name_of(item: Node) -> str:
    names = [entry.value for entry in _entries(item) if entry.key.text == "name"]
    return "".join(name.text for name in names if isinstance(name, ScalarNode))


def _entries(node: Node | None) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, MappingNode) else ()


def _with_hint(message: str, word: str, known: Sequence[str]) -> str:
    hint = did_you_mean(word, known)
    return f"{message}; {hint}" if hint else message


def set_value(tree: MappingNode, route: Route, *, value: Node) -> MappingNode:
    """Return the tree with a value at the end of a route, and all else as it was.

    The value stands where the one it replaces stood, or else at the section that holds it. A lone
    text that is short for one key of a longer form there, such as a target that has a range,
    replaces that key alone.
    """
    changed = _put(tree, route, value=value, annotation=PolicyDocument, holder=tree)
    if not isinstance(changed, MappingNode):
        raise TypeError("a policy is a mapping")
    return changed


def _put(node: Node | None, route: Route, *, value: Node, annotation: Any, holder: Node) -> Node:
    """Return what stands in the place of a node, None where it is left out of its holder."""
    here, shape = node or holder, _shape(annotation)
    if shape.short_for and route and isinstance(node, ScalarNode):
        node = _mapping({shape.short_for: Entry(_key(shape.short_for, here), node)}, here)
    elif shape.short_for and isinstance(node, MappingNode) and isinstance(value, ScalarNode):
        route = route or (shape.short_for,)
    if not route:
        return _moved(value, here)
    step = route[0]
    put = partial(_put, route=route[1:], value=value, annotation=shape.inside(step), holder=here)
    if isinstance(node, SequenceNode):
        items = (put(one) if position == step else one for position, one in enumerate(node.items))
        return replace(node, items=tuple(items))
    entries = {entry.key.text: entry for entry in _entries(node)}
    old, text = entries.get(str(step)), str(step)
    key = old.key if old else _key(text, here)
    entries[text] = Entry(key, put(old.value if old else None))
    return _mapping(entries, here)


def _key(text: str, here: Node) -> ScalarNode:
    return ScalarNode(text, here.line, here.column)


def _mapping(entries: Mapping[str, Entry], here: Node) -> MappingNode:
    return MappingNode(tuple(entries.values()), here.line, here.column)


def _moved(node: Node, here: Node) -> Node:
    """Return a node as if all of it stood at one place."""
    node = replace(node, line=here.line, column=here.column)
    if isinstance(node, SequenceNode):
        return replace(node, items=tuple(_moved(item, here) for item in node.items))
    if isinstance(node, MappingNode):
        moved = (
            Entry(_key(each.key.text, here), _moved(each.value, here)) for each in node.entries
        )
        return replace(node, entries=tuple(moved))
    return node
