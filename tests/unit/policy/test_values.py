from collections.abc import Callable
from decimal import Decimal

import pytest

from rebalancer.model.instant import DAY_US, HOUR_US, WEEK_US
from rebalancer.policy.values import (
    CalendarTime,
    parse_boolean,
    parse_calendar_step,
    parse_calendar_time,
    parse_duration,
    parse_number,
    parse_plain_number,
    parse_whole_number,
    percent_text,
)


@pytest.mark.parametrize(
    ("text", "value", "canonical"),
    [
        ("10%", "0.1", "10%"),
        ("5bp", "0.0005", "5bp"),
        ("0.10", "0.1", "0.1"),
        ("-1.50%", "-0.015", "-1.5%"),
        ("25", "25", "25"),
        ("0", "0", "0"),
        ("-0%", "0", "0%"),
        ("999999999999999", "999999999999999", "999999999999999"),
    ],
)
def test_a_number_is_the_exact_decimal_of_its_text(text: str, value: str, canonical: str) -> None:
    written = parse_number(text)
    assert written.value == Decimal(value)
    assert written.text == canonical


@pytest.mark.parametrize(
    "text",
    [
        *("", "014", "1:30", "1_000", "1,000", "1e3", ".5", "5.", "+1", "--1", "0x1f", "1 %", "%"),
        *("1%%", ".nan", "nan", ".inf", "inf", "-inf", "\u0661", "1bps", "1e400", "1" * 16, "1\n"),
    ],
)
def test_what_readers_disagree_on_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number such as 25, 1\.5, 10% or 5bp"):
        parse_number(text)


def test_money_has_no_percentages() -> None:
    assert parse_plain_number("25.50") == Decimal("25.5")
    with pytest.raises(ValueError, match=r"`25%` is not a number such as 25 or 1\.5"):
        parse_plain_number("25%")


def test_a_count_is_digits_alone() -> None:
    assert parse_whole_number("3") == 3
    with pytest.raises(ValueError, match=r"`3\.0` is not a whole number such as 3"):
        parse_whole_number("3.0")


@pytest.mark.parametrize(
    ("text", "duration_us"),
    [("8h", 8 * HOUR_US), ("14d", 14 * DAY_US), ("2w", 2 * WEEK_US), ("1.5d", 36 * HOUR_US)],
)
def test_a_duration_is_hours_days_or_weeks(text: str, duration_us: int) -> None:
    assert parse_duration(text) == duration_us


@pytest.mark.parametrize(
    "text", ["", "14", "14 d", "1m", "90s", "1M", "-1d", "01d", "1d12h", "P1D"]
)
def test_another_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration such as 8h, 14d or 2w"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0d", "0.0h", "5201w", "999999999999999w"])
def test_a_duration_is_more_than_nothing_and_less_than_a_century(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be more than 0h and at most 5200w"):
        parse_duration(text)


def test_a_calendar_steps_by_whole_hours_days_or_weeks() -> None:
    assert parse_calendar_step("4h") == 4 * HOUR_US
    with pytest.raises(ValueError, match=r"`1\.5d` is not a whole number of hours, days or weeks"):
        parse_calendar_step("1.5d")


@pytest.mark.parametrize(
    ("text", "weekday", "minutes"),
    [("00:00", None, 0), ("08:30", None, 510), ("sunday 23:59", 6, 1439), ("08:00Z", None, 480)],
)
def test_a_calendar_time_is_a_time_of_day_in_utc(
    text: str, weekday: int | None, minutes: int
) -> None:
    assert parse_calendar_time(text) == CalendarTime(weekday, minutes * HOUR_US // 60)


@pytest.mark.parametrize(
    "text", ["", "8:00", "24:00", "08:60", "Monday 08:00", "mon 08:00", "monday"]
)
def test_another_calendar_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time such as 08:00 or monday 08:00"):
        parse_calendar_time(text)


def test_only_true_and_false_are_truths() -> None:
    assert (parse_boolean("true"), parse_boolean("false")) == (True, False)
    for text in ("yes", "no", "on", "off", "True", "1", ""):
        with pytest.raises(ValueError, match=r"is neither true nor false"):
            parse_boolean(text)


@pytest.mark.parametrize("parse", [parse_number, parse_duration, parse_calendar_time])
def test_a_message_names_the_text_it_refuses(parse: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match=r"^`soon` is not"):
        parse("soon")


def test_a_fraction_prints_as_a_percentage() -> None:
    assert percent_text(Decimal("0.015")) == "1.5%"
    assert percent_text(Decimal(-1)) == "-100%"
