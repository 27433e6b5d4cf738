"""What many accounts send at one time: the planner's quantities without the order of the trades.

History needs what is traded, not in which order. Accounts whose plan is more than its quantities
(stale data, a limit that the whole plan leaves broken, holdings to sell or to carry) are left to
the whole plan: they are missing from the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import localcontext

import numpy as np
from numpy.typing import NDArray

from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.affording import amount_given
from rebalancer.evaluation.columns import close_book, round_money, round_sizes
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.orders import Ordered, fill_order
from rebalancer.evaluation.variant import Variant
from rebalancer.model.decimals import EXACT
from rebalancer.model.market import Floats
from rebalancer.model.observations import Booleans
from rebalancer.model.plan import RegimeLine
from rebalancer.planner.case import Case, build_case, trade_rules
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.guards import guard_books
from rebalancer.planner.layout import Layout
from rebalancer.planner.limits import limit_table
from rebalancer.planner.lots import Orders, count_lots
from rebalancer.planner.plan_books import build_request_layout
from rebalancer.planner.quantities import plan_quantities
from rebalancer.planner.reading import Reading, book_symbols, read_book
from rebalancer.planner.request import Moment, PlanRequest, build_request
from rebalancer.planner.settlement import settled_worst
from rebalancer.planner.wanted import build_wanted
from rebalancer.policy.compiled import Unmanaged
from rebalancer.policy.resolve_contracts import resolve_contracts
from rebalancer.signals.betas import measure_betas
from rebalancer.signals.freshness import find_stale_signals
from rebalancer.signals.named import named_symbols
from rebalancer.targets.build import build_targets

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """Whole lots of accounts, (row, instrument), and transfers (row, wallet), in a run's columns.

    `rows` are the accounts; `closing` reduces futures positions, `opening` is the rest.
    """

    rows: Rows
    closing: Floats
    opening: Floats
    transfers: Floats

    def take(self, chosen: Booleans) -> "Sent":
        """Return what the chosen accounts (row,) send."""
        return Sent(*(getattr(self, name)[chosen] for name in self.__slots__))


def send_quantities(
    run: HistoryRun, variants: Sequence[Variant], *, rows: Sequence[int], at_us: int
) -> Iterator[Sent]:
    """Yield what accounts of one market and one regime's rules send at a time, group by group.

    The variants of `rows` differ at most in their signals and transitions. An account that is not
    in the answer must be planned whole.
    """
    first = variants[rows[0]]
    if first.policy.unmanaged is Unmanaged.SELL or _carries(first):
        return
    fresh = [
        row for row in rows if not find_stale_signals(variants[row].history.signals.values(), at_us)
    ]
    with localcontext(EXACT):
        for group in _by_holdings(run.desk.accounts.holdings, fresh):
            sent = _send_group(run, first, rows=group, at_us=at_us)
            if sent is not None:
                yield sent


def _carries(variant: Variant) -> bool:
    carried = variant.carried
    return bool(carried.spot or carried.wallets or carried.positions)


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
    request = _request(variant, at_us, symbols=book_symbols(book, variant.policy.quote))
    reading = read_book(request, book)
    if reading.stale or reading.warnings:
        return None
    columns = len(layout.instruments)
    nothing = np.zeros((len(rows), columns))
    if reading.refusals:
        return Sent(rows, nothing, nothing, np.zeros((len(rows), len(layout.wallets))))
    case, places = _case(run, request, rows=rows, reading=reading)
    refused = guard_books(case)
    sound = np.array([row for row in range(len(rows)) if row not in refused], dtype=np.intp)
    orders = plan_quantities(case.take(sound)).orders
    whole = settled_worst(case.take(sound), orders) <= 0
    kept = sound[whole]
    orders = Orders(orders.lots[whole], _whole_steps(orders.transfers[whole], case.layout))
    sent = _in_run_columns(case.take(kept), orders, run.desk.layout, places=places)
    gives = _gives_what_is_asked(case.take(kept), sent, places=places)
    kept, sent = kept[gives], sent.take(gives)
    quiet = np.array(sorted(refused), dtype=np.intp)
    return _with_quiet(replace(sent, rows=rows[kept]), rows[quiet])


def _request(variant: Variant, at_us: int, *, symbols: frozenset[str]) -> PlanRequest:
    """Return the request that `decide` plans on, without what only an order or a reader needs."""
    policy, market, path = variant.policy, variant.market, variant.history.path
    present = path.regime_at(at_us)
    rolled = resolve_contracts(policy, market, as_of_us=at_us)
    asked = rolled.policy.regime(present.name)
    settle = {name: str(each.settle) for name, each in market.instruments.items() if each.is_future}
    betas = measure_betas(rolled.policy, asked, market=market, as_of_us=at_us)
    return build_request(
        rolled,
        market,
        moment=Moment(at_us),
        symbols=named_symbols(rolled.policy).union(rolled.left, symbols),
        line=RegimeLine(present.name, present.since_us, present.because or "", at_us),
        targets=build_targets(rolled.policy, asked, settle=settle, betas=betas),
    )


def _case(
    run: HistoryRun, request: PlanRequest, *, rows: Rows, reading: Reading
) -> tuple[Case, list[int]]:
    """Return the planner's case of accounts, and the run's column of each of its instruments."""
    layout = build_request_layout(
        request, account=reading.book.account, extra=tuple(sorted(reading.extra))
    )
    places = [run.desk.layout.symbols.index(symbol) for symbol in layout.symbols]
    limits = request.regime.limits
    case = build_case(
        layout,
        _holdings(run, layout, rows=rows, places=places),
        prices=np.array([[float(request.marks[symbol]) for symbol in layout.symbols]]),
        wanted=build_wanted(request.targets, layout, band=float(request.policy.rebalance.band)),
        table=limit_table(limits, layout),
        rules=trade_rules(request.policy, limits),
    )
    return case, places


def _holdings(run: HistoryRun, layout: Layout, *, rows: Rows, places: list[int]) -> Holdings:
    """Return accounts in the planner's columns, balances rounded down as books have them."""
    held, whole = run.desk.accounts.holdings, run.desk.layout
    spots = places[: layout.spot_count]
    futures = [place - whole.spot_count for place in places[layout.spot_count :]]
    wallets = [whole.wallets.index(coin) for coin in layout.wallets]
    spot = held.spot[rows][:, spots]
    return Holdings(
        spot=np.asfortranarray(round_money(spot) if whole.unified else round_sizes(spot)),
        size=np.asfortranarray(round_sizes(held.size[rows][:, futures])),
        entry=np.asfortranarray(held.entry[rows][:, futures]),
        cash=round_money(held.cash[rows]),
        wallet=np.asfortranarray(round_money(held.wallet[rows][:, wallets])),
    )


def _in_run_columns(case: Case, orders: Orders, layout: Layout, *, places: list[int]) -> Sent:
    """Return orders in the run's columns, closes apart from openings; `rows` are the case's."""
    batch, count = len(orders.lots), case.layout.spot_count
    closing, opening = (np.zeros((batch, len(layout.instruments))) for _ in range(2))
    transfers = np.zeros((batch, len(layout.wallets)))
    for column, place in enumerate(places):
        lots = orders.lots[:, column]
        if column >= count:
            size = case.holdings.size[:, column - count]
            held = np.trunc(count_lots(size, float(case.layout.lot[column])))
            closes = np.where(held * lots < 0, np.minimum(np.abs(held), np.abs(lots)), 0.0)
            closing[:, place] = np.sign(lots) * closes
        opening[:, place] = lots - closing[:, place]
    for wallet, coin in enumerate(case.layout.wallets):
        transfers[:, layout.wallets.index(coin)] = orders.transfers[:, wallet]
    return Sent(np.arange(batch), closing, opening, transfers)


def _whole_steps(transfers: Floats, layout: Layout) -> Floats:
    """Return transfers (batch, wallet) in whole steps: sums of cents are floats, cents are not."""
    return np.asarray(np.rint(transfers / layout.transfer_step) * layout.transfer_step)


def _gives_what_is_asked(case: Case, sent: Sent, *, places: list[int]) -> Booleans:
    """Return whose wallets give out all that is asked before any order and after all, (batch,).

    Elsewhere the order of the plan decides what becomes of the transfer, and which positions are
    closed and opened again for their profit.
    """
    layout, mark = case.layout, np.broadcast_to(case.marks.price, (len(sent.rows), len(places)))
    accounts = Accounts(case.holdings, mark)
    gives = _gives(accounts, sent, layout)
    for future in range(layout.future_count):
        column = layout.spot_count + future
        lots, price = sent.closing + sent.opening, mark[:, column]
        order = Ordered(column, lots[:, places[column]], price, price)
        accounts = Accounts(fill_order(order, accounts, layout=layout).holdings, mark)
    return gives & _gives(accounts, sent, layout)


def _gives(accounts: Accounts, sent: Sent, layout: Layout) -> Booleans:
    """Return whose wallets give out, as they stand, all that is asked of them."""
    gives = np.ones(accounts.batch, dtype=bool)
    for wallet in range(len(layout.wallets)):
        asked = np.minimum(sent.transfers[:, wallet], 0.0)
        given = amount_given(accounts, layout, wallet=wallet, asked=asked)
        gives &= np.abs(given - asked) < layout.transfer_step[wallet] / 2
    return gives


def _with_quiet(sent: Sent, quiet: Rows) -> Sent:
    """Return what is sent, with accounts that are refused a plan and send nothing."""
    return Sent(
        np.concatenate([sent.rows, quiet]),
        *(
            np.concatenate([part, np.zeros((len(quiet), part.shape[1]))])
            for part in (sent.closing, sent.opening, sent.transfers)
        ),
    )
