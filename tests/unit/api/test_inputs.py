from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from rebalancer.api.inputs import Time, as_book, as_market, as_microseconds, as_policy, require_sane
from rebalancer.errors import InvalidInput, UsageError
from rebalancer.model.instant import DAY_US, parse_instant

NEW_YEAR_US = parse_instant("2024-01-01")


@pytest.mark.parametrize(
    "time",
    [
        "2024-01-01",
        "2024-01-01T02:00:00+02:00",
        date(2024, 1, 1),
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))),
    ],
)
def test_a_time_is_the_same_in_every_form(time: Time) -> None:
    assert as_microseconds(time) == NEW_YEAR_US


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ("yesterday", "start "),
        (datetime(2024, 1, 1), "has no zone"),  # noqa: DTZ001  -- the mistake under test
        (5, "start must be a date, a datetime or a text, was 5"),
        (date(9001, 1, 1), "must lie within the years 1000 and 8999"),
    ],
)
def test_a_time_that_cannot_be_read_is_a_usage_error(time: Time, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        as_microseconds(time, "start")


def test_a_sane_time_stays_as_it_is() -> None:
    assert require_sane(NEW_YEAR_US + DAY_US, "as of") == NEW_YEAR_US + DAY_US


def test_files_and_values_are_the_same(folder: Path) -> None:
    policy = as_policy(folder / "policy.yaml")
    book, market = as_book(folder / "portfolio.yaml"), as_market(str(folder / "market"))

    assert as_policy(policy) is policy
    assert as_book(book) is book
    assert as_market(market) is market


def test_a_file_that_is_not_there_is_invalid_input(tmp_path: Path) -> None:
    for read in (as_policy, as_book, as_market):
        with pytest.raises(InvalidInput):
            read(tmp_path / "absent")
