"""Plans a batch of books: read, group by layout, one batch of quantities, one plan each."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.book import Account, Book
from rebalancer.model.plan import Plan
from rebalancer.planner.broken_limits import say_broken
from rebalancer.planner.case import Case, build_case, trade_rules
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.guards import guard_books, refuse_plan
from rebalancer.planner.layout import Layout, build_layout
from rebalancer.planner.limits import limit_table
from rebalancer.planner.one_plan import build_batch, plan_one
from rebalancer.planner.outcomes import find_outcomes
from rebalancer.planner.quantities import plan_quantities
from rebalancer.planner.reading import Reading, read_book
from rebalancer.planner.request import PlanRequest
from rebalancer.planner.wanted import build_wanted

Floats = NDArray[np.float64]

_CHUNK = 2000


def plan_books(request: PlanRequest, books: Sequence[Book]) -> tuple[Plan, ...]:
    """Return one plan per book, in order. Plans have no identity yet: the engine adds it."""
    readings = [read_book(request, book) for book in books]
    plans: dict[int, Plan] = {}
    for index, reading in enumerate(readings):
        if reading.refusals:
            plans[index] = refuse_plan(request, reading)
    for layout, rows in _group(request, readings, refused=set(plans)):
        case = _case(request, layout, readings=[readings[row] for row in rows])
        for place, refusals in guard_books(case).items():
            readings[rows[place]].refusals += refusals
            plans[rows[place]] = refuse_plan(request, readings[rows[place]])
        sound = [place for place in range(len(rows)) if rows[place] not in plans]
        for start in range(0, len(sound), _CHUNK):
            chosen = sound[start : start + _CHUNK]
            found = _plan_chunk(
                request,
                case.take(np.array(chosen)),
                readings=[readings[rows[place]] for place in chosen],
            )
            plans |= {rows[place]: plan for place, plan in zip(chosen, found, strict=True)}
    return tuple(plans[index] for index in range(len(books)))


def _plan_chunk(request: PlanRequest, case: Case, *, readings: Sequence[Reading]) -> list[Plan]:
    """Return the plans of a case: one batch of quantities and outcomes, then book by book."""
    quantities = plan_quantities(case)
    stale = [bool(reading.stale) for reading in readings]
    outcomes = find_outcomes(case, quantities, stale=stale, when_stale=request.policy.when_stale)
    batch = build_batch(case, quantities, outcomes=outcomes)
    plans = [
        plan_one(request, reading, batch=batch, row=row) for row, reading in enumerate(readings)
    ]
    return say_broken(plans, (case, quantities), stale=stale)


def _group(
    request: PlanRequest, readings: Sequence[Reading], *, refused: set[int]
) -> Iterator[tuple[Layout, list[int]]]:
    """Yield each layout with the books that it fits: same account kind, same extra symbols."""
    groups: dict[tuple[Account, tuple[str, ...]], list[int]] = {}
    for index, reading in enumerate(readings):
        if index not in refused:
            key = (reading.book.account, tuple(sorted(reading.extra)))
            groups.setdefault(key, []).append(index)
    for (account, extra), rows in groups.items():
        yield build_request_layout(request, account=account, extra=extra), rows


def build_request_layout(
    request: PlanRequest, *, account: Account, extra: tuple[str, ...] = ()
) -> Layout:
    """Return the layout of every symbol of the policy that has a price, and the extra ones."""
    priced = {symbol: request.instruments[symbol] for symbol in request.marks}
    return build_layout(request.policy, priced, account=account, extra=extra)


def _case(request: PlanRequest, layout: Layout, *, readings: Sequence[Reading]) -> Case:
    policy, limits = request.policy, request.regime.limits
    prices = np.array([[float(request.marks[symbol]) for symbol in layout.symbols]])
    return build_case(
        layout,
        stack_holdings(layout, readings),
        prices=prices,
        wanted=build_wanted(request.targets, layout, band=float(policy.rebalance.band)),
        table=limit_table(limits, layout),
        rules=trade_rules(policy, limits),
    )


def stack_holdings(layout: Layout, readings: Sequence[Reading]) -> Holdings:
    """Return the books as arrays, (book, column)."""
    spots = layout.symbols[: layout.spot_count]
    futures = layout.instruments[layout.spot_count :]
    batch = len(readings)
    spot = _columns(batch, len(spots))
    size, entry = _columns(batch, len(futures)), _columns(batch, len(futures))
    wallet = _columns(batch, len(layout.wallets))
    cash = np.array([float(reading.cash) for reading in readings])
    for row, reading in enumerate(readings):
        for column, symbol in enumerate(spots):
            spot[row, column] = float(reading.spot.get(symbol, Decimal(0)))
        for column, future in enumerate(futures):
            position = reading.positions.get(future.symbol)
            if position is not None:
                size[row, column] = float(position.contracts * future.contract_size)
                entry[row, column] = float(position.entry_price)
        for column, coin in enumerate(layout.wallets):
            wallet[row, column] = float(reading.wallets.get(coin, Decimal(0)))
    return Holdings(spot=spot, size=size, entry=entry, cash=cash, wallet=wallet)


def _columns(batch: int, count: int) -> Floats:
    return np.zeros((batch, count), order="F")
