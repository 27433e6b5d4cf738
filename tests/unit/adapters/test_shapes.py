from pathlib import Path

import pytest

from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.adapters.record_file import read_file
from rebalancer.adapters.shapes import Field, ListOf, MapOf, Notes, Record, Scalar
from rebalancer.errors import InvalidInput
from rebalancer.policy.source import read_yaml

WORD = Scalar(str, {"type": "string"})
SHELF = Record(
    (
        Field("name", WORD, "What it is called.", is_required=True),
        Field("books", ListOf(WORD, each="book", at_least=1), "In order."),
        Field("labels", MapOf(WORD, at_least=1), "By colour."),
    )
)


def read(text: str) -> list[str]:
    """Return the findings of a shelf, each as `line:column code: message`."""
    tree, findings = read_yaml(text, "shelf.yaml")
    assert tree is not None
    notes = Notes("shelf.yaml", list(findings))
    SHELF.read(tree, notes, name="shelf")
    return [
        f"{finding.place.line}:{finding.place.column} {finding.code}: {finding.message}"
        for finding in notes.findings
    ]


def test_a_sound_record_has_no_findings() -> None:
    assert read("name: top\nbooks: [a, b]\nlabels: {red: c}\n") == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("books: [a]", "1:1 missing-key: `shelf` has no `name`"),
        ("name: ", "1:6 missing-value: `name` is empty"),
        ("name: [a]", "1:7 wrong-shape: `name` must be a single value, was a list"),
        ("name: a\nbooks: b", "2:8 wrong-shape: `books` must be a list, was a single value"),
        ("name: a\nbooks: []", "2:8 missing-value: `books` is an empty list"),
        (
            "name: a\nbooks: [{b: c}]",
            "2:9 wrong-shape: `book` must be a single value, was a mapping",
        ),
        ("name: a\nlabels: [b]", "2:9 wrong-shape: `labels` must be a mapping, was a list"),
        ("name: a\nlabels: {}", "2:9 missing-value: `labels` is an empty mapping"),
        ('name: a\nlabels: {"": b}', "2:10 missing-value: a key is empty"),
        ("name: a\nboks: [b]", "2:1 unknown-key: unknown key `boks`"),
        ('name: a\n"b\\e[31mc": 1', "2:1 unknown-key: unknown key `b\\x1b[31mc`"),
    ],
)
def test_a_record_that_is_not_sound_says_where_and_why(text: str, finding: str) -> None:
    assert read(text) == [finding]


def test_a_record_in_a_list_must_be_a_mapping() -> None:
    tree, _ = read_yaml("shelves: [top]", "shelf.yaml")
    assert tree is not None
    notes = Notes("shelf.yaml")
    ListOf(SHELF, each="shelf").read(tree.entries[0].value, notes, name="shelves")
    assert [finding.message for finding in notes.findings] == [
        "`shelf` must be a mapping, was a single value"
    ]


def test_a_long_text_is_cut_in_the_finding() -> None:
    (finding,) = read(f"name: a\n{'x' * 900}: 1")
    assert len(finding) < 450
    assert finding.endswith("…")


def test_a_record_describes_itself() -> None:
    assert SHELF.schema() == {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": {"description": "What it is called.", "type": "string"},
            "books": {
                "description": "In order.",
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
            },
            "labels": {
                "description": "By colour.",
                "type": "object",
                "additionalProperties": {"type": "string"},
                "propertyNames": {"minLength": 1},
                "minProperties": 1,
            },
        },
    }


def test_a_path_through_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="unreadable-file"):
        read_file(tmp_path / "file" / "portfolio.yaml")


def test_a_position_without_a_symbol_is_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.yaml"
    text = "as_of: 2024-01-01\nfutures: {positions: [{contracts: 1, entry_price: 2}]}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_portfolio(path)
    assert [finding.message for finding in caught.value.findings] == ["`position` has no `symbol`"]
