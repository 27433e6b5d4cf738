from datetime import UTC, datetime, timedelta, timezone

import pytest

from rebalancer.model.instant import (
    DAY_US,
    HOUR_US,
    MONDAY_EPOCH_US,
    SECOND_US,
    WEEK_US,
    format_duration,
    format_instant,
    from_datetime,
    parse_duration,
    parse_instant,
)


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01 01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-05", MONDAY_EPOCH_US),
        ("2023-12-31T00:00:00Z", 1_703_980_800 * SECOND_US),
        ("1969-12-31T23:59:59Z", -SECOND_US),
    ],
)
def test_a_time_with_a_zone_is_microseconds_since_1970(text: str, time_us: int) -> None:
    assert parse_instant(text) == time_us


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "2024-1-1",
        "2024-01-01T00:00",
        "2024-01-01T00Z",
        "now",
        "1704067200",
        "\u0662024-01-01",
    ],
)
def test_a_time_without_a_zone_or_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date or a time with a zone"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["2024-02-30", "2024-13-01T00:00Z", "2024-01-01T25:00Z"])
def test_a_date_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"`{text}` is not in the calendar"):
        parse_instant(text)


def test_a_datetime_of_another_zone_is_the_same_moment() -> None:
    there = datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert from_datetime(there) == from_datetime(datetime(2024, 1, 1, tzinfo=UTC))


def test_microseconds_are_exact_far_from_1970() -> None:
    assert from_datetime(datetime(2999, 1, 1, 0, 0, 0, 1, tzinfo=UTC)) % SECOND_US == 1


@pytest.mark.parametrize(
    "text", ["2024-01-01T00:00:00Z", "1969-07-20T20:17:40Z", "2024-01-01T00:00:00.500000Z"]
)
def test_a_printed_time_reads_back(text: str) -> None:
    assert format_instant(parse_instant(text)) == text


@pytest.mark.parametrize(
    ("duration_us", "text"),
    [
        (21 * DAY_US, "21d"),
        (36 * HOUR_US, "1.5d"),
        (10 * HOUR_US, "10h"),
        (HOUR_US // 2, "0.5h"),
        (0, "0h"),
    ],
)
def test_a_duration_is_printed_in_its_largest_unit(duration_us: int, text: str) -> None:
    assert format_duration(duration_us) == text


@pytest.mark.parametrize(
    ("text", "duration_us"),
    [("14d", 14 * DAY_US), ("8h", 8 * HOUR_US), ("2w", 2 * WEEK_US), ("0.5h", HOUR_US // 2)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration_us: int) -> None:
    assert parse_duration(text) == duration_us


@pytest.mark.parametrize(
    "text", ["", "14", "d", "-1d", "0d", "1 d", "1m", "1e3h", "\u0661d", "1h30"]
)
def test_any_other_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 14d"):
        parse_duration(text)
