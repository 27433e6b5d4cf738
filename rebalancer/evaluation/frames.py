"""The tables of an evaluation as polars frames: a row per bar, plan, fill, event, contract, metric.

Times are UTC. Numbers are floats for analysis; the JSON summary holds the exact ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from rebalancer.evaluation.evaluation import PARTS, Evaluation, OrderFill
from rebalancer.evaluation.events import Breach, CutOrder, DataGap, Event, Expiry, Liquidation
from rebalancer.evaluation.metrics import drawdown
from rebalancer.evaluation.summary import Summary
from rebalancer.model.plan import Order, Plan, Trade
from rebalancer.model.regime_path import Evidence

_TIME = pl.Datetime("us", "UTC")
_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "s": pl.String,
    "t": _TIME,
    "n": pl.Float64,
    "i": pl.Int64,
    "b": pl.Boolean,
}

Row = dict[str, Any]

_PLANS = {
    "time": "t", "plan_id": "s", "status": "s", "regime": "s", "because": "s", "nav": "n",
    "trades": "i", "fees": "n", "warnings": "s", "refusals": "s",
}  # fmt: skip
_TRADES = {
    "time": "t", "plan_id": "s", "step": "i", "kind": "s", "name": "s", "side": "s", "amount": "n",
    "price": "n", "notional": "n", "fee": "n", "from": "s", "to": "s", "reason": "s",
}  # fmt: skip
_FILLS = {
    "decided": "t", "time": "t", "symbol": "s", "amount": "n", "quoted": "n", "price": "n",
    "notional": "n", "fee": "n", "slippage": "n", "is_closing": "b",
}  # fmt: skip
_EVENTS = {
    "time": "t", "until": "t", "kind": "s", "name": "s", "allowed": "n", "worst": "n", "size": "n",
    "bars": "i", "after_fill": "b", "contracts": "n", "entry_price": "n", "price": "n",
    "equity": "n", "maintenance": "n", "fee": "n", "planned": "n", "filled": "n", "reason": "s",
    "missing": "s", "held": "n",
}  # fmt: skip
_FUNDING = {"symbol": "s", "funding": "n"}
_REGIMES = {"time": "t", "from": "s", "to": "s", "because": "s", "urgent": "b", "evidence": "s"}


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The tables of one evaluation.

    - `equity`: NAV, drawdown, regime, attribution so far and limit numbers at each bar;
    - `weights`: each instrument's and wallet's share of NAV at each bar;
    - `regimes`: the steps between regimes; `plans` and `trades`: every plan, and every trade that
      it asked for; `fills`: what became of the orders; `events`: breaches, liquidations with
      their positions, data gaps, cut orders and expiries;
    - `funding`: what each contract brought, in the quote coin;
    - `metrics`: a row per number, a column for the policy and each thing it is compared with.
    """

    equity: pl.DataFrame
    weights: pl.DataFrame
    regimes: pl.DataFrame
    plans: pl.DataFrame
    trades: pl.DataFrame
    fills: pl.DataFrame
    events: pl.DataFrame
    funding: pl.DataFrame
    metrics: pl.DataFrame

    def by_name(self) -> dict[str, pl.DataFrame]:
        """Return the tables by their names."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def build_frames(evaluation: Evaluation, summaries: Mapping[str, Summary]) -> Frames:
    """Return the tables of an evaluation; `summaries` become the columns of `metrics`."""
    return Frames(
        equity=_equity(evaluation),
        weights=_weights(evaluation),
        regimes=_table(_REGIMES, _regime_rows(evaluation)),
        plans=_table(_PLANS, map(_plan_row, evaluation.plans)),
        trades=_table(
            _TRADES, (_trade_row(plan, each) for plan in evaluation.plans for each in plan.trades)
        ),
        fills=_table(_FILLS, map(_fill_row, evaluation.fills)),
        events=_table(_EVENTS, (row for each in evaluation.events for row in _event_rows(each))),
        funding=_table(
            _FUNDING,
            ({"symbol": name, "funding": each} for name, each in evaluation.funding.items()),
        ),
        metrics=_metrics(summaries),
    )


def _table(columns: Mapping[str, str], rows: Iterable[Row]) -> pl.DataFrame:
    """Return rows as a frame; what a row does not have is null."""
    whole = [{name: row.get(name) for name in columns} for row in rows]
    return pl.DataFrame(whole, schema={name: _TYPES[kind] for name, kind in columns.items()})


def _times(evaluation: Evaluation) -> pl.Series:
    return pl.Series("time", evaluation.time_us).cast(_TIME)


def _equity(evaluation: Evaluation) -> pl.DataFrame:
    distance = evaluation.liquidation_distance
    return pl.DataFrame(
        {
            "time": _times(evaluation),
            "nav": evaluation.nav,
            "drawdown": drawdown(evaluation.nav),
            "regime": pl.Series(evaluation.regimes, dtype=pl.String),
            **{name: evaluation.parts[:, place] for place, name in enumerate(PARTS)},
            "gross_leverage": evaluation.gross_leverage,
            "margin_utilization": evaluation.margin_utilization,
            "liquidation_distance": np.where(np.isfinite(distance), distance, np.nan),
        },
        nan_to_null=True,
    )


def _weights(evaluation: Evaluation) -> pl.DataFrame:
    wallets = {
        f"{coin} wallet": evaluation.wallet_weights[:, place]
        for place, coin in enumerate(evaluation.wallets)
    }
    symbols = {
        symbol: evaluation.weights[:, place] for place, symbol in enumerate(evaluation.symbols)
    }
    return pl.DataFrame({"time": _times(evaluation), **symbols, **wallets}, nan_to_null=True)


def _regime_rows(evaluation: Evaluation) -> Iterator[Row]:
    for step in evaluation.path.steps:
        if evaluation.start_us <= step.at_us <= evaluation.end_us:
            evidence = "; ".join(map(_evidence_text, step.evidence))
            yield {
                "time": step.at_us,
                "from": step.source,
                "to": step.target,
                "because": step.because,
                "urgent": step.urgent,
                "evidence": evidence,
            }


def _evidence_text(evidence: Evidence) -> str:
    value = "unknown" if evidence.value is None else f"{evidence.value:.6g}"
    subject = "" if evidence.signal is None else f"{evidence.signal} = {value}: "
    return f"{subject}{evidence.condition} is {evidence.truth.text}"


def _plan_row(plan: Plan) -> Row:
    return {
        "time": plan.as_of_us,
        "plan_id": plan.plan_id,
        "status": plan.status.value,
        "regime": plan.regime.name,
        "because": plan.regime.because,
        "nav": float(plan.nav),
        "trades": len(plan.trades),
        "fees": float(plan.fees),
        "warnings": "; ".join(plan.warnings),
        "refusals": "; ".join(f"{each.guard}: {each.message}" for each in plan.refusals),
    }


def _trade_row(plan: Plan, trade: Trade) -> Row:
    row = {
        "time": plan.as_of_us,
        "plan_id": plan.plan_id,
        "step": trade.step,
        "kind": trade.kind.value,
        "amount": float(trade.amount),
        "reason": trade.reason,
    }
    if not isinstance(trade, Order):
        return {**row, "name": trade.coin, "from": trade.source, "to": trade.target}
    return {
        **row,
        "name": trade.symbol,
        "side": trade.side.value,
        "price": float(trade.price),
        "notional": float(trade.notional),
        "fee": float(trade.fee),
    }


def _fill_row(fill: OrderFill) -> Row:
    row = {name: getattr(fill, name) for name in _FILLS if hasattr(fill, name)}
    # a cost of nothing may be computed as minus zero
    slippage = fill.slippage + 0.0
    times = {"decided": fill.decided_us, "time": fill.at_us}
    return {**row, **times, "amount": float(fill.amount), "slippage": slippage}


def _event_rows(event: Event) -> Iterator[Row]:
    """Yield an event as a row; a liquidation is followed by a row for each position it closed."""
    row: Row = {"time": event.at_us}
    match event:
        case Breach():
            row |= {"kind": "breach", "name": event.name, "until": event.until_us}
            row |= {"allowed": event.allowed + 0.0, "worst": event.worst, "size": event.size}
            yield row | {"bars": event.bars, "after_fill": event.after_fill}
        case Liquidation():
            yield row | {
                "kind": "liquidation",
                "name": event.wallet,
                "equity": event.equity,
                "maintenance": event.maintenance,
                "fee": event.fee,
            }
            for each in event.positions:
                yield row | {
                    "kind": "liquidated_position",
                    "name": each.symbol,
                    "contracts": float(each.contracts),
                    "entry_price": each.entry_price,
                    "price": each.price,
                }
        case DataGap():
            row |= {"kind": "data_gap", "name": event.symbol, "until": event.until_us}
            yield row | {"missing": event.missing.value, "held": float(event.held)}
        case CutOrder():
            yield row | {
                "kind": "cut_order",
                "name": event.name,
                "planned": float(event.planned),
                "filled": float(event.filled),
                "reason": event.reason,
            }
        case Expiry():
            yield row | {
                "kind": "expiry",
                "name": event.symbol,
                "contracts": float(event.contracts),
                "price": event.price,
            }


def _metrics(summaries: Mapping[str, Summary]) -> pl.DataFrame:
    columns = {name: _numbers(summary) for name, summary in summaries.items()}
    names = list(dict.fromkeys(metric for numbers in columns.values() for metric in numbers))
    return pl.DataFrame(
        {
            "metric": pl.Series(names, dtype=pl.String),
            **{
                name: pl.Series([numbers.get(metric) for metric in names], dtype=pl.Float64)
                for name, numbers in columns.items()
            },
        }
    )


def _numbers(summary: Summary) -> dict[str, float | None]:
    shares = {f"time_in_regime.{name}": share for name, share in summary.time_in_regime.items()}
    return {**summary.by_name(), **shares}
