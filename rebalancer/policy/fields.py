"""The kinds of value that a policy's keys take: how each is read, and its JSON Schema.

A file's scalars are text; a JSON Schema sees `1.5` as a number and `10%` as text, so a number's
schema takes both.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic.config import JsonDict

from rebalancer.policy import values
from rebalancer.policy.compiled import (
    OWN,
    OnBreach,
    SignalReference,
    SleeveKind,
    TradeTo,
    Unmanaged,
    WhenStale,
)
from rebalancer.policy.reading import (
    Bounds,
    choice,
    interval,
    number,
    pair,
    reader,
    refuse,
    shape_of,
    symbol,
)
from rebalancer.policy.symbols import COIN_PATTERN, FUTURE_PATTERN, SPOT_PATTERN, Symbol
from rebalancer.policy.values import CalendarTime, Written

JsonSchema = dict[str, Any]

NAME_PATTERN = r"[A-Za-z_][A-Za-z0-9_-]{0,63}"
TITLE_PATTERN = r"[^\s`]([^\n`]{0,98}[^\s`])?"
_ZERO, _ONE = Decimal(0), Decimal(1)


class Collateral(StrEnum):
    """What a basis sleeve puts up as margin."""

    QUOTE = "quote"
    COIN = "coin"


class PortfolioNumber(StrEnum):
    """What a signal may read of the portfolio."""

    DRAWDOWN = "drawdown"
    MARGIN_UTILIZATION = "margin_utilization"
    GROSS_LEVERAGE = "gross_leverage"


def _text_schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


def _number(pattern: str = values.NUMBER_PATTERN, **limits: float) -> JsonSchema:
    return {"type": ["number", "string"], "pattern": f"^({pattern})$", **limits}


def _pair_schema(item: JsonSchema) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "items": item, "minItems": 2, "maxItems": 2})


def _one_of(kind: type[StrEnum]) -> WithJsonSchema:
    return WithJsonSchema({"enum": [str(member) for member in kind]})


def _matching(pattern: str, kind: str) -> Callable[[Any], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"`{text}` is not {kind}")
        return text

    return reader(parse, code="not-a-name", expected=kind)


def _plain(text: str) -> Written:
    value = values.parse_plain_number(text)
    return Written(value, text)


FUTURE_SCHEMA: JsonSchema = {"type": "string", "pattern": f"^({FUTURE_PATTERN})$"}
WEIGHT_SCHEMA: JsonSchema = _number(minimum=0, maximum=1)

_WEIGHT = Bounds(low=_ZERO, high=_ONE, is_fraction=True)
_SHARE = Bounds(above=_ZERO, high=_ONE, is_fraction=True)
_RATIO = Bounds(above=_ZERO)
_DISTANCE = Bounds(above=_ZERO, is_fraction=True)
_MONEY = Bounds(low=_ZERO)
_MOVE = Bounds(above=-_ONE, is_fraction=True)
_EXPOSURE = Bounds(is_fraction=True)

_written = reader(values.parse_number, code="not-a-number", expected="a number")
_name = _matching(NAME_PATTERN, "a name of letters, digits, `_` and `-`")

NAMED: JsonDict = {"propertyNames": {"pattern": f"^({NAME_PATTERN})$"}}
"""What the schema says of a mapping by names."""
COINS: JsonDict = {"propertyNames": {"pattern": f"^({COIN_PATTERN})$"}}
"""What the schema says of a mapping by coins."""

Name = Annotated[str, PlainValidator(_name), _text_schema(NAME_PATTERN)]
Coin = Annotated[
    str,
    PlainValidator(_matching(COIN_PATTERN, "a coin such as USDT")),
    _text_schema(COIN_PATTERN),
]
Title = Annotated[
    str,
    PlainValidator(_matching(TITLE_PATTERN, "a name of one line, at most 100 characters")),
    _text_schema(TITLE_PATTERN),
]
Text = Annotated[
    str,
    PlainValidator(reader(str, code="wrong-shape", expected="text")),
    WithJsonSchema({"type": "string"}),
]

SpotSymbol = Annotated[Symbol, PlainValidator(symbol(is_future=False)), _text_schema(SPOT_PATTERN)]
FutureSymbol = Annotated[
    Symbol, PlainValidator(symbol(is_future=True)), WithJsonSchema(FUTURE_SCHEMA)
]
AnySymbol = Annotated[
    Symbol,
    PlainValidator(symbol(is_future=None)),
    _text_schema(f"{SPOT_PATTERN}|{FUTURE_PATTERN}"),
]

Weight = Annotated[Decimal, PlainValidator(number(_WEIGHT)), WithJsonSchema(WEIGHT_SCHEMA)]
Share = Annotated[
    Decimal, PlainValidator(number(_SHARE)), WithJsonSchema(_number(exclusiveMinimum=0, maximum=1))
]
Ratio = Annotated[
    Decimal, PlainValidator(number(_RATIO)), WithJsonSchema(_number(exclusiveMinimum=0))
]
Distance = Annotated[
    Decimal, PlainValidator(number(_DISTANCE)), WithJsonSchema(_number(exclusiveMinimum=0))
]
Money = Annotated[
    Decimal,
    PlainValidator(number(_MONEY, _plain)),
    WithJsonSchema(_number(values.PLAIN_NUMBER_PATTERN, minimum=0)),
]
PositiveMoney = Annotated[
    Decimal,
    PlainValidator(number(Bounds(above=_ZERO), _plain)),
    WithJsonSchema(_number(values.PLAIN_NUMBER_PATTERN, exclusiveMinimum=0)),
]
WeightRange = Annotated[
    tuple[Decimal, Decimal],
    PlainValidator(interval(_WEIGHT)),
    _pair_schema(_number(minimum=0, maximum=1)),
]
Exposure = Annotated[
    tuple[Decimal, Decimal], PlainValidator(interval(_EXPOSURE)), _pair_schema(_number())
]
PriceMove = Annotated[
    tuple[Decimal, Decimal],
    PlainValidator(interval(_MOVE)),
    _pair_schema(_number(exclusiveMinimum=-1)),
]
NumberRange = Annotated[
    tuple[Decimal, Decimal], PlainValidator(interval(Bounds())), _pair_schema(_number())
]
MoneyRange = Annotated[
    tuple[Decimal, Decimal],
    PlainValidator(interval(Bounds(above=_ZERO))),
    _pair_schema(_number(exclusiveMinimum=0)),
]

Duration = Annotated[
    int,
    PlainValidator(reader(values.parse_duration, code="not-a-duration", expected="a duration")),
    _text_schema(values.DURATION_PATTERN),
]
CalendarStep = Annotated[
    int,
    PlainValidator(
        reader(values.parse_calendar_step, code="not-a-duration", expected="a step such as 1w")
    ),
    _text_schema(values.STEP_PATTERN),
]
CalendarMoment = Annotated[
    CalendarTime,
    PlainValidator(
        reader(values.parse_calendar_time, code="not-a-calendar-time", expected="a time of day")
    ),
    _text_schema(values.CALENDAR_PATTERN),
]
Boolean = Annotated[
    bool,
    PlainValidator(reader(values.parse_boolean, code="not-a-boolean", expected="true or false")),
    WithJsonSchema({"enum": [True, False, "true", "false"]}),
]


def _count(value: Any) -> int:
    count = reader(values.parse_whole_number, code="not-a-number", expected="a whole number")(value)
    if count < 1:
        raise refuse("out-of-range", f"must be at least 1, was {count}")
    return count


Count = Annotated[
    int,
    PlainValidator(_count),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "pattern": r"^[1-9][0-9]*$"}),
]


def _names(value: Any) -> tuple[str, ...]:
    if value == []:
        raise refuse("wrong-shape", "takes a name or a list of names, found an empty list")
    return tuple(_name(item) for item in value) if isinstance(value, list) else (_name(value),)


_NAME_SCHEMA: JsonSchema = {"type": "string", "pattern": f"^({NAME_PATTERN})$"}
Names = Annotated[
    tuple[str, ...],
    PlainValidator(_names),
    WithJsonSchema(
        {"anyOf": [_NAME_SCHEMA, {"type": "array", "items": _NAME_SCHEMA, "minItems": 1}]}
    ),
]


def _hedge_instrument(value: Any) -> str:
    return OWN if value == OWN else symbol(is_future=True)(value).text


HedgeInstrument = Annotated[
    str,
    PlainValidator(_hedge_instrument),
    WithJsonSchema({"anyOf": [{"const": OWN}, FUTURE_SCHEMA]}),
]


def _operand(value: Any) -> Written | SignalReference:
    if not isinstance(value, dict):
        return _written(value)
    if list(value) != ["signal"]:
        message = "compares with a number, or with one signal as `{signal: NAME}`"
        raise refuse("wrong-shape", message)
    return SignalReference(_name(value["signal"]))


_OPERAND_SCHEMA: JsonSchema = {
    "anyOf": [
        _number(),
        {
            "type": "object",
            "properties": {"signal": _NAME_SCHEMA},
            "required": ["signal"],
            "additionalProperties": False,
        },
    ]
}
Operand = Annotated[
    Written | SignalReference, PlainValidator(_operand), WithJsonSchema(_OPERAND_SCHEMA)
]
OperandPair = Annotated[
    tuple[Written | SignalReference, Written | SignalReference],
    PlainValidator(pair(_operand)),
    _pair_schema(_OPERAND_SCHEMA),
]


def _collar(value: Any) -> Decimal | None:
    return None if value == "none" else number(_DISTANCE)(value)


PriceCollar = Annotated[
    Decimal | None,
    PlainValidator(_collar),
    WithJsonSchema({"anyOf": [{"const": "none"}, _number(exclusiveMinimum=0)]}),
]

SleeveKindWord = Annotated[SleeveKind, PlainValidator(choice(SleeveKind)), _one_of(SleeveKind)]
CollateralWord = Annotated[Collateral, PlainValidator(choice(Collateral)), _one_of(Collateral)]
PortfolioWord = Annotated[
    PortfolioNumber, PlainValidator(choice(PortfolioNumber)), _one_of(PortfolioNumber)
]
TradeToWord = Annotated[TradeTo, PlainValidator(choice(TradeTo)), _one_of(TradeTo)]
OnBreachWord = Annotated[OnBreach, PlainValidator(choice(OnBreach)), _one_of(OnBreach)]
WhenStaleWord = Annotated[WhenStale, PlainValidator(choice(WhenStale)), _one_of(WhenStale)]
UnmanagedWord = Annotated[Unmanaged, PlainValidator(choice(Unmanaged)), _one_of(Unmanaged)]


def _version(value: Any) -> int:
    if value != "1":
        message = f"must be 1, the version of the policy language, was {shape_of(value)}"
        raise refuse("wrong-version", message)
    return 1


Version = Annotated[int, PlainValidator(_version), WithJsonSchema({"enum": [1, "1"]})]
