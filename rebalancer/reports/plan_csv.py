"""A plan's trades as CSV: one row per trade, orders and transfers in one strict sequence."""

from collections.abc import Iterable, Mapping

from rebalancer.model.plan import Plan
from rebalancer.reports.plan_document import plan_document

COLUMNS = (
    "step",
    "kind",
    "symbol",
    "side",
    "amount",
    "unit",
    "quantity_base",
    "notional",
    "price",
    "reduce_only",
    "leg_group",
    "fee",
    "fee_coin",
    "slippage",
    "weight_before",
    "weight_after",
    "coin",
    "from",
    "to",
    "reason",
    "plan_id",
)
_QUOTED = frozenset(',"\r\n')
_FORMULAS = ("=", "+", "@", "\t")


def plan_csv(plan: Plan) -> str:
    """Return the trades with a header, the JSON document's keys and values; absent ones are empty.

    Every row names the plan, so that rows of several plans can lie in one table.
    """
    document = plan_document(plan)
    rows = [_row({**trade, "plan_id": plan.plan_id}) for trade in document["trades"]]
    return _lines([COLUMNS, *rows])


def _row(trade: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(_text(trade.get(column)) for column in COLUMNS)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _lines(rows: Iterable[Iterable[str]]) -> str:
    return "".join(",".join(map(_cell, row)) + "\n" for row in rows)


def _cell(text: str) -> str:
    """Return a cell, quoted where it must be; a name that a spreadsheet would run is made text."""
    if text.startswith(_FORMULAS):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED & set(text) else text
