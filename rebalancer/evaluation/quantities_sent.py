"""What many accounts send at one time: the planner's quantities without the order of the trades.

Accounts whose plan is more than its quantities (stale data, a limit that the whole plan leaves
broken, holdings to sell or to carry) are left to the whole plan: they are missing from the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import localcontext

import numpy as np

from rebalancer.evaluation.columns import close_book
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.rules_in_force import StackedRules, book_holdings, find_rules
from rebalancer.evaluation.sent import Rows, Sent, send_nothing, send_orders
from rebalancer.evaluation.variant import Variant
from rebalancer.model.decimals import EXACT
from rebalancer.model.instrument import settle_coins
from rebalancer.model.plan import RegimeLine
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.plan_books import build_request_layout
from rebalancer.planner.reading import book_symbols, read_book
from rebalancer.planner.request import Moment, PlanRequest, build_request
from rebalancer.policy.compiled import Unmanaged
from rebalancer.policy.resolve_contracts import resolve_contracts
from rebalancer.signals.betas import measure_betas
from rebalancer.signals.freshness import find_stale_signals
from rebalancer.signals.named import named_symbols
from rebalancer.targets.build import build_targets


def send_quantities(
    run: HistoryRun, variants: Sequence[Variant], *, rows: Sequence[int], at_us: int
) -> Iterator[Sent]:
    """Yield what accounts of one market and one regime's rules send at a time, group by group.

    The variants of `rows` differ at most in their signals and transitions. An account that is not
    in the answer must be planned whole.
    """
    first = variants[rows[0]]
    if first.policy.unmanaged is Unmanaged.SELL or first.carries:
        return
    fresh = [
        row for row in rows if not find_stale_signals(variants[row].history.signals.values(), at_us)
    ]
    with localcontext(EXACT):
        for group in _by_holdings(run.desk.accounts.holdings, fresh):
            sent = _send_group(run, first, rows=group, at_us=at_us)
            if sent is not None:
                yield sent


def _by_holdings(holdings: Holdings, rows: Sequence[int]) -> list[Rows]:
    """Return the rows in groups that hold something of the same columns."""
    groups: dict[bytes, list[int]] = {}
    for row in rows:
        held = [holdings.spot[row] != 0, holdings.size[row] != 0, holdings.wallet[row] != 0]
        groups.setdefault(np.concatenate(held).tobytes(), []).append(row)
    return [np.array(group) for group in groups.values()]


def _send_group(run: HistoryRun, variant: Variant, *, rows: Rows, at_us: int) -> Sent | None:
    """Return what accounts that hold the same columns send, None where each needs its plan."""
    layout, held = run.desk.layout, run.desk.accounts.holdings
    book = close_book(layout, held, row=int(rows[0]), carried=variant.carried, as_of_us=at_us)
    request = request_quantities(variant, at_us, symbols=book_symbols(book, variant.policy.quote))
    reading = read_book(request, book)
    if reading.stale or reading.warnings:
        return None
    if reading.refusals:
        return send_nothing(rows, layout)
    extra = tuple(sorted(reading.extra))
    columns = build_request_layout(request, account=reading.book.account, extra=extra)
    rules = find_rules(request, columns, run_layout=layout)
    case = StackedRules(rules).case(
        book_holdings(held, layout, rules=rules, rows=rows),
        prices=np.array([[float(request.marks[symbol]) for symbol in columns.symbols]]),
        places=np.zeros(len(rows), dtype=np.intp),
    )
    sent = send_orders(case, layout, places=rules.places)
    return replace(sent, rows=rows[sent.rows])


def request_quantities(variant: Variant, at_us: int, *, symbols: frozenset[str]) -> PlanRequest:
    """Return the request that `decide` plans on, without what only an order or a reader needs."""
    policy, market, path = variant.policy, variant.market, variant.history.path
    present = path.regime_at(at_us)
    rolled = resolve_contracts(policy, market, as_of_us=at_us)
    asked = rolled.policy.regime(present.name)
    settle = settle_coins(market.instruments)
    betas = measure_betas(rolled.policy, asked, market=market, as_of_us=at_us)
    return build_request(
        rolled,
        market,
        moment=Moment(at_us),
        symbols=named_symbols(rolled.policy).union(rolled.left, symbols),
        line=RegimeLine(present.name, present.since_us, present.because or "", at_us),
        targets=build_targets(rolled.policy, asked, settle=settle, betas=betas),
    )
