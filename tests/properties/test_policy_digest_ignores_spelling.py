"""Comments, blank lines, quotes and the order of keys change neither a policy nor its digest."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from rebalancer.policy.nodes import to_plain
from rebalancer.policy.source import read_yaml

pytestmark = pytest.mark.property

POLICIES = Path(__file__).parents[2] / "policies"
SOUND = [path.read_text(encoding="utf-8") for path in sorted(POLICIES.glob("*.yaml"))]


def policy_of(text: str) -> Policy:
    policy, findings = read_policy(text, "policy.yaml")
    assert policy is not None, findings
    return policy


def plain_of(text: str) -> Any:
    tree, _ = read_yaml(text, "policy.yaml")
    assert tree is not None
    return to_plain(tree)


def shuffled(value: Any, data: st.DataObject) -> Any:
    """The same tree with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], data) for key in keys}
    return [shuffled(item, data) for item in value] if isinstance(value, list) else value


@given(st.data(), st.sampled_from(SOUND))
def test_the_order_of_keys_is_no_meaning(data: st.DataObject, text: str) -> None:
    rewritten = json.dumps(shuffled(plain_of(text), data))
    assert policy_of(rewritten).digest == policy_of(text).digest


@given(st.data(), st.sampled_from(SOUND))
def test_comments_and_blank_lines_are_no_meaning(data: st.DataObject, text: str) -> None:
    lines = text.splitlines()
    remarks = st.sampled_from(["", "# a remark", "    # an indented remark: {a: [", " "])
    for _ in range(data.draw(st.integers(1, 8), label="remarks")):
        lines.insert(data.draw(st.integers(0, len(lines)), label="line"), data.draw(remarks))
    assert policy_of("\n".join(lines)) == policy_of(text)


@pytest.mark.parametrize("text", SOUND, ids=lambda text: text.partition("name: ")[2][:12])
def test_json_says_the_same_as_yaml(text: str) -> None:
    assert policy_of(json.dumps(plain_of(text), indent=2)) == policy_of(text)
