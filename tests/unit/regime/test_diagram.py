from rebalancer.policy.compiled import Comparison
from rebalancer.regime.diagram import draw_dot, draw_mermaid
from tests.small_policies import leaf, policy_of, transition

ANYTHING = leaf("mood", Comparison.ABOVE, "0")
POLICY = policy_of(
    [],
    [
        transition('the "wind": rises', "calm", "storm", ANYTHING, urgent=True),
        transition("wind falls", "storm", "calm", ANYTHING),
    ],
)


def test_a_mermaid_diagram_shows_regimes_and_numbered_transitions() -> None:
    assert draw_mermaid(POLICY).splitlines() == [
        "stateDiagram-v2",
        '    state "calm" as r0',
        '    state "storm" as r1',
        "    [*] --> r0",
        "    r0 --> r1 : 1. the #quot;wind#quot;#58; rises (urgent)",
        "    r1 --> r0 : 2. wind falls",
    ]


def test_a_dot_diagram_marks_the_initial_regime_and_urgent_transitions() -> None:
    assert draw_dot(POLICY).splitlines() == [
        'digraph "small" {',
        "    rankdir=LR;",
        "    node [shape=box];",
        '    "calm" [peripheries=2];',
        '    "storm";',
        '    "calm" -> "storm" [label="1. the \\"wind\\": rises (urgent)", style=bold];',
        '    "storm" -> "calm" [label="2. wind falls"];',
        "}",
    ]


def test_conditions_are_shown_below_the_names() -> None:
    conditions = {each.name: "mood above 0" for each in POLICY.transitions}
    assert "2. wind falls / mood above 0" in draw_mermaid(POLICY, conditions=conditions)
    assert "2. wind falls\\nmood above 0" in draw_dot(POLICY, conditions=conditions)
