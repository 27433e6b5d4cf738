"""Guards: what refuses a plan, and the plan that then says so."""

from dataclasses import replace

import numpy as np

from rebalancer.model.decimals import ZERO
from rebalancer.model.plan import Inputs, Plan, PlanStatus, Refusal
from rebalancer.planner.assemble import open_ledger
from rebalancer.planner.case import Case
from rebalancer.planner.exposure import measure_exposure
from rebalancer.planner.layout import policy_symbols
from rebalancer.planner.ledger import net_asset_value
from rebalancer.planner.limits import account_shortfall, gather_facts
from rebalancer.planner.reading import Reading, book_symbols
from rebalancer.planner.request import PlanRequest

_NO_INPUTS = Inputs("", "", "", "", "")
_MOST_LOTS = 2**52


def guard_books(case: Case) -> dict[int, list[Refusal]]:
    """Return the refusals of books that cannot be planned for, by row of the case.

    A book is refused without NAV, with a wallet at or under its maintenance margin, or with more
    lots than doubles count exactly.
    """
    refusals: dict[int, list[Refusal]] = {}
    for row in np.flatnonzero(~(case.nav > 0)):
        message = f"net asset value must be positive, was {case.nav[row]:,.2f}"
        refusals.setdefault(int(row), []).append(Refusal("no-value", message))
    lots = np.abs(case.nav[:, None]) / (case.marks.unit * case.layout.lot)
    for row in np.flatnonzero((lots > _MOST_LOTS).any(axis=1)):
        message = f"a book worth {case.nav[row]:.3g} has more lots than can be counted exactly"
        refusals.setdefault(int(row), []).append(Refusal("too-large", message))
    used = np.zeros(case.present.wallet.shape, dtype=bool)
    for future, wallet in enumerate(case.layout.wallet_of if case.layout.wallets else ()):
        used[:, wallet] |= case.holdings.size[:, future] != 0
    for row, wallet in np.argwhere((case.present.wallet < 0) & ~used):
        message = f"the {case.layout.wallets[wallet]} wallet is below zero"
        refusals.setdefault(int(row), []).append(Refusal("maintenance-margin", message))
    if case.holdings.size.any():
        exposure = measure_exposure(case.holdings, case.marks, layout=case.layout)
        facts = gather_facts(exposure, case.layout, scale=np.ones(case.nav.shape[0]))
        under = account_shortfall(facts, np.zeros(case.nav.shape[0])) >= 0
        for row, account in np.argwhere(under):
            name = case.layout.wallets[account] if case.layout.wallets else "unified"
            message = f"the {name} wallet is at or under its maintenance margin"
            refusals.setdefault(int(row), []).append(Refusal("maintenance-margin", message))
    return refusals


def refuse_plan(request: PlanRequest, reading: Reading) -> Plan:
    """Return the plan that trades nothing, with every refusal of the book."""
    ledger = open_ledger(reading)
    valued = {*ledger.spot, *ledger.positions} <= {*request.marks}
    nav = (
        net_asset_value(ledger, request.marks, instruments=request.instruments) if valued else ZERO
    )
    return replace(
        frame_plan(request, reading),
        status=PlanStatus.REFUSED,
        nav=nav,
        nav_after=nav,
        refusals=tuple(reading.refusals),
    )


def frame_plan(request: PlanRequest, reading: Reading) -> Plan:
    """Return a plan with what the request and the book alone say; others fill in the rest."""
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
        inputs=_NO_INPUTS,
        regime=request.regime_line,
        instruments_as_of=request.instruments_as_of,
        prices=tuple(
            (symbol, request.marks[symbol]) for symbol in sorted(named & {*request.marks})
        ),
        targets=tuple((name, amount.target) for name, amount in request.regime.targets),
        warnings=(*request.notes, *reading.warnings),
    )
