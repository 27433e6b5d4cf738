"""One plan from one row of a batch: order the steps, make them exact, say what is left over."""

from dataclasses import replace

import numpy as np

from rebalancer.model.decimals import ZERO
from rebalancer.model.plan import Inputs, Plan, PlanStatus, Refusal
from rebalancer.planner.assemble import exact_trades, open_ledger
from rebalancer.planner.band import settle_band
from rebalancer.planner.carry import expected_carry
from rebalancer.planner.case import Case, Weights
from rebalancer.planner.exposure import measure_exposure
from rebalancer.planner.layout import policy_symbols
from rebalancer.planner.ledger import book_after, net_asset_value
from rebalancer.planner.leftovers import describe_left, find_residuals
from rebalancer.planner.limit_lines import limit_lines, numbers_along
from rebalancer.planner.limits import account_shortfall, gather_facts
from rebalancer.planner.lines import instrument_lines
from rebalancer.planner.promise import Promise
from rebalancer.planner.quantities import Quantities
from rebalancer.planner.reading import Reading, book_symbols
from rebalancer.planner.reasons import Grounds, limit_names
from rebalancer.planner.request import PlanRequest
from rebalancer.planner.residuals import CASH_ROW, residuals
from rebalancer.planner.sequence import Sequence, order_steps
from rebalancer.planner.steps import Phase, Venue, build_venue, first_state, list_steps
from rebalancer.policy.compiled import WhenStale

NO_INPUTS = Inputs("", "", "", "", "")
_REDUCING = {Phase.REDUCE_FUTURES, Phase.SELL_SPOT, Phase.TRANSFER_OUT, Phase.TRANSFER_IN}
_HOLDS = 1e-9


def guard_books(case: Case) -> dict[int, list[Refusal]]:
    """Return the refusals of books that cannot be planned for: no NAV, or a wallet as good as gone.

    Keys are rows of the case.
    """
    refusals: dict[int, list[Refusal]] = {}
    for row in np.flatnonzero(~(case.nav > 0)):
        message = f"net asset value must be positive, was {case.nav[row]:,.2f}"
        refusals.setdefault(int(row), []).append(Refusal("no-value", message))
    if case.layout.future_count:
        exposure = measure_exposure(case.holdings, case.prices, layout=case.layout)
        facts = gather_facts(exposure, case.layout, scale=np.abs(case.nav) + 1)
        under = account_shortfall(facts, np.zeros(case.nav.shape[0])) >= 0
        for row, account in np.argwhere(under):
            name = case.layout.wallets[account] if case.layout.wallets else "unified"
            message = f"the {name} wallet is at or under its maintenance margin"
            refusals.setdefault(int(row), []).append(Refusal("maintenance-margin", message))
    return refusals


def refuse_plan(request: PlanRequest, reading: Reading) -> Plan:
    """Return the plan that trades nothing, with every refusal of the request and the book."""
    ledger = open_ledger(reading)
    valued = {*ledger.spot, *ledger.positions} <= {*request.marks}
    nav = (
        net_asset_value(ledger, request.marks, instruments=request.instruments) if valued else ZERO
    )
    return replace(
        _frame(request, reading),
        status=PlanStatus.REFUSED,
        nav=nav,
        nav_after=nav,
        refusals=tuple(reading.refusals),
    )


def plan_one(
    request: PlanRequest, reading: Reading, *, batch: tuple[Case, Quantities, int]
) -> Plan:
    """Return the plan of one row of a batch of quantities."""
    case, quantities, row = batch
    venue = build_venue(case, row)
    promise = Promise(venue, case.table, float(case.nav[row]))
    status, sequence = _choose_sequence(request, reading, promise=promise, batch=batch)
    after = _final_weights(venue, sequence, nav=promise.scale)
    grounds = Grounds(request, case, row, _forced(case, quantities, row), after)
    opened = open_ledger(reading)
    exact = exact_trades(grounds, opened, venue=venue, sequence=sequence)
    nav = net_asset_value(opened, request.marks, instruments=request.instruments)
    numbers = numbers_along(venue, case.table, states=sequence.states, nav=promise.scale)
    lines = limit_lines(case.table, numbers, limits=request.regime.limits)
    notes = (
        *request.targets.warnings,
        *reading.warnings,
        *reading.stale,
        *_shrunk(quantities, row),
        *describe_left(case, promise, sequence=sequence),
    )
    broken = tuple(line.name for line in lines if not line.holds)
    plan = replace(
        _frame(request, reading),
        status=status,
        nav=nav,
        nav_after=nav - exact.fees,
        instruments=instrument_lines(case, row, after=after),
        trades=exact.trades,
        book_after=book_after(
            exact.ledger,
            quote=request.policy.quote,
            ignored=reading.ignored,
            instruments=request.instruments,
        ),
        limits=lines,
        fees=exact.fees,
        slippage=exact.slippage,
        carry=expected_carry(request),
        residuals=find_residuals(case, quantities, row=row, sequence=sequence),
        warnings=notes,
    )
    return _with_broken(plan, broken)


def _with_broken(plan: Plan, broken: tuple[str, ...]) -> Plan:
    """Say which limits a plan cannot mend; refuse where nothing can even be improved."""
    if not broken:
        return plan
    message = f"limit {', '.join(broken)} is broken and no allowed trade mends it"
    if plan.trades:
        return replace(plan, warnings=(*plan.warnings, message))
    return replace(plan, status=PlanStatus.REFUSED, refusals=(Refusal("broken-limit", message),))


def _choose_sequence(
    request: PlanRequest,
    reading: Reading,
    *,
    promise: Promise,
    batch: tuple[Case, Quantities, int],
) -> tuple[PlanStatus, Sequence]:
    """Return the status and the steps: the whole plan, only its reductions, or nothing."""
    case, quantities, row = batch
    start = first_state(case, row)
    steps = list_steps(case, quantities.orders, row=row)
    if reading.stale and request.policy.when_stale is not WhenStale.REDUCE_ONLY:
        return PlanStatus.HOLD, Sequence((), (start,))
    if not reading.stale:
        sequence = order_steps(promise, start, steps=steps)
        numbers = numbers_along(
            promise.venue, case.table, states=sequence.states[-1:], nav=promise.scale
        )
        if (numbers[0] <= case.table.ceilings + _HOLDS).all():
            status = PlanStatus.TRADE if sequence.steps else PlanStatus.HOLD
            return status, sequence
    reducing = [step for step in steps if step.phase in _REDUCING]
    strict = replace(promise, reduce_only=True)
    return PlanStatus.REDUCE_ONLY, order_steps(strict, start, steps=reducing)


def _final_weights(venue: Venue, sequence: Sequence, *, nav: float) -> Weights:
    """Return the last state's weights, shares of the NAV before the plan, as a batch of one."""
    state = sequence.states[-1]
    price = np.array(venue.price)
    count = venue.layout.spot_count
    return Weights(
        np.array([state.spot]) * price[:count] / nav,
        np.array([state.size]) * price[count:] / nav,
        np.array([state.equity]) / nav,
    )


def _forced(case: Case, quantities: Quantities, row: int) -> tuple[str, ...]:
    """Return the limits that the band alone would have broken, where they moved the plan."""
    destination = quantities.destination
    if not (destination.share[row] > 0 or destination.factor[row] < 1):
        return ()
    one = case.take(np.array([row]))
    broken = np.flatnonzero(residuals(one, settle_band(one))[0, :CASH_ROW] > -_HOLDS)
    return limit_names(case.table.rows[index] for index in broken)


def _shrunk(quantities: Quantities, row: int) -> tuple[str, ...]:
    """Say by which factors limits or missing cash shrank the plan."""
    destination = quantities.destination
    notes = []
    if destination.factor[row] < 1:
        notes.append(
            f"futures and basis spot legs are shrunk to {destination.factor[row]:.2%} "
            "of target: no smaller move meets every limit"
        )
    if destination.buys[row] < 1:
        notes.append(
            f"spot buys are shrunk to {destination.buys[row]:.2%}: cash for costs is missing"
        )
    return tuple(notes)


def _frame(request: PlanRequest, reading: Reading) -> Plan:
    """Return a plan with what the request alone says; the caller fills in the rest."""
    targets = dict(request.regime.targets)
    quote = request.policy.quote
    named = {*policy_symbols(request.policy), *book_symbols(reading.book, quote)}
    return Plan(
        plan_id="",
        status=PlanStatus.HOLD,
        as_of_us=request.as_of_us,
        observed_us=request.observed_us,
        nav=ZERO,
        nav_after=ZERO,
        quote=quote,
        policy_name=request.policy.name,
        inputs=NO_INPUTS,
        regime=request.regime_line,
        instruments_as_of=request.instruments_as_of,
        prices=tuple(
            sorted((symbol, request.marks[symbol]) for symbol in named & {*request.marks})
        ),
        targets=tuple((name, amount.target) for name, amount in targets.items()),
        warnings=tuple(reading.warnings),
    )
