"""Exact numbers and their one printed form."""

from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal

MONEY_QUANTUM = Decimal("0.000001")
COIN_QUANTUM = Decimal("0.00000001")
"""The smallest part of a coin that a venue books: one hundred-millionth."""
CENT = Decimal("0.01")
_COIN_DIGITS = 12
WEIGHT_QUANTUM = Decimal("0.0001")
ZERO = Decimal(0)

EXACT = Context(prec=80)
"""Room for any product of amounts and prices, so that no caller's context rounds money."""


def from_float(value: float) -> Decimal:
    """Return the shortest decimal that names this double: the text a market file gave it by.

    >>> from_float(42100.0), from_float(0.1)
    (Decimal('42100'), Decimal('0.1'))
    """
    return Decimal(repr(float(value)).removesuffix(".0"))


def decimal_text(value: Decimal) -> str:
    """Return the canonical text of a decimal: no exponent, no trailing zeros, no minus zero.

    >>> (
    ...     decimal_text(Decimal("42100.0")),
    ...     decimal_text(Decimal("-0.00")),
    ...     decimal_text(Decimal("1E+3")),
    ... )
    ('42100', '0', '1000')
    """
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def round_fee(value: Decimal, quantum: Decimal = MONEY_QUANTUM) -> Decimal:
    """Return a fee rounded up to the printed digits, so that a plan never understates one."""
    return value.quantize(quantum, rounding=ROUND_UP)


def round_coins(value: Decimal) -> Decimal:
    """Return an amount of coins as a plan prints it: a division has no last digit of its own.

    >>> round_coins(Decimal(2) / 3), round_coins(Decimal("0.25"))
    (Decimal('0.666666666667'), Decimal('0.25'))
    """
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -_COIN_DIGITS:
        return value
    return value.quantize(Decimal(1).scaleb(-_COIN_DIGITS), rounding=ROUND_HALF_EVEN, context=EXACT)


def weight_text(value: float) -> str:
    """Return a weight or ratio with four decimals, as plans print it.

    >>> weight_text(0.42724), weight_text(-0.00001)
    ('0.4272', '0.0000')
    """
    rounded = Decimal(repr(float(value))).quantize(WEIGHT_QUANTUM, rounding=ROUND_HALF_EVEN)
    return str(rounded or abs(rounded))
