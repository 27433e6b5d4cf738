"""What one entry of instruments.yaml may say, key by key."""

from rebalancer.adapters.scalars import (
    FRACTION,
    NAME,
    NON_NEGATIVE,
    POSITIVE,
    SHARE,
    TIME,
    TIME_TEXT,
    one_of,
)
from rebalancer.adapters.shapes import Field, ListOf, MapOf, Record, Schema, describe_file
from rebalancer.model.instrument import InstrumentKind

KIND = one_of(InstrumentKind)

MARGIN_TIER = Record(
    (
        Field("from", NON_NEGATIVE, "Notional from which the tier applies.", is_required=True),
        Field("maintenance", SHARE, "Maintenance margin, a share of notional.", is_required=True),
        Field("max_leverage", POSITIVE, "The highest leverage here.", is_required=True),
    )
)

INSTRUMENT = Record(
    (
        Field("kind", KIND, "What it is: spot, perpetual or future.", is_required=True),
        Field("base", NAME, "The coin that is traded.", is_required=True),
        Field("quote", NAME, "The coin that prices are in.", is_required=True),
        Field("settle", NAME, "The margin coin: quote is linear, base is inverse."),
        Field("contract_size", POSITIVE, "Base coins (inverse: quote units) in one contract."),
        Field("amount_step", POSITIVE, "Amounts are multiples of this.", is_required=True),
        Field("min_amount", NON_NEGATIVE, "The smallest amount of an order.", is_required=True),
        Field("min_cost", NON_NEGATIVE, "The smallest order in quote coins.", is_required=True),
        Field("price_step", POSITIVE, "Prices are multiples of this.", is_required=True),
        Field("taker_fee", SHARE, "Fee of an order that trades at once.", is_required=True),
        Field("maker_fee", FRACTION, "Fee of an order that waits.", is_required=True),
        Field("liquidation_fee", SHARE, "Fee on the notional that a liquidation closes."),
        Field("leverage", POSITIVE, "The venue's leverage setting; 10 where left out."),
        Field(
            "margin_tiers",
            ListOf(MARGIN_TIER, each="tier", at_least=1),
            "Maintenance margin by notional.",
        ),
        Field("expiry", TIME, "When a dated future settles."),
    )
)

INSTRUMENTS_FILE = Record(
    (
        Field("as_of", TIME_TEXT, "The date these rules are of.", is_required=True),
        Field("instruments", MapOf(INSTRUMENT, at_least=1), "By symbol.", is_required=True),
    )
)

NEEDED: dict[InstrumentKind, tuple[str, ...]] = {
    InstrumentKind.SPOT: (),
    InstrumentKind.PERPETUAL: ("settle", "margin_tiers"),
    InstrumentKind.FUTURE: ("settle", "margin_tiers", "expiry"),
}
"""The keys that a kind needs beyond those that every instrument has."""

FOREIGN: dict[InstrumentKind, tuple[str, ...]] = {
    InstrumentKind.SPOT: (
        "settle", "contract_size", "liquidation_fee", "leverage", "margin_tiers", "expiry",
    ),
    InstrumentKind.PERPETUAL: ("expiry",),
    InstrumentKind.FUTURE: (),
}  # fmt: skip
"""The keys that a kind cannot have."""


def instruments_schema() -> Schema:
    """Return the JSON Schema of instruments.yaml."""
    schema = describe_file("instruments", INSTRUMENTS_FILE)
    entry = schema["properties"]["instruments"]["additionalProperties"]
    entry["allOf"] = [_kind_schema(kind) for kind in InstrumentKind]
    return schema


def _kind_schema(kind: InstrumentKind) -> Schema:
    """Return what follows from an instrument's kind."""
    return {
        "if": {"properties": {"kind": {"const": kind.value}}},
        "then": {
            "required": list(NEEDED[kind]),
            "properties": dict.fromkeys(FOREIGN[kind], False),
        },
    }
