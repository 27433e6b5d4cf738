from rebalancer.model.calendar import calendar_times, next_calendar_time
from rebalancer.model.instant import (
    DAY_US,
    HOUR_US,
    WEEK_US,
    format_instant,
    parse_instant,
)


def dates(every_us: int, offset_us: int, start: str, until: str) -> list[str]:
    times = calendar_times(
        every_us, offset_us, start_us=parse_instant(start), until_us=parse_instant(until)
    )
    return [format_instant(time_us)[:13] for time_us in times.tolist()]


def test_weeks_are_counted_from_a_monday() -> None:
    assert dates(WEEK_US, 0, "2024-01-01", "2024-01-15") == [
        "2024-01-01T00",
        "2024-01-08T00",
        "2024-01-15T00",
    ]


def test_an_offset_moves_every_time() -> None:
    friday_noon = 4 * DAY_US + 12 * HOUR_US
    assert dates(WEEK_US, friday_noon, "2024-01-01", "2024-01-13") == [
        "2024-01-05T12",
        "2024-01-12T12",
    ]


def test_hours_that_do_not_divide_a_day_go_on_across_midnight() -> None:
    assert dates(36 * HOUR_US, 0, "2024-01-01", "2024-01-05") == [
        "2024-01-01T00",
        "2024-01-02T12",
        "2024-01-04T00",
    ]


def test_no_calendar_time_between_two() -> None:
    assert dates(WEEK_US, 0, "2024-01-02", "2024-01-07") == []


def test_the_next_time_is_strictly_after() -> None:
    monday = parse_instant("2024-01-01")
    assert next_calendar_time(WEEK_US, 0, after_us=monday) == monday + WEEK_US
    assert next_calendar_time(WEEK_US, 0, after_us=monday - 1) == monday


def test_times_before_1970_are_on_the_same_calendar() -> None:
    assert dates(WEEK_US, 0, "1969-12-25", "1970-01-05") == ["1969-12-29T00", "1970-01-05T00"]
