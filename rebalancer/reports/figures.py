"""Numbers as a person reads them: percentages, money with separators, times, durations."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from rebalancer.model.decimals import decimal_text, weight_text
from rebalancer.model.instant import format_duration, format_instant

_CENT = Decimal("0.01")
_WIDE = Context(prec=60)
"""Holds the digits of any amount that a file may state."""

_SMALLEST_OF_FOUR = 0.001
_LEVERAGES = {"gross_leverage", "futures_leverage"}


def percent(value: float | Decimal, *, decimals: int = 2) -> str:
    """Return a fraction as a percentage, with two decimals unless told otherwise.

    >>> percent(0.42724), percent(Decimal("-0.35")), percent(-0.00001)
    ('42.72%', '-35.00%', '0.00%')
    """
    text = f"{value:.{decimals}%}"
    return text.removeprefix("-") if not text.strip("-0.%") else text


def short_percent(value: float | Decimal) -> str:
    """Return a fraction as a percentage with as few decimals as it has, two at most.

    >>> short_percent(Decimal("0.4")), short_percent(Decimal("0.125"))
    ('40%', '12.5%')
    """
    return percent(value).removesuffix("%").rstrip("0").removesuffix(".") + "%"


def money(value: Decimal | float) -> str:
    """Return an amount of money with separators and two decimals.

    >>> money(Decimal("98968.0896"))
    '98,968.09'
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    rounded = exact.quantize(_CENT, rounding=ROUND_HALF_EVEN, context=_WIDE)
    return f"{rounded or abs(rounded):,}"


def quantity(value: Decimal) -> str:
    """Return an exact amount or price with separators and all its decimals.

    >>> quantity(Decimal("67812.40")), quantity(Decimal("-0.106"))
    ('67,812.4', '-0.106')
    """
    whole, _, decimals = decimal_text(abs(value)).partition(".")
    sign = "-" if value < 0 else ""
    return f"{sign}{int(whole):,}{'.' if decimals else ''}{decimals}"


def clock(time_us: int) -> str:
    """Return a time as `2025-07-21 00:00 UTC`, with seconds only where it has some.

    >>> clock(0), clock(1_000_000)
    ('1970-01-01 00:00 UTC', '1970-01-01 00:00:01 UTC')
    """
    date, _, time = format_instant(time_us).removesuffix("Z").partition("T")
    return f"{date} {time.removesuffix(':00')} UTC"


def duration(duration_us: int | None) -> str:
    """Return a duration such as `14d` or `1.5h`, and `unknown` for none."""
    return "unknown" if duration_us is None else format_duration(duration_us)


def signal_number(value: float | None) -> str:
    """Return a signal's value: four decimals, or four digits where it is very small.

    >>> signal_number(0.17505765), signal_number(0.0000123456), signal_number(None)
    ('0.1751', '0.00001235', 'unknown')
    """
    if value is None:
        return "unknown"
    if value and abs(value) < _SMALLEST_OF_FOUR:
        return decimal_text(Decimal(f"{value:.4g}"))
    return weight_text(value)


def signal_figure(value: float | None, condition: str) -> str:
    """Return a signal's value in the unit of the condition that reads it.

    >>> signal_figure(0.17505765, "above 10% for 14d"), signal_figure(33.0, "at least 21")
    ('17.51%', '33')
    """
    if value is None:
        return "unknown"
    if "%" in condition.partition(" for ")[0]:
        return percent(value)
    return plain_figure(value)


def plain_figure(value: float) -> str:
    """Return a number without a unit, with separators and no trailing zeros.

    >>> plain_figure(42100.0), plain_figure(-0.04155)
    ('42,100', '-0.0416')
    """
    return quantity(Decimal(signal_number(value)))


def limit_figure(name: str, value: float | Decimal | None, *, decimals: int = 2) -> str:
    """Return a limit's number in its unit: times, money or a percentage; none is infinite.

    >>> limit_figure("gross_leverage", 0.909), limit_figure("net_exposure", -0.01)
    ('0.91x', '-1.00%')
    >>> limit_figure("liquidation_distance", None), limit_figure("futures_leverage", None)
    ('never', 'infinite')
    """
    if value is None:
        return "never" if "liquidation" in name else "infinite"
    bare = name.removeprefix("stress_")
    if bare in _LEVERAGES:
        return f"{value:.{decimals}f}x"
    return money(value) if bare == "order_notional" else percent(value, decimals=decimals)


def limit_decimals(name: str, difference: float) -> int:
    """Return how many decimals tell two numbers of a limit apart: two, or as many as it takes.

    >>> limit_decimals("gross_leverage", 0.3), limit_decimals("gross_leverage", 0.0000412)
    (2, 5)
    >>> limit_decimals("net_exposure", 0.0000412)
    3
    """
    shown = difference if name.removeprefix("stress_") in _LEVERAGES else 100 * difference
    return max(2, -Decimal(repr(shown)).adjusted())


def limit_end(name: str, value: Decimal) -> str:
    """Return what a policy sets for a limit, as short as it is exact to two decimals.

    >>> limit_end("futures_leverage", Decimal(3)), limit_end("net_exposure", Decimal("-0.01"))
    ('3x', '-1%')
    """
    bare = name.removeprefix("stress_")
    if bare in _LEVERAGES:
        return f"{decimal_text(value)}x"
    return money(value) if bare == "order_notional" else short_percent(value)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "trade"), counted(2, "trade"), counted(0, "policy")
    ('1 trade', '2 trades', '0 policies')
    """
    if number == 1:
        return f"1 {noun}"
    return (
        f"{number:,} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{number:,} {noun}s"
    )
