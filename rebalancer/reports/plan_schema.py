"""The JSON Schema (draft 2020-12) of a plan's document."""

from typing import Any

from rebalancer.model.plan import FUTURES_ACCOUNT, SPOT_ACCOUNT, PlanStatus, Side
from rebalancer.model.truth import Truth

Schema = dict[str, Any]

_DIGEST: Schema = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_DECIMAL: Schema = {"type": "string", "pattern": r"^-?(0|[1-9]\d{0,49})(\.\d{1,200})?$"}
_TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z$",
}
_TEXT: Schema = {"type": "string"}
_NAME: Schema = {"type": "string", "minLength": 1}
_YES_NO: Schema = {"type": "boolean"}
_STEP: Schema = {"type": "integer", "minimum": 1}
_DURATION: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)?[dh]$"}


def plan_schema() -> Schema:
    """Return the schema of what `rebalancer plan --format json` prints."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plan",
        "description": "Numbers are exact decimal text; weights are shares of net asset value.",
        **_record(
            plan_id=_described(_DIGEST, "The digest of everything the plan is a function of."),
            status={"enum": [status.value for status in PlanStatus]},
            as_of=_described(_TIME, "The time that the plan decides for."),
            observed_at=_described(_optional(_TIME), "The last price row that it used."),
            quote=_described(_NAME, "The coin that NAV, notionals and fees are counted in."),
            nav=_described(_DECIMAL, "Net asset value before the plan."),
            nav_after=_described(_DECIMAL, "Net asset value less the plan's fees."),
            inputs=_record(
                policy=_digest(),
                portfolio=_digest(),
                market=_digest(),
                instruments=_digest(),
                version=_NAME,
            ),
            instruments_as_of=_described(_NAME, "The date of the trading rules."),
            policy=_record(name=_NAME),
            regime=_regime(),
            prices=_map(_DECIMAL, "The close of each symbol that values the book."),
            targets=_list(_record(sleeve=_NAME, weight=_DECIMAL), "What each sleeve should be."),
            instruments=_list({"anyOf": [_line("symbol"), _line("wallet")]}, "Weights."),
            trades=_list({"anyOf": [_order(), _transfer()]}, "A strict sequence."),
            book_after=_book_after(),
            limits=_list(_limit(), "Every limit before, at its worst and after."),
            costs=_record(fees=_DECIMAL, slippage=_DECIMAL),
            carry=_list(_carry(), "What basis sleeves earn."),
            residuals=_list(_residual(), "What lots and minimums leave over."),
            warnings={"type": "array", "items": _TEXT},
            refusals=_list(_record(guard=_NAME, message=_NAME), "Why there is no plan."),
        ),
    }


def _record(**properties: Schema) -> Schema:
    """Return the schema of an object in which every property is there; `from_` is `from`."""
    named = {name.removesuffix("_"): schema for name, schema in properties.items()}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(named),
        "properties": named,
    }


def _list(item: Schema, description: str) -> Schema:
    return {"description": description, "type": "array", "items": item}


def _map(item: Schema, description: str) -> Schema:
    return {"description": description, "type": "object", "additionalProperties": item}


def _optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _described(schema: Schema, description: str) -> Schema:
    return {"description": description, **schema}


def _digest() -> Schema:
    return _described(_DIGEST, "SHA-256 of the canonical form.")


def _regime() -> Schema:
    evidence = _record(
        signal=_optional(_NAME),
        value=_optional(_DECIMAL),
        condition=_NAME,
        truth={"enum": [truth.text for truth in Truth]},
        held_for=_optional(_DURATION),
    )
    return _record(
        name=_NAME,
        since=_TIME,
        because=_described(_NAME, "The transition that started it."),
        next_calendar=_TIME,
        evidence=_list(evidence, "What the transition's conditions said when it fired."),
    )


def _line(name: str) -> Schema:
    ends = {"low": _DECIMAL, "high": _DECIMAL}
    return _record(**{name: _NAME}, before=_DECIMAL, target=_DECIMAL, **ends, after=_DECIMAL)


def _order() -> Schema:
    return _record(
        step=_STEP,
        kind={"const": "order"},
        symbol=_NAME,
        side={"enum": [side.value for side in Side]},
        amount=_described(_DECIMAL, "What is sent, in `unit`."),
        unit={"enum": ["base", "contracts"]},
        quantity_base=_DECIMAL,
        notional=_DECIMAL,
        price=_DECIMAL,
        reduce_only=_YES_NO,
        leg_group=_described(_optional(_NAME), "Orders of one basis pair share it."),
        fee=_described(_DECIMAL, "In `fee_coin`."),
        fee_coin=_NAME,
        slippage=_described(_DECIMAL, "A reserve, not deducted."),
        weight_before=_DECIMAL,
        weight_after=_DECIMAL,
        reason=_NAME,
    )


def _transfer() -> Schema:
    account = {"enum": [SPOT_ACCOUNT, FUTURES_ACCOUNT]}
    return _record(
        step=_STEP,
        kind={"const": "transfer"},
        coin=_NAME,
        amount=_DECIMAL,
        from_=account,
        to=account,
        reason=_NAME,
    )


def _book_after() -> Schema:
    position = _record(symbol=_NAME, contracts=_DECIMAL, entry_price=_DECIMAL)
    return _record(
        spot=_map(_DECIMAL, "Quantities by coin."),
        wallets=_map(_DECIMAL, "Balances by settle coin, without unrealised profit."),
        positions=_list(position, "Signed contracts at their average entry price."),
    )


def _limit() -> Schema:
    number = _described(_optional(_DECIMAL), "Null where it is infinite.")
    return _record(
        name=_NAME,
        min=_optional(_DECIMAL),
        max=_optional(_DECIMAL),
        before=number,
        worst_during=number,
        after=number,
        holds=_described(_YES_NO, "Whether it holds at the end."),
    )


def _carry() -> Schema:
    return _record(
        sleeve=_NAME,
        expected_apr=_described(_optional(_DECIMAL), "On the sleeve's capital, simple."),
        break_even_days=_described(_optional(_DECIMAL), "Until funding has paid four fills."),
    )


def _residual() -> Schema:
    return _record(
        name=_described(_NAME, "A symbol, or the coin of a wallet."),
        amount=_described(_DECIMAL, "Signed: what would still have to be bought."),
        notional=_DECIMAL,
        reason=_NAME,
    )
