from decimal import Decimal

import pytest

from rebalancer.model.decimals import decimal_text, from_float, round_fee, weight_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (42137.3, "42137.3"),
        (0.1, "0.1"),
        (100.0, "100"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (-2.5, "-2.5"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_a_double_is_the_shortest_decimal_that_names_it(value: float, text: str) -> None:
    assert decimal_text(from_float(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("42100.0", "42100"),
        ("100", "100"),
        ("0.10", "0.1"),
        ("1E+3", "1000"),
        ("1E-8", "0.00000001"),
        ("-0.00", "0"),
        ("-12.50", "-12.5"),
    ],
)
def test_a_decimal_has_one_printed_form(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "fee"),
    [
        ("2.6944", "2.6944"),
        ("0.4475231", "0.447524"),
        ("0.0000001", "0.000001"),
        ("0", "0"),
        ("1.0000000", "1"),
    ],
)
def test_a_fee_is_never_understated(value: str, fee: str) -> None:
    assert round_fee(Decimal(value)) == Decimal(fee)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.42724, "0.4272"),
        (0.42725, "0.4272"),
        (0.42735, "0.4274"),
        (-0.1056, "-0.1056"),
        (-0.00004, "0.0000"),
        (0.0, "0.0000"),
        (1.5, "1.5000"),
    ],
)
def test_a_weight_has_four_decimals_and_no_minus_zero(value: float, text: str) -> None:
    assert weight_text(value) == text
