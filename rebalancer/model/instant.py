"""Times and durations as whole microseconds since 1970 UTC, and their text."""

import re
from datetime import UTC, datetime, timedelta

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US
YEAR_HOURS = 8760
YEAR_DAYS = 365
MONDAY_EPOCH_US = 4 * DAY_US
"""Monday 1970-01-05 00:00 UTC: calendars count their multiples from here."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_UNITS = {"w": WEEK_US, "d": DAY_US, "h": HOUR_US}


def parse_instant(text: str) -> int:
    """Return the microseconds since 1970 UTC of a date or of a time with a zone.

    A bare date is midnight UTC. Raises ValueError for a time without a zone and for anything else.

    >>> parse_instant("1970-01-01T00:00:01Z"), parse_instant("1970-01-02") == DAY_US
    (1000000, True)
    """
    is_date = bool(_DATE.fullmatch(text))
    if not (is_date or _INSTANT.fullmatch(text)):
        raise ValueError(f"`{text}` is not a date or a time with a zone such as 2023-12-31T00:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"`{text}` is not in the calendar: {error}") from None
    return from_datetime(moment.replace(tzinfo=UTC) if is_date else moment)


def from_datetime(moment: datetime) -> int:
    """Return the microseconds since 1970 UTC of a datetime that has a zone."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def format_instant(time_us: int) -> str:
    """Return a time as ISO 8601 in UTC, to the second unless it has a fraction.

    >>> format_instant(0)
    '1970-01-01T00:00:00Z'
    """
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.isoformat().replace("+00:00", "Z")


def format_duration(duration_us: int) -> str:
    """Return a duration in the largest unit that needs at most one decimal.

    >>> format_duration(14 * DAY_US), format_duration(90 * 60 * SECOND_US), format_duration(0)
    ('14d', '1.5h', '0h')
    """
    for unit in ("d", "h"):
        count = duration_us / _UNITS[unit]
        if count >= 1:
            return f"{count:.1f}".rstrip("0").rstrip(".") + unit
    return f"{duration_us / HOUR_US:.2g}h"


def parse_duration(text: str) -> int:
    """Return the microseconds of `14d`, `8h` or `2w`; ValueError for anything else, zero included.

    >>> parse_duration("8h") == 8 * HOUR_US
    True
    """
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)([wdh])", text, re.ASCII)
    if match is None or float(match[1]) == 0:
        raise ValueError(f"`{text}` is not a duration such as 14d, 8h or 2w")
    return round(float(match[1]) * _UNITS[match[2]])
