"""An evaluation as the JSON document that programs read.

`schemas/evaluation.schema.json` is its contract.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from rebalancer.evaluation.comparison import EvaluatedPolicy, Measured
from rebalancer.evaluation.evaluation import Attribution, Evaluation
from rebalancer.evaluation.events import (
    Breach,
    ClosedPosition,
    CutOrder,
    DataGap,
    Event,
    Expiry,
    Liquidation,
)
from rebalancer.evaluation.made_plans import notices_of, plans_with
from rebalancer.evaluation.summary import COUNTS, MONEY, Summary
from rebalancer.model.decimals import decimal_text
from rebalancer.model.instant import YEAR_DAYS, format_instant
from rebalancer.model.plan import PlanStatus
from rebalancer.model.regime_path import RegimeStep
from rebalancer.reports.evaluation_refusals import count_refusals
from rebalancer.reports.evaluation_warnings import count_warnings
from rebalancer.reports.plan_document import Document, decimals, evidence_document

_RATIO_DECIMALS = 8
_MONEY_DECIMALS = 6
_MONEY_DIGITS = 12
"""Enough digits of NAV for the parts of an attribution to sum to 1e-9 of it once they are text."""


def evaluation_document(evaluated: EvaluatedPolicy) -> Document:
    """Return an evaluation as JSON data: numbers as decimal text, times in ISO 8601."""
    evaluation, inputs = evaluated.evaluation, evaluated.inputs
    return {
        "policy": {"name": evaluation.policy_name, "initial_regime": evaluated.initial_regime},
        "inputs": {
            "policy": inputs.policy,
            "portfolio": inputs.portfolio,
            "market": inputs.market,
            "instruments": inputs.instruments,
            "version": inputs.version,
        },
        "market": {
            "symbols": list(evaluation.symbols),
            "instruments_as_of": evaluated.instruments_as_of,
        },
        "quote": evaluation.quote,
        "start": format_instant(evaluation.start_us),
        "end": format_instant(evaluation.end_us),
        "fill": evaluation.fill.value,
        "year_days": YEAR_DAYS,
        "metrics": _metrics(evaluation, evaluated.summary),
        "regime_at_start": regime_at_start(evaluation),
        "regimes": [_step(step) for step in steps_within(evaluation)],
        "plans": _plans(evaluation, evaluated.summary),
        "events": _events(evaluation),
        "funding": {
            symbol: number_text(amount, money_decimals(evaluation))
            for symbol, amount in evaluation.funding.items()
        },
        "attribution": _attribution(evaluation),
        "book": _book(evaluation),
        "comparison": {name: _compared(each) for name, each in evaluated.comparison.items()},
    }


def steps_within(evaluation: Evaluation) -> list[RegimeStep]:
    """Return the steps between regimes from the start to the end, both included."""
    start_us, end_us = evaluation.start_us, evaluation.end_us
    return [step for step in evaluation.path.steps if start_us <= step.at_us <= end_us]


def regime_at_start(evaluation: Evaluation) -> str:
    """Return the regime that the replay had reached at the start, before any step at it."""
    for step in steps_within(evaluation):
        return step.source
    return evaluation.path.regime_at(evaluation.start_us).name


def money_decimals(evaluation: Evaluation) -> int:
    """Return how many decimals money is written with: twelve digits of NAV, at least six."""
    nav = max(evaluation.attribution.start_nav, 1e-12)
    return max(_MONEY_DECIMALS, _MONEY_DIGITS - 1 - math.floor(math.log10(nav)))


def number_text(value: float, decimals_: int = _RATIO_DECIMALS) -> str | None:
    """Return a number as decimal text, None where it is not finite.

    >>> number_text(-0.25), number_text(0.1234567891), number_text(float("nan"))
    ('-0.25', '0.12345679', None)
    """
    return decimal_text(Decimal(f"{value:.{decimals_}f}")) if math.isfinite(value) else None


def _metrics(evaluation: Evaluation, summary: Summary) -> Document:
    money = money_decimals(evaluation)
    metrics: Document = {}
    for name, value in summary.by_name().items():
        if value is None:
            metrics[name] = None
        elif name in COUNTS:
            metrics[name] = int(value)
        else:
            metrics[name] = number_text(value, money if name in MONEY else _RATIO_DECIMALS)
    shares = {name: number_text(share) for name, share in summary.time_in_regime.items()}
    return {**metrics, "time_in_regime": shares}


def _step(step: RegimeStep) -> Document:
    return {
        "from": step.source,
        "to": step.target,
        "at": format_instant(step.at_us),
        "because": step.because,
        "urgent": step.urgent,
        "evidence": [evidence_document(each) for each in step.evidence],
    }


def _plans(evaluation: Evaluation, summary: Summary) -> Document:
    return {
        "count": len(evaluation.plans),
        "by_status": {status.value: count for status, count in summary.plans.items()},
        "ids": [plan.plan_id for plan in evaluation.plans],
        "refusals": [
            {
                "guard": each.guard,
                "count": each.count,
                "first_at": format_instant(each.first_us),
                "message": each.message,
            }
            for each in count_refusals(plans_with(evaluation.plans, PlanStatus.REFUSED))
        ],
        "warnings": [
            {
                "count": each.count,
                "first_at": format_instant(each.first_us),
                "message": each.message,
            }
            for each in count_warnings(notices_of(evaluation.plans))
        ],
    }


def _attribution(evaluation: Evaluation) -> Document:
    digits = money_decimals(evaluation)
    return {
        name: number_text(getattr(evaluation.attribution, name), digits)
        for name in Attribution.__slots__
    }


def _book(evaluation: Evaluation) -> Document:
    book = evaluation.book
    return {
        "account": book.account.value,
        "spot": decimals(book.spot.items()),
        "wallets": decimals(book.wallets.items()),
        "positions": [
            {
                "symbol": each.symbol,
                "contracts": decimal_text(each.contracts),
                "entry_price": decimal_text(each.entry_price),
            }
            for each in book.positions
        ],
    }


def _compared(measured: Measured) -> Document:
    evaluation = measured.evaluation
    return {
        "metrics": _metrics(evaluation, measured.summary),
        "attribution": _attribution(evaluation),
        "events": {name: len(listed) for name, listed in _events(evaluation).items()},
    }


def _events(evaluation: Evaluation) -> Mapping[str, list[Document]]:
    """Return the events by kind, each kind in order of time."""
    writers: dict[str, tuple[type[Event], Callable[[Any], Document]]] = {
        "breaches": (Breach, _breach),
        "liquidations": (Liquidation, _liquidation),
        "data_gaps": (DataGap, _gap),
        "cut_orders": (CutOrder, _cut),
        "expiries": (Expiry, _expiry),
    }
    return {
        name: [write(event) for event in evaluation.events if isinstance(event, kind)]
        for name, (kind, write) in writers.items()
    }


def _breach(event: Breach) -> Document:
    return {
        "at": format_instant(event.at_us),
        "until": format_instant(event.until_us),
        "limit": event.name,
        "allowed": number_text(event.allowed),
        "worst": number_text(event.worst),
        "size": number_text(event.size),
        "bars": event.bars,
        "after_fill": event.after_fill,
    }


def _liquidation(event: Liquidation) -> Document:
    return {
        "at": format_instant(event.at_us),
        "wallet": event.wallet,
        "equity": number_text(event.equity, _MONEY_DECIMALS),
        "maintenance": number_text(event.maintenance, _MONEY_DECIMALS),
        "fee": number_text(event.fee, _MONEY_DECIMALS),
        "positions": [_closed(each) for each in event.positions],
    }


def _closed(position: ClosedPosition) -> Document:
    return {
        "symbol": position.symbol,
        "contracts": decimal_text(position.contracts),
        "entry_price": number_text(position.entry_price),
        "price": number_text(position.price),
    }


def _gap(event: DataGap) -> Document:
    return {
        "at": format_instant(event.at_us),
        "until": format_instant(event.until_us),
        "symbol": event.symbol,
        "missing": event.missing.value,
        "held": decimal_text(event.held),
    }


def _cut(event: CutOrder) -> Document:
    return {
        "at": format_instant(event.at_us),
        "decided": format_instant(event.decided_us),
        "name": event.name,
        "planned": decimal_text(event.planned),
        "filled": decimal_text(event.filled),
        "reason": event.reason,
    }


def _expiry(event: Expiry) -> Document:
    return {
        "at": format_instant(event.at_us),
        "symbol": event.symbol,
        "contracts": decimal_text(event.contracts),
        "price": number_text(event.price),
    }
