"""The JSON Schema (draft 2020-12) of an evaluation's document."""

from dataclasses import fields
from typing import Any

from rebalancer.evaluation.evaluation import Attribution, FillRule
from rebalancer.evaluation.events import Missing
from rebalancer.model.book import Account
from rebalancer.model.instant import YEAR_DAYS
from rebalancer.model.plan import PlanStatus
from rebalancer.reports.plan_schema import plan_schema

Schema = dict[str, Any]

_DECIMAL: Schema = {"type": "string", "pattern": r"^-?(0|[1-9]\d*)(\.\d+)?$"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_NAME: Schema = {"type": "string", "minLength": 1}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_YES_NO: Schema = {"type": "boolean"}
_EVENTS = ("breaches", "liquidations", "data_gaps", "cut_orders", "expiries")

_METRICS = {
    "total_return": "Last NAV / first NAV - 1.",
    "cagr": "Growth a year, on 365 days.",
    "volatility": "Of daily returns, a year.",
    "sharpe": "Mean daily return over its deviation, a year; no riskless rate.",
    "sortino": "Mean daily return over its downside deviation, a year.",
    "calmar": "CAGR over the size of the largest drawdown.",
    "max_drawdown": "The lowest NAV since a peak, as a negative share of the peak.",
    "max_drawdown_days": "From that peak until it is reached again, or to the end.",
    "var_95": "The daily return that one day in twenty falls below.",
    "cvar_95": "The mean of the days in that tail.",
    "skew": "Of daily returns.",
    "kurtosis": "Of daily returns, in excess of 3.",
    "best_day": "The largest return of a UTC day.",
    "worst_day": "The smallest return of a UTC day.",
    "best_month": "The largest return of a month.",
    "worst_month": "The smallest return of a month.",
    "turnover": "Half of what was traded over NAV, summed over all decisions.",
    "turnover_per_year": "Turnover over the years of the run.",
    "fees": "In the quote coin.",
    "slippage": "In the quote coin.",
    "funding": "In the quote coin; what was received is positive.",
    "funding_on_notional": "Funding a year over the mean size of all perpetual positions.",
    "funding_on_capital": "Funding a year over the mean NAV.",
    "plans": "Plans made, those that hold or are refused included.",
    "trades": "Orders filled.",
    "largest_gross_leverage": "At the close of a bar.",
    "largest_margin_utilization": "At the close of a bar.",
    "smallest_liquidation_distance": "At the close of a bar; null where nothing liquidates.",
}
_COUNTED = {"plans", "trades"}


def evaluation_schema() -> Schema:
    """Return the schema of what `rebalancer evaluate --format json` prints."""
    plan = plan_schema()["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Evaluation",
        "description": (
            "Numbers are decimal text; what is not defined is null. Rates a year are on 365 days."
        ),
        **_record(
            policy=_record(name=_NAME, initial_regime=_NAME),
            inputs=plan["inputs"],
            market=_record(symbols=_list(_NAME), instruments_as_of=plan["instruments_as_of"]),
            quote=_NAME,
            start=_TIME,
            end=_TIME,
            fill={
                "description": "same_close fills at closes that nobody can trade at.",
                "enum": [rule.value for rule in FillRule],
            },
            year_days={"const": YEAR_DAYS},
            metrics=_metrics(),
            regime_at_start=_NAME,
            regimes=_list(_step(plan["regime"])),
            plans=_plans(),
            events=_record(**{name: _list(schema) for name, schema in _events().items()}),
            funding=_map(_DECIMAL, "What each contract brought, in the quote coin."),
            attribution=_attribution(),
            book=_book(plan["book_after"]["properties"]),
            comparison=_record(buy_and_hold=_compared(), fixed_weights=_compared()),
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


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _map(item: Schema, description: str) -> Schema:
    return {"description": description, "type": "object", "additionalProperties": item}


def _optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _metrics() -> Schema:
    named = {
        name: {
            "description": description,
            **(_COUNT if name in _COUNTED else _optional(_DECIMAL)),
        }
        for name, description in _METRICS.items()
    }
    shares = _map(_optional(_DECIMAL), "The share of the run spent in each regime.")
    return _record(**named, time_in_regime=shares)


def _step(regime: Schema) -> Schema:
    return _record(
        from_=_NAME,
        to=_NAME,
        at=_TIME,
        because={"description": "The transition that was taken.", **_NAME},
        urgent=_YES_NO,
        evidence=regime["properties"]["evidence"],
    )


def _plans() -> Schema:
    return _record(
        count=_COUNT,
        by_status=_record(**{status.value: _COUNT for status in PlanStatus}),
        ids={"description": "In order of time.", **_list(_NAME)},
        refusals={
            "description": "The guards that refused plans, with what each said first.",
            **_list(_record(guard=_NAME, count=_COUNT, first_at=_TIME, message=_NAME)),
        },
        warnings={
            "description": "What plans warned of, numbers apart, with what the first one said.",
            **_list(_record(count=_COUNT, first_at=_TIME, message=_NAME)),
        },
    )


def _events() -> dict[str, Schema]:
    number = _optional(_DECIMAL)
    position = _record(symbol=_NAME, contracts=_DECIMAL, entry_price=_DECIMAL, price=_DECIMAL)
    span = {"at": _TIME, "until": _TIME}
    return {
        "breaches": _record(
            **span, limit=_NAME, allowed=number, worst=number, size=number, bars=_COUNT,
            after_fill={"description": "First seen at the first bar after a fill.", **_YES_NO},
        ),
        "liquidations": _record(
            at=_TIME, wallet=_NAME, equity=number, maintenance=number, fee=number,
            positions=_list(position),
        ),
        "data_gaps": _record(
            **span, symbol=_NAME, missing={"enum": [each.value for each in Missing]}, held=_DECIMAL
        ),
        "cut_orders": _record(
            at=_TIME, decided=_TIME, name=_NAME, planned=_DECIMAL, filled=_DECIMAL, reason=_NAME
        ),
        "expiries": _record(at=_TIME, symbol=_NAME, contracts=_DECIMAL, price=_DECIMAL),
    }  # fmt: skip


def _attribution() -> Schema:
    sums = "start_nav + spot + futures + funding - fees - slippage - liquidation = end_nav."
    parts = _record(**{each.name: _DECIMAL for each in fields(Attribution)})
    return {"description": sums, **parts}


def _book(after: dict[str, Schema]) -> Schema:
    return {
        "description": "What is held at the end.",
        **_record(account={"enum": [account.value for account in Account]}, **after),
    }


def _compared() -> Schema:
    return _record(
        metrics=_metrics(),
        attribution=_attribution(),
        events=_record(**dict.fromkeys(_EVENTS, _COUNT)),
    )
