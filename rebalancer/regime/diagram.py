"""The regime diagram as text, drawn from the machine's own table."""

from collections.abc import Mapping

from rebalancer.policy.compiled import Policy, Transition
from rebalancer.regime.table import compile_table


def draw_mermaid(policy: Policy, *, conditions: Mapping[str, str] | None = None) -> str:
    """Return the regime diagram as a Mermaid state diagram.

    `conditions` are texts by transition name, shown below the names.
    """
    table = compile_table(policy)
    keys = {regime: f"r{number}" for number, regime in enumerate(table.regimes)}
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_mermaid_text(regime)}" as {key}' for regime, key in keys.items()]
    lines.append(f"    [*] --> {keys[policy.initial_regime]}")
    for regime in table.regimes:
        for number, transition in table.leaving(regime):
            label = " / ".join(_label(number, transition, conditions))
            target = keys[transition.target]
            lines.append(f"    {keys[regime]} --> {target} : {_mermaid_text(label)}")
    return "\n".join(lines) + "\n"


def draw_dot(policy: Policy, *, conditions: Mapping[str, str] | None = None) -> str:
    """Return the regime diagram in Graphviz's DOT language; urgent transitions are bold.

    `conditions` are texts by transition name, shown below the names.
    """
    table = compile_table(policy)
    lines = [f"digraph {_quoted(policy.name)} {{", "    rankdir=LR;", "    node [shape=box];"]
    for regime in table.regimes:
        style = " [peripheries=2]" if regime == policy.initial_regime else ""
        lines.append(f"    {_quoted(regime)}{style};")
    for regime in table.regimes:
        for number, transition in table.leaving(regime):
            label = _quoted("\n".join(_label(number, transition, conditions)))
            style = ", style=bold" if transition.urgent else ""
            edge = f"{_quoted(regime)} -> {_quoted(transition.target)}"
            lines.append(f"    {edge} [label={label}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _label(number: int, transition: Transition, conditions: Mapping[str, str] | None) -> list[str]:
    """Return the lines of an edge's label: its place in the order, its name, its condition."""
    urgent = " (urgent)" if transition.urgent else ""
    name = f"{number + 1}. {transition.name}{urgent}"
    return [name, conditions[transition.name]] if conditions else [name]


def _mermaid_text(text: str) -> str:
    """Return a text that Mermaid reads as one label: its own marks become entities."""
    marks = {"#": "#35;", '"': "#quot;", ";": "#59;", ":": "#58;", "\n": " "}
    return "".join(marks.get(character, character) for character in text)


def _quoted(text: str) -> str:
    """Return a quoted DOT string; line breaks become the language's own."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
