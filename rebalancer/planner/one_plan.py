"""One plan from one row of a batch: exact trades, reasons, limits, and what is left over."""

from dataclasses import replace
from decimal import Decimal

import numpy as np

from rebalancer.model.plan import LimitLine, Plan, PlanStatus
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
from rebalancer.planner.sequence import Sequence
from rebalancer.planner.steps import Venue, build_venue

_WHOLE = 0.99995
"""A share of a move that is printed as all of it."""


def plan_one(
    request: PlanRequest, reading: Reading, *, batch: tuple[Case, Quantities, int], outcome: Outcome
) -> Plan:
    """Return the plan of one row of a batch: its outcome made exact, with its reasons."""
    case, quantities, row = batch
    venue = build_venue(case, row)
    sequence = outcome.sequence
    after = _final_weights(venue, sequence, nav=float(case.nav[row]))
    grounds = Grounds(request, case, row, _forced(case, quantities, row), after)
    opened = open_ledger(reading)
    exact = exact_trades(grounds, opened, venue=venue, sequence=sequence)
    nav = net_asset_value(opened, request.marks, instruments=request.instruments)
    return replace(
        frame_plan(request, reading),
        status=outcome.status,
        nav=nav,
        nav_after=nav - exact.fees,
        instruments=instrument_lines(case, row, after=after),
        trades=exact.trades,
        book_after=book_after(
            exact.ledger,
            quote=request.policy.quote,
            ignored=reading.ignored,
            ignored_wallets=reading.ignored_wallets,
            instruments=request.instruments,
        ),
        limits=_limit_lines(request, exact, nav=nav, batch=batch, outcome=outcome),
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
            *_shrunk(quantities, row),
            *describe_left(case, venue, sequence=sequence),
        ),
    )


def _limit_lines(
    request: PlanRequest,
    exact: ExactTrades,
    *,
    nav: Decimal,
    batch: tuple[Case, Quantities, int],
    outcome: Outcome,
) -> tuple[LimitLine, ...]:
    case, quantities, row = batch
    limits, most = request.regime.limits, float(quantities.most_turnover[row])
    return (
        *limit_lines(case.table, outcome.numbers, limits=limits),
        *trade_lines(exact.trades, nav=nav, limits=limits, most_turnover=most),
    )


def _withheld(status: PlanStatus, reading: Reading) -> str:
    """Return why a plan of this status keeps steps back, empty where it does not."""
    if status is PlanStatus.REDUCE_ONLY:
        return "only reductions are sent"
    return "nothing is sent on stale data" if reading.stale else ""


def _final_weights(venue: Venue, sequence: Sequence, *, nav: float) -> Weights:
    """Return the last state's weights, shares of the NAV before the plan, as a batch of one."""
    state = sequence.states[-1]
    unit = np.array(venue.unit)
    count = venue.layout.spot_count
    profit = np.array([state.profit]) * venue.marks.coin
    coins = np.array([state.spot]) * unit[:count] + pooled_profit(profit, layout=venue.layout)
    return Weights(
        coins / nav,
        np.array([state.size]) * unit[count:] / nav,
        np.array([state.equity]) * np.array(venue.wallet_price) / nav,
    )


def _forced(case: Case, quantities: Quantities, row: int) -> tuple[str, ...]:
    """Return the limits that the band alone would have broken, where they moved the plan."""
    destination = quantities.destination
    if not (destination.share[row] > 0 or destination.factor[row] < 1):
        return ()
    one = case.take(np.array([row]))
    broken = np.flatnonzero(residuals(one, settle_band(one))[0, :CASH_ROW] > -HOLDS)
    return limit_names(case.table.rows[index] for index in broken)


def _shrunk(quantities: Quantities, row: int) -> tuple[str, ...]:
    """Say by which factors limits or missing cash shrank the plan."""
    destination = quantities.destination
    notes = []
    if destination.factor[row] < 1:
        notes.append(
            f"futures and basis spot legs are shrunk to {destination.factor[row]:.2%} "
            "of what they would be: no smaller move meets every limit"
        )
    if destination.moved[row] < _WHOLE:
        notes.append(
            f"the whole move is shrunk to {destination.moved[row]:.2%}: the turnover limit has no "
            "room for more"
        )
    if quantities.trimmed[row]:
        notes.append("whole lots are taken off the plan to keep every limit")
    if destination.buys[row] < _WHOLE:
        notes.append(
            f"spot buys are shrunk to {destination.buys[row]:.2%}: cash for costs is missing"
        )
    return tuple(notes)
