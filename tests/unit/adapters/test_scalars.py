from collections.abc import Callable
from decimal import Decimal

import pytest

from rebalancer.adapters.scalars import (
    parse_fraction,
    parse_non_negative,
    parse_non_zero,
    parse_number,
    parse_positive,
    parse_share,
    parse_time,
)
from rebalancer.adapters.shapes import BadValueError
from rebalancer.model.instant import parse_instant


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.85", "0.85"),
        ("-0.21", "-0.21"),
        ("0", "0"),
        ("-0.000", "0"),
        ("21500", "21500"),
        ("1e-05", "0.00001"),
        ("2.5E+3", "2500"),
        ("123456789.123456789012345678", "123456789.123456789012345678"),
    ],
)
def test_a_number_is_the_exact_decimal_of_its_text(text: str, number: str) -> None:
    assert str(parse_number(text)) == number


@pytest.mark.parametrize(
    "text",
    ["014", "1:30", ".nan", ".inf", "nan", "inf", "1_000", "1,5", "+1", ".5", "5.", " 1", "0x1"],
)
def test_a_number_is_never_guessed(text: str) -> None:
    with pytest.raises(BadValueError, match="must be a number") as caught:
        parse_number(text)
    assert caught.value.code == "not-a-number"


@pytest.mark.parametrize("text", ["1e25", "-1e99", "1e-25"])
def test_a_number_beyond_every_market_is_refused(text: str) -> None:
    with pytest.raises(BadValueError, match="between 1e-24 and 1e24"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "fraction"),
    [("0.1%", "0.001"), ("5bp", "0.0005"), ("0.001", "0.001"), ("-1bp", "-0.0001")],
)
def test_a_fraction_may_be_written_in_three_units(text: str, fraction: str) -> None:
    assert parse_fraction(text) == Decimal(fraction)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_positive, "0", "must be above 0, was `0`"),
        (parse_positive, "-1", "must be above 0, was `-1`"),
        (parse_non_negative, "-0.1", "must not be negative, was `-0.1`"),
        (parse_non_zero, "0.00", "must not be 0"),
        (parse_fraction, "100%", "must be above -100% and under 100%, was `100%`"),
        (parse_fraction, "5", "must be above -100% and under 100%, was `5`"),
        (parse_share, "-0.1%", "must not be negative, was `-0.1%`"),
    ],
)
def test_a_number_outside_its_bounds_is_refused(
    parse: Callable[[str], Decimal], text: str, message: str
) -> None:
    with pytest.raises(BadValueError) as caught:
        parse(text)
    assert (str(caught.value), caught.value.code) == (message, "out-of-range")


@pytest.mark.parametrize("text", ["0.1 %", "5 bp", "1e-3", "ten", "%"])
def test_a_fraction_is_never_guessed(text: str) -> None:
    with pytest.raises(BadValueError, match=f"must be a percentage, was `{text}`"):
        parse_fraction(text)


def test_a_bare_date_is_midnight_utc() -> None:
    assert parse_time("2023-12-31") == parse_instant("2023-12-31T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2023-12-31T00:00:00", "naive-time"),
        ("2023-12-31 00:00", "naive-time"),
        ("2023-02-30", "not-a-time"),
        ("1704067200000", "not-a-time"),
        ("now", "not-a-time"),
    ],
)
def test_a_time_without_zone_is_told_from_no_time(text: str, code: str) -> None:
    with pytest.raises(BadValueError) as caught:
        parse_time(text)
    assert caught.value.code == code
