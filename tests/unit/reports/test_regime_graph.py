from dataclasses import replace
from decimal import Decimal

from rebalancer.model.instant import DAY_US
from rebalancer.policy.compiled import Amount, Comparison, Regime
from rebalancer.reports.layout import plain_text
from rebalancer.reports.regime_graph import graph_document, graph_dot, graph_lines, graph_mermaid
from tests.small_policies import held, leaf, policy_of, series_signal, transition

UP = transition("up", "calm", "storm", leaf("level", Comparison.ABOVE, "1", timing=held("3d")))
DOWN = transition(
    "down", ("storm", "flood"), "calm", leaf("level", Comparison.BELOW, "1"), urgent=True
)
CALM = Regime("calm", (("core", Amount(Decimal("0.7"))), ("cash", Amount(Decimal("0.3")))))
STORM = Regime("storm", (("core", Amount(Decimal(0))), ("cash", Amount(Decimal(1)))))
POLICY = policy_of(
    [series_signal("level")],
    [UP, DOWN],
    regimes=(CALM, replace(STORM, min_dwell_us=7 * DAY_US), Regime("flood", ())),
)


def test_mermaid_shows_the_condition_of_every_transition() -> None:
    assert "r0 --> r1 : 1. up / level above 1 for 3d\n" in graph_mermaid(POLICY)


def test_dot_is_a_digraph_with_conditions() -> None:
    text = graph_dot(POLICY)
    assert text.startswith('digraph "small" {\n')
    assert '"calm" -> "storm" [label="1. up\\nlevel above 1 for 3d"];' in text


def test_the_table_lists_regimes_then_transitions() -> None:
    assert plain_text(graph_lines(POLICY, width=100)) == (
        "small\n"
        "\n"
        "Regimes\n"
        "regime          targets\n"
        "calm (initial)  core 70%, cash 30%\n"
        "storm           core 0%, cash 100%\n"
        "flood\n"
        "\n"
        "Transitions, in the order they are tried\n"
        "#  transition    from            to\n"
        "1  up            calm            storm\n"
        "   when level above 1 for 3d\n"
        "2  down, urgent  storm or flood  calm\n"
        "   when level below 1\n"
    )


def test_json_has_the_same_in_the_policys_order() -> None:
    document = graph_document(POLICY)
    assert document["initial_regime"] == "calm"
    assert document["regimes"][1] == {
        "name": "storm",
        "targets": [{"sleeve": "cash", "weight": "1.00"}],
        "min_dwell": "7d",
    }
    assert document["transitions"][1] == {
        "name": "down",
        "from": ["storm", "flood"],
        "to": "calm",
        "urgent": True,
        "when": "level below 1",
    }
