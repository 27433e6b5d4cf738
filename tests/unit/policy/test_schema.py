"""The JSON Schema of policies, checked with an independent validator."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rebalancer.policy import read_policy
from rebalancer.policy.nodes import Node, ScalarNode, SequenceNode
from rebalancer.policy.schema import policy_schema
from rebalancer.policy.source import read_yaml

REPOSITORY = Path(__file__).parents[3]
POLICIES = sorted((REPOSITORY / "policies").glob("*.yaml"))
MALFORMED = REPOSITORY / "tests" / "bad_input" / "policies"
VALIDATOR = Draft202012Validator(policy_schema())


def as_an_editor_sees(node: Node) -> Any:
    """The data of a file for an editor: plain numbers and truths are no text (YAML 1.2)."""
    if isinstance(node, ScalarNode):
        return typed(node.text) if node.is_plain else node.text
    if isinstance(node, SequenceNode):
        return [as_an_editor_sees(item) for item in node.items]
    return {entry.key.text: as_an_editor_sees(entry.value) for entry in node.entries}


def typed(text: str) -> Any:
    if text in {"true", "false", "", "null", "~"}:
        return {"true": True, "false": False}.get(text)
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?[0-9]*\.[0-9]+", text) else text


def problems_of(text: str) -> list[str]:
    tree, _ = read_yaml(text, "policy.yaml")
    assert tree is not None
    found = VALIDATOR.iter_errors(as_an_editor_sees(tree))
    return sorted("/".join(map(str, error.absolute_path)) for error in found)


def test_the_schema_is_one_of_its_draft() -> None:
    schema = policy_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:rebalancer:schema:policy:1"


def test_the_file_in_schemas_is_up_to_date() -> None:
    written = (REPOSITORY / "schemas" / "policy.schema.json").read_text(encoding="utf-8")
    assert json.loads(written) == policy_schema()


def test_every_key_has_a_description_for_the_editor() -> None:
    schema = policy_schema()
    sections = {"": schema, **schema["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, value in section["properties"].items()
        if not value.get("description")
    ]
    assert bare == []


def test_no_python_name_is_in_the_schema() -> None:
    text = json.dumps(policy_schema())
    assert "Document" not in text
    assert '"null"' not in text
    assert '"default"' not in text


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_of_the_repository_fits_the_schema(path: Path) -> None:
    if path.name.endswith(".test.yaml"):
        pytest.skip("a test beside a policy, not a policy")
    assert problems_of(path.read_text(encoding="utf-8")) == []


def test_the_policy_without_a_mistake_fits_the_schema() -> None:
    assert problems_of((MALFORMED / "sound.yaml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("unknown-key", ["", ""]),
        ("base-sixty-number", ["rebalance/band"]),
        ("underscored-number", ["rebalance/min_trade"]),
        ("not-a-number", ["limits/gross_leverage"]),
        ("forgotten-percent", ["regimes/calm/targets/carry"]),
        ("zero-leverage", ["sleeves/carry/leverage"]),
        ("minutes", ["transitions/1/when/for"]),
        ("word-for-boolean", ["transitions/0/urgent"]),
    ],
)
def test_an_editor_underlines_mistakes_of_form(name: str, problems: list[str]) -> None:
    text = (MALFORMED / f"{name}.yaml").read_text(encoding="utf-8")
    assert read_policy(text, name)[0] is None
    assert problems_of(text) == problems
