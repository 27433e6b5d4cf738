import json

import pytest

from rebalancer.errors import InvalidInput, Place
from rebalancer.reports.json_text import json_text
from rebalancer.reports.plan_document import plan_document
from rebalancer.reports.stored_plan import read_plan_document
from tests.unit.reports.sample_plans import TRADING


def refusal(content: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read_plan_document(content, "plan.json")
    return caught.value


def test_a_stored_plan_is_read_back_as_it_was() -> None:
    document = plan_document(TRADING)
    assert read_plan_document(json_text(document).encode(), "plan.json") == document


def test_text_that_is_not_json_has_its_place() -> None:
    (finding,) = refusal(b'{\n  "plan_id": }').findings
    assert (finding.place, finding.code) == (Place("plan.json", 2, 14), "json-syntax")
    assert finding.message == "this is not JSON: expecting value"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "json-syntax"),
        (b"\xff\xfe", "not-utf-8"),
        (b'{"nav": NaN}', "json-syntax"),
        (b"[" * 100_000, "json-syntax"),
        (b"9" * 10_000, "json-syntax"),
        (b"[]", "not-a-plan"),
        (b"null", "not-a-plan"),
    ],
)
def test_what_is_no_plan_is_one_finding(content: bytes, code: str) -> None:
    assert [finding.code for finding in refusal(content).findings] == [code]


def test_every_wrong_value_is_named_with_its_route() -> None:
    document = plan_document(TRADING)
    document["status"] = "done"
    document["limits"][0]["max"] = 1.5
    del document["costs"]["fees"]
    messages = [finding.message for finding in refusal(json.dumps(document).encode()).findings]
    assert messages == [
        '`costs`: must have `fees`, was {"slippage": "0"}',
        "`limits[0].max`: is not what a plan holds, was 1.5",
        '`status`: must be one of trade, hold, reduce_only, refused, was "done"',
    ]


@pytest.mark.parametrize("nav", ["9" * 51, "0." + "3" * 201, "9" * 5_000])
def test_a_number_of_more_digits_than_any_plan_has_is_refused(nav: str) -> None:
    document = {**plan_document(TRADING), "nav": nav}
    (finding,) = refusal(json.dumps(document).encode()).findings
    assert finding.message.startswith("`nav`: is not written as plans write it, was ")


@pytest.mark.parametrize("time", ["2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z"])
def test_a_time_that_no_calendar_has_is_refused(time: str) -> None:
    document = {**plan_document(TRADING), "as_of": time}
    (finding,) = refusal(json.dumps(document).encode()).findings
    assert finding.message == f'`as_of`: is no time that a calendar has, was "{time}"'


def test_keys_that_are_missing_together_are_one_finding() -> None:
    document = {**plan_document(TRADING), "costs": {}}
    (finding,) = refusal(json.dumps(document).encode()).findings
    assert finding.message == "`costs`: must have `fees`, `slippage`, was {}"


def test_a_long_value_is_cut() -> None:
    document = {**plan_document(TRADING), "nav": "x" * 500}
    (finding,) = refusal(json.dumps(document).encode()).findings
    assert finding.message == f'`nav`: is not written as plans write it, was "{"x" * 59}...'
