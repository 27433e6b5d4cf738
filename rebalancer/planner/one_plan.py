"""One plan from one row of a batch: exact trades, reasons, limits, and what is left over."""

from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import InstrumentLine, LimitLine, Plan, PlanStatus
from rebalancer.planner.assemble import ExactTrades, exact_trades, open_ledger
from rebalancer.planner.band import settle_band
from rebalancer.planner.carry import expected_carry
from rebalancer.planner.case import Case, Weights
from rebalancer.planner.exposure import pooled_profit
from rebalancer.planner.guards import frame_plan
from rebalancer.planner.ledger import book_after, net_asset_value
from rebalancer.planner.leftovers import describe_left, find_residuals
from rebalancer.planner.limit_lines import limit_lines, trade_lines
from rebalancer.planner.lines import instrument_lines
from rebalancer.planner.outcomes import HOLDS, Outcome
from rebalancer.planner.quantities import Quantities
from rebalancer.planner.reading import Reading
from rebalancer.planner.reasons import Grounds, limit_names
from rebalancer.planner.request import PlanRequest
from rebalancer.planner.residuals import CASH_ROW, residuals
from rebalancer.planner.shrinking import describe_shrinking, shrunk_shares
from rebalancer.planner.steps import Venue, build_venue

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What the plans of a batch are written from: `venue` has what all its books share.

    `after` are the final weights, shares of the NAV before the plan, and `lines` each book's
    instruments; `over` are the rows of the limit table that the band alone would have broken,
    (batch, row), where that moved the plan. `shrunk` (batch, 4) says what shrank them.
    """

    case: Case
    quantities: Quantities
    outcomes: Many[Outcome]
    venue: Venue
    after: Weights
    lines: Many[tuple[InstrumentLine, ...]]
    over: Bools
    shrunk: Floats


def build_batch(case: Case, quantities: Quantities, *, outcomes: Many[Outcome]) -> Batch:
    """Return what the plans of a batch are written from."""
    venue = build_venue(case, 0)
    after = _final_weights(venue, outcomes, nav=case.nav)
    lines, over = instrument_lines(case, after=after), _forcing(case, quantities)
    shrunk = shrunk_shares(quantities)
    return Batch(case, quantities, outcomes, venue, after, lines, over, shrunk)


def plan_one(request: PlanRequest, reading: Reading, *, batch: Batch, row: int) -> Plan:
    """Return the plan of one row of a batch: its outcome made exact, with its reasons."""
    case, quantities, venue, outcome = (
        batch.case,
        batch.quantities,
        batch.venue,
        batch.outcomes[row],
    )
    sequence, after = outcome.sequence, batch.after.take(np.array([row]))
    forced = limit_names(case.table.rows[index] for index in np.flatnonzero(batch.over[row]))
    grounds = Grounds(request, case, row, forced, after)
    opened = open_ledger(reading)
    exact = exact_trades(grounds, opened, venue=venue, sequence=sequence)
    nav = net_asset_value(opened, request.marks, instruments=request.instruments)
    return replace(
        frame_plan(request, reading),
        status=outcome.status,
        nav=nav,
        nav_after=nav - exact.fees,
        instruments=batch.lines[row],
        trades=exact.trades,
        book_after=book_after(
            exact.ledger,
            quote=request.policy.quote,
            ignored=reading.ignored,
            ignored_wallets=reading.ignored_wallets,
            instruments=request.instruments,
        ),
        limits=_limit_lines(request, exact, nav=nav, batch=batch, row=row),
        fees=exact.fees,
        slippage=exact.slippage,
        carry=expected_carry(request),
        residuals=find_residuals(
            case,
            quantities,
            row=row,
            sequence=sequence,
            withheld=_withheld(outcome.status, reading),
        ),
        warnings=(
            *request.notes,
            *request.targets.warnings,
            *reading.warnings,
            *reading.stale,
            *describe_shrinking(batch.shrunk[row]),
            *describe_left(case, venue, sequence=sequence),
        ),
    )


def _limit_lines(
    request: PlanRequest, exact: ExactTrades, *, nav: Decimal, batch: Batch, row: int
) -> tuple[LimitLine, ...]:
    limits, most = request.regime.limits, float(batch.quantities.most_turnover[row])
    return (
        *limit_lines(batch.case.table, batch.outcomes[row].numbers, limits=limits),
        *trade_lines(exact.trades, nav=nav, limits=limits, most_turnover=most),
    )


def _withheld(status: PlanStatus, reading: Reading) -> str:
    """Return why a plan of this status keeps steps back, empty where it does not."""
    if status is PlanStatus.REDUCE_ONLY:
        return "only reductions are sent"
    return "nothing is sent on stale data" if reading.stale else ""


def _final_weights(venue: Venue, outcomes: Many[Outcome], *, nav: Floats) -> Weights:
    """Return the weights of the last states, shares of the NAV before the plan."""
    states = [outcome.sequence.states[-1] for outcome in outcomes]
    count, by_row = venue.layout.spot_count, nav[:, None]
    unit, rows = np.array(venue.unit), len(states)
    profit = _column(rows, [state.profit for state in states]) * venue.marks.coin
    spot = _column(rows, [state.spot for state in states])
    coins = spot * unit[:count] + pooled_profit(profit, layout=venue.layout)
    return Weights(
        coins / by_row,
        _column(rows, [state.size for state in states]) * unit[count:] / by_row,
        _column(rows, [state.equity for state in states]) * np.array(venue.wallet_price) / by_row,
    )


def _column(rows: int, values: list[tuple[float, ...]]) -> Floats:
    return np.array(values, dtype=np.float64).reshape(rows, -1)


def _forcing(case: Case, quantities: Quantities) -> Bools:
    """Return which limits the band alone would have broken, where they moved the plan."""
    destination = quantities.destination
    over = np.zeros((len(case.nav), len(case.table.rows)), dtype=bool)
    rows = np.flatnonzero((destination.share > 0) | (destination.factor < 1))
    if rows.size:
        moved = case.take(rows)
        over[rows] = residuals(moved, settle_band(moved))[:, :CASH_ROW] > -HOLDS
    return over
