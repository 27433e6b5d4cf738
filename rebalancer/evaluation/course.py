"""What a summary reads of one run: its equity bar by bar, what was traded, held and paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.made_plans import statuses_of
from rebalancer.model.instrument import Instrument, InstrumentKind
from rebalancer.model.market import Floats, Times
from rebalancer.model.plan import PlanStatus
from rebalancer.model.regime_path import RegimePath


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One run, arrays (bar,) at `time_us` and (fill,).

    `perpetual` is the notional of all perpetual positions, absolute. `decided_us` and `traded` are
    each fill's decision and notional; `fees`, `slippage` and `funding` sums in the quote coin.
    """

    time_us: Times
    nav: Floats
    perpetual: Floats
    gross_leverage: Floats
    margin_utilization: Floats
    liquidation_distance: Floats
    decided_us: Times
    traded: Floats
    fees: float
    slippage: float
    funding: float
    path: RegimePath
    statuses: tuple[PlanStatus, ...] = ()


def course_of(evaluation: Evaluation, instruments: Mapping[str, Instrument]) -> Course:
    """Return the course of an evaluation."""
    fills, sums = evaluation.fills, evaluation.attribution
    weights = evaluation.weights[:, perpetual_columns(evaluation.symbols, instruments)]
    return Course(
        time_us=evaluation.time_us,
        nav=evaluation.nav,
        perpetual=perpetual_notional(weights, evaluation.nav),
        gross_leverage=evaluation.gross_leverage,
        margin_utilization=evaluation.margin_utilization,
        liquidation_distance=evaluation.liquidation_distance,
        decided_us=np.array([fill.decided_us for fill in fills], dtype=np.int64),
        traded=np.array([abs(fill.notional) for fill in fills], dtype=np.float64),
        fees=sums.fees,
        slippage=sums.slippage,
        funding=sums.funding,
        path=evaluation.path,
        statuses=statuses_of(evaluation.plans),
    )


def perpetual_columns(symbols: Sequence[str], instruments: Mapping[str, Instrument]) -> list[int]:
    """Return the columns of perpetual contracts."""
    return [
        column
        for column, symbol in enumerate(symbols)
        if instruments[symbol].kind is InstrumentKind.PERPETUAL
    ]


def perpetual_notional(weights: Floats, nav: Floats) -> Floats:
    """Return the notional of positions of these weights (…, bar, column), absolute, (…, bar)."""
    return np.asarray(np.where(nav > 0, np.abs(weights).sum(axis=-1) * nav, 0.0))
