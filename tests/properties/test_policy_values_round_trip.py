"""Reading what a value prints gives the value back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.instant import HOUR_US, MONDAY_EPOCH_US, format_duration
from rebalancer.policy.values import (
    WEEKDAYS,
    parse_calendar_time,
    parse_duration,
    parse_number,
    percent_text,
)

pytestmark = pytest.mark.property

SHARES = st.decimals(-1000, 1000, places=10).map(Decimal.normalize)
UNITS = st.sampled_from([("", Decimal(1)), ("%", Decimal("0.01")), ("bp", Decimal("0.0001"))])


@given(SHARES)
def test_a_percentage_reads_back(value: Decimal) -> None:
    assert parse_number(percent_text(value)).value == value


@given(st.decimals(-1000, 1000, places=10), UNITS)
def test_a_number_means_its_digits_times_its_unit(
    digits: Decimal, unit: tuple[str, Decimal]
) -> None:
    sign, factor = unit
    written = parse_number(f"{digits:f}{sign}")
    assert written.value == digits * factor
    assert written.text.endswith(sign)


@given(st.decimals(-1000, 1000, places=10), UNITS)
def test_the_canonical_text_of_a_number_is_its_own_canonical_text(
    digits: Decimal, unit: tuple[str, Decimal]
) -> None:
    once = parse_number(f"{digits:f}{unit[0]}")
    assert parse_number(once.text) == once


@given(st.integers(1, 24 * 365))
def test_whole_days_and_hours_under_one_read_back(hours: int) -> None:
    duration_us = hours * HOUR_US if hours < 24 else hours * 24 * HOUR_US
    assert parse_duration(format_duration(duration_us)) == duration_us


@given(st.integers(0, 7 * 24 * 60 - 1))
def test_every_minute_of_a_week_has_one_calendar_time(minute: int) -> None:
    day, rest = divmod(minute, 24 * 60)
    moment = parse_calendar_time(f"{WEEKDAYS[day]} {rest // 60:02d}:{rest % 60:02d}")
    assert moment.weekday == day
    assert moment.after_midnight_us == rest * HOUR_US // 60
    assert MONDAY_EPOCH_US % (24 * HOUR_US) == 0
