"""The regimes of a policy and the transitions between them, as diagrams, tables and data."""

from rebalancer.model.instant import format_duration
from rebalancer.policy.compiled import Policy, Regime
from rebalancer.regime.diagram import draw_dot, draw_mermaid
from rebalancer.reports.figures import short_percent
from rebalancer.reports.layout import Column, Line, Row, Span, Table, Tone, table
from rebalancer.reports.plan_document import Document, padded_text
from rebalancer.triggers.text import condition_text


def graph_mermaid(policy: Policy) -> str:
    """Return the regime diagram as a Mermaid state diagram, with every condition."""
    return draw_mermaid(policy, conditions=_conditions(policy))


def graph_dot(policy: Policy) -> str:
    """Return the regime diagram in Graphviz's DOT language, with every condition."""
    return draw_dot(policy, conditions=_conditions(policy))


def graph_document(policy: Policy) -> Document:
    """Return the regimes and transitions as JSON data, in the policy's order."""
    return {
        "policy": {"name": policy.name},
        "initial_regime": policy.initial_regime,
        "regimes": [
            {
                "name": regime.name,
                "targets": [
                    {"sleeve": sleeve, "weight": padded_text(amount.target)}
                    for sleeve, amount in regime.targets
                    if amount.target
                ],
                "min_dwell": format_duration(regime.min_dwell_us) if regime.min_dwell_us else None,
            }
            for regime in policy.regimes
        ],
        "transitions": [
            {
                "name": transition.name,
                "from": list(transition.sources),
                "to": transition.target,
                "urgent": transition.urgent,
                "when": condition_text(transition.when),
            }
            for transition in policy.transitions
        ],
    }


def graph_lines(policy: Policy, *, width: int) -> list[Line]:
    """Return the regimes with their targets, and the transitions in the order they are tried."""
    names = (Column("regime", is_number=False), Column("targets", is_number=False))
    regimes = Table(
        "Regimes", names, tuple(Row(_regime(policy, regime)) for regime in policy.regimes)
    )
    columns = (
        Column("#"),
        Column("transition", is_number=False),
        Column("from", is_number=False),
        Column("to", is_number=False),
    )
    rows = tuple(
        Row(
            (
                str(number),
                each.name + (", urgent" if each.urgent else ""),
                " or ".join(each.sources),
                each.target,
            ),
            note=f"when {condition_text(each.when)}",
        )
        for number, each in enumerate(policy.transitions, start=1)
    )
    transitions = Table("Transitions, in the order they are tried", columns, rows)
    return [
        (Span(policy.name, Tone.TITLE),),
        *table(regimes, width=width),
        *table(transitions, width=width),
    ]


def _regime(policy: Policy, regime: Regime) -> tuple[str, str]:
    initial = " (initial)" if regime.name == policy.initial_regime else ""
    targets = (f"{name} {short_percent(each.target)}" for name, each in regime.targets)
    return regime.name + initial, ", ".join(targets)


def _conditions(policy: Policy) -> dict[str, str]:
    return {each.name: condition_text(each.when) for each in policy.transitions}
