from pathlib import Path

import pytest

from tests.cli.conftest import Command, assert_snapshot


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("mermaid", "graph.mmd"),
        ("dot", "graph.dot"),
        ("table", "graph.txt"),
        ("json", "graph.json"),
    ],
)
def test_the_regime_diagram_is_printed_in_every_format(
    command: Command, style: str, name: str
) -> None:
    result = command("graph", "policy.yaml", "--format", style)
    assert (result.code, result.err) == (0, "")
    assert_snapshot(result.out, name)


def test_mermaid_is_what_is_printed_unless_asked_otherwise(command: Command) -> None:
    assert command("graph", "policy.yaml").out.startswith("stateDiagram-v2\n")


def test_a_bad_policy_is_not_drawn(command: Command, folder: Path) -> None:
    (folder / "policy.yaml").write_text("rebalancer: 1\n", encoding="utf-8")
    result = command("graph", "policy.yaml", "-o", "graph.mmd")
    assert (result.code, result.out) == (2, "")
    assert all(line.startswith("error: policy.yaml:") for line in result.err.splitlines())
    assert not (folder / "graph.mmd").exists()
