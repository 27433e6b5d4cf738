"""Setting a value in a policy gives what the file would with that value written into it."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.errors import InvalidInput, Severity
from rebalancer.evaluation.grid import build_variants
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from rebalancer.policy.nodes import to_plain
from rebalancer.policy.source import read_yaml

pytestmark = pytest.mark.property

POLICIES = sorted((Path(__file__).parents[2] / "policies").glob("*.yaml"))
WORDS = ["0%", "1%", "5%", "50%", "100%", "-5%", "1.5", "3", "1d", "2w", "16:00", "true"]
WORDS += ["BTC/USDT", "ETH/USDT:USDT", "core", "liquidity", "cash", "own", "", "a, b", "[1"]


def plain_of(text: str) -> Any:
    tree, _ = read_yaml(text, "policy.yaml")
    assert tree is not None
    return to_plain(tree)


def leaves(value: Any, path: str = "", route: tuple[str | int, ...] = ()) -> Iterator[Any]:
    """Every text of a plain tree: its path as a person types it, its route and itself."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."), (*route, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]", (*route, index))
    else:
        yield path, route, value


TEXTS = [path.read_text(encoding="utf-8") for path in POLICIES]
PLACES = [(text, *leaf) for text in TEXTS for leaf in leaves(plain_of(text))]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_setting_every_value_to_itself_changes_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(leaves(plain_of(text)))
    settings = [f"{name}={json.dumps(value)}" for name, _, value in found]
    (variant,) = build_variants(text, "policy.yaml", settings=settings)
    assert variant.policy == read_policy(text, "policy.yaml")[0]


@given(st.sampled_from(PLACES), st.lists(st.sampled_from(WORDS), min_size=1, unique=True))
def test_a_variant_is_the_policy_with_the_value_written(place: Any, words: list[str]) -> None:
    text, name, route, _ = place
    written = [read_policy(changed(text, route, word), "policy.json") for word in words]
    errors = {one.code for _, found in written for one in found if one.severity is Severity.ERROR}
    policies = [] if errors else [policy for policy, _ in written]
    setting = f"{name}={','.join(map(json.dumps, words))}"
    assert built(text, setting) == (policies, errors)


def built(text: str, setting: str) -> tuple[list[Policy | None], set[str]]:
    """The policies of a setting's variants, or the codes of what is wrong with them."""
    try:
        variants = build_variants(text, "policy.yaml", settings=[setting])
    except InvalidInput as invalid:
        return [], {finding.code for finding in invalid.findings}
    return [variant.policy for variant in variants], set()


def changed(text: str, route: tuple[str | int, ...], word: str) -> str:
    """A policy's file, as JSON, with one of its texts replaced."""
    plain = holder = copy.deepcopy(plain_of(text))
    for step in route[:-1]:
        holder = holder[step]
    holder[route[-1]] = word
    return json.dumps(plain)
