"""One axis of a grid: a path into a policy and the values to try there, as a person types them."""

from dataclasses import dataclass

from rebalancer.errors import UsageError
from rebalancer.policy.nodes import Node, ScalarNode, SequenceNode
from rebalancer.policy.source import read_yaml


@dataclass(frozen=True, slots=True)
class Setting:
    """A path and the values to try there. INVARIANT: there is a value, and none comes twice."""

    path: str
    values: tuple[Node, ...]


def parse_setting(text: str) -> Setting:
    """Return the setting of `PATH=VALUE,VALUE…`; raises UsageError where it is not one.

    The values are read as the items of a list in a policy file are: a comma inside brackets or
    quotes parts nothing, so `[-1%, 101%]` is one value.

    >>> [
    ...     write_value(value)
    ...     for value in parse_setting("limits.net_exposure=[-1%, 101%],[0%,2]").values
    ... ]
    ['[-1%, 101%]', '[0%, 2]']
    """
    path, equals, listed = text.partition("=")
    path = path.strip()
    if not equals or not path:
        example = "rebalance.band=1%,2%"
        raise UsageError(f"a setting is PATH=VALUE,VALUE such as {example}, was `{text}`")
    values = _read_values(path, listed)
    if not values:
        raise UsageError(f"the setting of `{path}` has no value; write one after the `=`")
    spelled = [write_value(value) for value in values]
    for position, value in enumerate(spelled):
        if value in spelled[:position]:
            raise UsageError(f"the setting of `{path}` has the value `{value}` twice")
    return Setting(path, values)


def _read_values(path: str, listed: str) -> tuple[Node, ...]:
    # the line break ends a comment, which would otherwise swallow the bracket
    tree, findings = read_yaml(f"values: [{listed}\n ]", path)
    for finding in findings:
        raise UsageError(f"the values of `{path}` cannot be read: {finding.message}")
    value = tree.entries[0].value if tree and len(tree.entries) == 1 else None
    if not isinstance(value, SequenceNode):
        was = listed.replace("\n", "\\n")
        raise UsageError(f"the values of `{path}` are no list of values, was `{was}`")
    return value.items


def write_value(node: Node) -> str:
    """Return a value on one line, as a policy file may hold it.

    >>> write_value(parse_setting("regimes.calm.targets.core={target:  60%}").values[0])
    '{target: 60%}'
    """
    if isinstance(node, ScalarNode):
        return node.text if node.is_plain else f"'{node.text}'"
    if isinstance(node, SequenceNode):
        return f"[{', '.join(write_value(item) for item in node.items)}]"
    entries = (f"{write_value(entry.key)}: {write_value(entry.value)}" for entry in node.entries)
    return f"{{{', '.join(entries)}}}"
