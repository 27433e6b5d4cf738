"""The texts of numbers, durations and calendar times, read exactly and without guessing."""

import re
from dataclasses import dataclass
from decimal import Decimal

from rebalancer.model.decimals import decimal_text
from rebalancer.model.instant import DAY_US, HOUR_US, WEEK_US

DIGITS = r"(?:0|[1-9][0-9]{0,14})"
NUMBER_PATTERN = rf"-?{DIGITS}(?:\.[0-9]{{1,12}})?(?:%|bp)?"
PLAIN_NUMBER_PATTERN = rf"-?{DIGITS}(?:\.[0-9]{{1,12}})?"
DURATION_PATTERN = rf"{DIGITS}(?:\.[0-9]{{1,6}})?[hdw]"
STEP_PATTERN = rf"{DIGITS}[hdw]"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CALENDAR_PATTERN = rf"(?:(?:{'|'.join(WEEKDAYS)}) )?(?:[01][0-9]|2[0-3]):[0-5]\dZ?"
LONGEST_US = 5200 * WEEK_US

_UNITS = {"%": Decimal("0.01"), "bp": Decimal("0.0001"), "": Decimal(1)}
_DURATIONS_US = {"h": HOUR_US, "d": DAY_US, "w": WEEK_US}


@dataclass(frozen=True, slots=True)
class Written:
    """A number and how it was written, as canonical text in the author's own unit."""

    value: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class CalendarTime:
    """A time of day, in microseconds after midnight UTC, on a weekday (0 is Monday) or on none."""

    weekday: int | None
    after_midnight_us: int


def parse_number(text: str) -> Written:
    """Return the exact number of `25`, `1.5`, `10%` or `5bp`; ValueError for anything else.

    >>> parse_number("7.50%")
    Written(value=Decimal('0.0750'), text='7.5%')
    """
    if not re.fullmatch(NUMBER_PATTERN, text):
        raise ValueError(f"`{text}` is not a number such as 25, 1.5, 10% or 5bp")
    unit = text.lstrip("-0123456789.")
    digits = Decimal(text.removesuffix(unit))
    return Written(digits * _UNITS[unit], decimal_text(digits) + unit)


def parse_plain_number(text: str) -> Decimal:
    """Return the exact number of `25` or `1.5`, without a unit; ValueError for anything else."""
    if not re.fullmatch(PLAIN_NUMBER_PATTERN, text):
        raise ValueError(f"`{text}` is not a number such as 25 or 1.5")
    return Decimal(text)


def parse_whole_number(text: str) -> int:
    """Return the number of `3`; ValueError for anything but digits."""
    if not re.fullmatch(DIGITS, text):
        raise ValueError(f"`{text}` is not a whole number such as 3")
    return int(text)


def parse_duration(text: str) -> int:
    """Return the microseconds of `14d`, `8h` or `2w`; ValueError for anything else and for zero.

    >>> parse_duration("1.5d") == 36 * HOUR_US
    True
    """
    if not re.fullmatch(DURATION_PATTERN, text):
        raise ValueError(f"`{text}` is not a duration such as 8h, 14d or 2w")
    duration_us = int(Decimal(text[:-1]) * _DURATIONS_US[text[-1]])
    if not 0 < duration_us <= LONGEST_US:
        raise ValueError(f"must be more than 0h and at most 5200w, was {text}")
    return duration_us


def parse_calendar_step(text: str) -> int:
    """Return the microseconds of a whole number of hours, days or weeks, such as `1w`."""
    if not re.fullmatch(STEP_PATTERN, text):
        raise ValueError(f"`{text}` is not a whole number of hours, days or weeks such as 1w")
    return parse_duration(text)


def parse_calendar_time(text: str) -> CalendarTime:
    """Return the UTC time of `08:00` or `monday 08:00`; ValueError for anything else.

    >>> parse_calendar_time("tuesday 00:00")
    CalendarTime(weekday=1, after_midnight_us=0)
    """
    if not re.fullmatch(CALENDAR_PATTERN, text):
        raise ValueError(f"`{text}` is not a time such as 08:00 or monday 08:00 (UTC)")
    day, _, clock = text.removesuffix("Z").rpartition(" ")
    hours, minutes = clock.split(":")
    after_midnight_us = int(hours) * HOUR_US + int(minutes) * HOUR_US // 60
    return CalendarTime(WEEKDAYS.index(day) if day else None, after_midnight_us)


def parse_boolean(text: str) -> bool:
    """Return the truth of `true` or `false`; ValueError for anything else, such as `no`."""
    if text not in {"true", "false"}:
        raise ValueError(f"`{text}` is neither true nor false")
    return text == "true"


def percent_text(value: Decimal) -> str:
    """Return a fraction as a percentage.

    >>> percent_text(Decimal("1.5"))
    '150%'
    """
    return decimal_text(value * 100) + "%"
