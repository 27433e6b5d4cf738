import pytest

from rebalancer.errors import Place
from rebalancer.policy.nodes import MappingNode, Places, ScalarNode, SequenceNode, to_plain
from rebalancer.policy.source import LARGEST_FILE_BYTES, read_yaml


def tree_of(text: str) -> MappingNode:
    tree, findings = read_yaml(text, "file.yaml")
    assert findings == ()
    assert tree is not None
    return tree


def codes_of(text: bytes | str) -> list[str]:
    return [f"{finding.place} {finding.code}" for finding in read_yaml(text, "file.yaml")[1]]


def test_scalars_and_keys_stay_text() -> None:
    tree = tree_of("on: no\n014: 1:30\nband: 2%\nempty:\nlist: [1, 'two', .nan]\n")
    assert to_plain(tree) == {
        "on": "no",
        "014": "1:30",
        "band": "2%",
        "empty": "",
        "list": ["1", "two", ".nan"],
    }


def test_nodes_know_their_line_and_column_and_whether_they_are_quoted() -> None:
    tree = tree_of("rebalance:\n  every: '1w'\n  days: [1, 2]\n")
    every, days = tree.entries[0].value.entries  # type: ignore[union-attr]  # a mapping, as written
    assert every.key == ScalarNode("every", 2, 3)
    assert every.value == ScalarNode("1w", 2, 10, is_plain=False)
    assert isinstance(days.value, SequenceNode)
    assert (days.value.line, days.value.column) == (3, 9)


def test_json_is_read_too() -> None:
    text = '{\n\t"spot": {"BTC": "0.85"},\n\t"positions": [{"contracts": -0.21}]\n}'
    assert to_plain(tree_of(text)) == {
        "spot": {"BTC": "0.85"},
        "positions": [{"contracts": "-0.21"}],
    }


def test_a_byte_order_mark_is_not_text() -> None:
    assert to_plain(tree_of("\ufeffname: core")) == {"name": "core"}


def test_bytes_and_text_are_read_alike() -> None:
    assert read_yaml("name: é".encode(), "f")[0] == read_yaml("name: é", "f")[0]


def test_places_are_found_for_keys_values_and_what_is_not_there() -> None:
    places = Places(tree_of("limits:\n  net_exposure: [-1%, 101%]\n"), "file.yaml")
    assert places.of_key(("limits", "net_exposure")) == Place("file.yaml", 2, 3)
    assert places.of_value(("limits", "net_exposure", 1)) == Place("file.yaml", 2, 23)
    assert places.of_key(("limits", "net_exposure", 1)) == Place("file.yaml", 2, 23)
    assert places.of_key(("limits", "gross_leverage")) == Place("file.yaml", 1, 1)
    assert places.of_value(("absent",)) == Place("file.yaml", 1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["file.yaml empty-file"]),
        ("# nothing yet\n", ["file.yaml empty-file"]),
        ("---\n", ["file.yaml empty-file"]),
        ("''", ["file.yaml:1:1 not-a-mapping"]),
        ("- a", ["file.yaml:1:1 not-a-mapping"]),
        ("a: 1\n---\nb: 2", ["file.yaml:2:1 several-documents"]),
        ("a: 1\na: 2\na: 3", ["file.yaml:2:1 duplicate-key", "file.yaml:3:1 duplicate-key"]),
        ("a: {b: 1, 'b': 2}", ["file.yaml:1:11 duplicate-key"]),
        ("a: &x 1\nb: *x", ["file.yaml:1:4 yaml-anchor", "file.yaml:2:4 yaml-anchor"]),
        ("a: {<<: {b: 1}}", ["file.yaml:1:5 yaml-merge-key"]),
        ("a: !!str 1", ["file.yaml:1:4 yaml-tag"]),
        ("a: ! 1", ["file.yaml:1:4 yaml-tag"]),
        ("? [a]\n: 1", ["file.yaml:1:3 key-is-not-text"]),
        ("a:\n\t- b", ["file.yaml:2:1 yaml-syntax"]),
        ('a: "b', ["file.yaml:1:4 yaml-syntax"]),
        ("a: [1, 2", ["file.yaml:1:4 yaml-syntax"]),
        ("a: b\x00", ["file.yaml:1:5 yaml-syntax"]),
        ("a: \ud800", ["file.yaml:1:4 not-utf-8"]),
        (b"a: 1\nb: \xe9", ["file.yaml:2:4 not-utf-8"]),
        ("a: 1".encode("utf-16"), ["file.yaml:1:1 not-utf-8"]),
    ],
)
def test_what_is_not_strict_yaml_is_a_placed_finding(
    text: bytes | str, expected: list[str]
) -> None:
    assert codes_of(text) == expected


def test_a_quoted_merge_sign_is_a_key_like_any_other() -> None:
    assert to_plain(tree_of("'<<': 1")) == {"<<": "1"}


def test_a_file_of_exactly_the_largest_size_is_read() -> None:
    text = "a: " + "b" * (LARGEST_FILE_BYTES - 3)
    assert codes_of(text) == []
    assert codes_of(text + "b") == ["file.yaml file-too-large"]


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}")])
def test_fifty_levels_are_read_and_the_next_is_not(opening: str, closing: str) -> None:
    inside = "a: " + opening * 49 + closing * 49
    assert codes_of(inside) == []
    assert [line.split()[1] for line in codes_of("a: " + opening * 50 + closing * 50)] == [
        "nested-too-deep"
    ]


def test_what_can_be_read_comes_with_findings_that_allow_to_read_on() -> None:
    assert read_yaml("a: 1\na: 2", "f")[0] is not None
    assert read_yaml("a: *x", "f")[0] is None
