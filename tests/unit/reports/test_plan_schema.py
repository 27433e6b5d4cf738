import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rebalancer.reports.plan_document import plan_document
from rebalancer.reports.plan_schema import plan_schema
from tests.unit.reports.sample_plans import TRADING


def problems(document: dict[str, Any]) -> list[str]:
    return [
        "/".join(map(str, problem.absolute_path))
        for problem in Draft202012Validator(plan_schema()).iter_errors(document)
    ]


def test_the_schema_is_one_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(plan_schema())


def test_the_stored_schema_is_the_generated_one(repository: Path) -> None:
    stored = repository / "schemas" / "plan.schema.json"
    assert json.loads(stored.read_text(encoding="utf-8")) == plan_schema()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nav", 83738.605),
        ("nav", "8.4E+4"),
        ("nav", "NaN"),
        ("status", "done"),
        ("as_of", "2023-12-31"),
        ("plan_id", "0"),
        ("trades", {}),
        ("observed_at", ""),
    ],
)
def test_a_wrong_value_does_not_fit(key: str, value: object) -> None:
    assert problems({**plan_document(TRADING), key: value}) == [key]


def test_a_missing_and_an_unknown_key_do_not_fit() -> None:
    document = plan_document(TRADING)
    del document["nav"]
    assert problems(document) == [""]
    assert problems({**plan_document(TRADING), "extra": "1"}) == [""]


def test_a_transfer_with_the_keys_of_an_order_does_not_fit() -> None:
    document = plan_document(TRADING)
    document["trades"][1]["symbol"] = "BTC/USDT"
    assert problems(document) == ["trades/1"]
