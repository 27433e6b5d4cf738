"""A plan as the JSON document that programs read; `schemas/plan.schema.json` is its contract."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rebalancer.model.decimals import decimal_text, weight_text
from rebalancer.model.instant import format_duration, format_instant
from rebalancer.model.plan import (
    BookAfter,
    Carry,
    InstrumentLine,
    LimitLine,
    Order,
    Plan,
    Residual,
    Trade,
)
from rebalancer.model.regime_path import Evidence
from rebalancer.reports.figures import signal_number

Document = dict[str, Any]

_MONEY_DECIMALS = 2


def plan_document(plan: Plan) -> Document:
    """Return a plan as JSON data: numbers as exact decimal text, times in ISO 8601."""
    return {
        "plan_id": plan.plan_id,
        "status": plan.status.value,
        "as_of": format_instant(plan.as_of_us),
        "observed_at": _time(plan.observed_us),
        "quote": plan.quote,
        "nav": decimal_text(plan.nav),
        "nav_after": decimal_text(plan.nav_after),
        "inputs": {
            "policy": plan.inputs.policy,
            "portfolio": plan.inputs.portfolio,
            "market": plan.inputs.market,
            "instruments": plan.inputs.instruments,
            "version": plan.inputs.version,
        },
        "instruments_as_of": plan.instruments_as_of,
        "policy": {"name": plan.policy_name},
        "regime": _regime(plan),
        "prices": decimals(plan.prices),
        "targets": [
            {"sleeve": sleeve, "weight": padded_text(weight)}
            for sleeve, weight in plan.targets
            if weight
        ],
        "instruments": [_instrument(line) for line in plan.instruments],
        "trades": [_trade(trade) for trade in plan.trades],
        "book_after": _book_after(plan.book_after),
        "limits": [_limit(line) for line in plan.limits],
        "costs": {"fees": decimal_text(plan.fees), "slippage": decimal_text(plan.slippage)},
        "carry": [_carry(carry) for carry in plan.carry],
        "residuals": [_residual(residual) for residual in plan.residuals],
        "warnings": list(plan.warnings),
        "refusals": [{"guard": each.guard, "message": each.message} for each in plan.refusals],
    }


def evidence_document(evidence: Evidence) -> Document:
    """Return one piece of evidence as JSON data, with what the condition still needs."""
    held_us = evidence.held_for_us
    return {
        "signal": evidence.signal,
        "value": None if evidence.value is None else signal_number(evidence.value),
        "condition": evidence.condition,
        "truth": evidence.truth.text,
        "held_for": None if held_us is None else format_duration(held_us),
    }


def padded_text(value: Decimal) -> str:
    """Return the canonical text of a decimal with two decimals or more, zero as `0`.

    >>> padded_text(Decimal("0.4")), padded_text(Decimal("447.52300")), padded_text(Decimal(0))
    ('0.40', '447.523', '0')
    """
    whole, _, decimals_ = decimal_text(value).partition(".")
    return f"{whole}.{decimals_.ljust(_MONEY_DECIMALS, '0')}" if value else "0"


def decimals(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, str]:
    """Return named decimals as JSON data."""
    return {name: decimal_text(value) for name, value in pairs}


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else format_instant(time_us)


def _weight(value: float) -> str:
    return weight_text(value) if value else "0"


def _ratio(value: float | None) -> str | None:
    return None if value is None else weight_text(value)


def _regime(plan: Plan) -> Document:
    regime = plan.regime
    return {
        "name": regime.name,
        "since": format_instant(regime.since_us),
        "because": regime.because,
        "next_calendar": format_instant(regime.next_calendar_us),
        "evidence": [evidence_document(each) for each in regime.evidence],
    }


def _instrument(line: InstrumentLine) -> Document:
    name = {"symbol": line.symbol} if line.symbol is not None else {"wallet": line.wallet}
    return {
        **name,
        "before": _weight(line.before),
        "target": _weight(line.target),
        "low": _weight(line.low),
        "high": _weight(line.high),
        "after": _weight(line.after),
    }


def _trade(trade: Trade) -> Document:
    if isinstance(trade, Order):
        return _order(trade)
    return {
        "step": trade.step,
        "kind": trade.kind.value,
        "coin": trade.coin,
        "amount": decimal_text(trade.amount),
        "from": trade.source,
        "to": trade.target,
        "reason": trade.reason,
    }


def _order(order: Order) -> Document:
    return {
        "step": order.step,
        "kind": order.kind.value,
        "symbol": order.symbol,
        "side": order.side.value,
        "amount": decimal_text(order.amount),
        "unit": order.unit,
        "quantity_base": decimal_text(order.quantity_base),
        "notional": padded_text(order.notional),
        "price": decimal_text(order.price),
        "reduce_only": order.reduce_only,
        "leg_group": order.leg_group,
        "fee": decimal_text(order.fee),
        "fee_coin": order.fee_coin,
        "slippage": decimal_text(order.slippage),
        "weight_before": _weight(order.weight_before),
        "weight_after": _weight(order.weight_after),
        "reason": order.reason,
    }


def _book_after(book: BookAfter) -> Document:
    return {
        "spot": decimals(book.spot),
        "wallets": decimals(book.wallets),
        "positions": [
            {
                "symbol": symbol,
                "contracts": decimal_text(contracts),
                "entry_price": decimal_text(entry_price),
            }
            for symbol, contracts, entry_price in book.positions
        ],
    }


def _limit(line: LimitLine) -> Document:
    return {
        "name": line.name,
        "min": None if line.minimum is None else decimal_text(line.minimum),
        "max": None if line.maximum is None else decimal_text(line.maximum),
        "before": _ratio(line.before),
        "worst_during": _ratio(line.worst_during),
        "after": _ratio(line.after),
        "holds": line.holds,
    }


def _carry(carry: Carry) -> Document:
    days = carry.break_even_days
    return {
        "sleeve": carry.sleeve,
        "expected_apr": _ratio(carry.expected_apr),
        "break_even_days": None if days is None else f"{days:.1f}",
    }


def _residual(residual: Residual) -> Document:
    return {
        "name": residual.name,
        "amount": decimal_text(residual.amount),
        "notional": padded_text(residual.notional),
        "reason": residual.reason,
    }
