"""One account's run made into its evaluation."""

from collections.abc import Sequence
from operator import itemgetter

import numpy as np

from rebalancer.evaluation.attributing import attribute
from rebalancer.evaluation.bars_seen import bar_points, see_bars
from rebalancer.evaluation.columns import Carried, close_book
from rebalancer.evaluation.data_gaps import find_data_gaps, find_unknown
from rebalancer.evaluation.evaluation import (
    PARTS,
    Attribution,
    Evaluation,
    FillRule,
    OrderFill,
)
from rebalancer.evaluation.events import CutOrder, Event
from rebalancer.evaluation.filling import FillRows, Shortfall
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.limits_watched import find_breaches, regimes_from
from rebalancer.evaluation.variant import Variant
from rebalancer.model.book import Book
from rebalancer.model.decimals import from_float
from rebalancer.model.market import Floats
from rebalancer.model.plan import Plan
from rebalancer.planner.layout import Layout


def evaluation_of(
    run: HistoryRun,
    variant: Variant,
    *,
    row: int,
    fills: Sequence[FillRows],
    made: tuple[FillRule, Sequence[Plan]],
) -> Evaluation:
    """Return the evaluation of one account of a finished run, by its fill rule and plans."""
    path, layout = variant.history.path, variant.watched.layout
    seen = see_bars(run, [variant], starts=run.record.starts(np.array([row])))
    time_us, nav = seen.time_us, seen.nav[0]
    parts, shown = attribute(run, row=row)[bar_points(run)], seen.shown[0]
    orders = _fills(fills, layout, row=row)
    filled_us = [one.at_us for one in orders]
    breaches = find_breaches(
        seen.table, seen.numbers[0], ceilings=seen.ceilings[0], time_us=time_us, filled_us=filled_us
    )
    end_us = int(time_us[-1])
    unknown = find_unknown(variant.market, layout, openings=variant.openings, until_us=end_us)
    gaps = find_data_gaps(unknown, layout, time_us=time_us, held=seen.account(0))
    cuts = [_cut(one, layout) for one in run.desk.cuts if one.row == row]
    closed = [event for account, event in run.events if account == row]
    events: list[Event] = [*breaches, *gaps, *cuts, *closed]
    return Evaluation(
        policy_name=variant.policy.name,
        quote=layout.quote,
        fill=made[0],
        time_us=time_us,
        nav=nav,
        symbols=layout.symbols,
        weights=seen.over_nav(seen.values)[0],
        wallets=layout.wallets,
        wallet_weights=seen.over_nav(seen.equity)[0],
        regimes=tuple(regimes_from(path, time_us)),
        path=path,
        parts=parts,
        attribution=_attribution(nav, parts),
        gross_leverage=shown[:, 0],
        margin_utilization=shown[:, 1],
        liquidation_distance=-shown[:, 2],
        funding={
            layout.symbols[layout.spot_count + future]: float(run.funding.total[row, future])
            for future in range(layout.future_count)
        },
        book=_end_book(run, layout, row=row, carried=variant.carried),
        plans=made[1],
        fills=orders,
        events=tuple(sorted(events, key=lambda event: event.at_us)),
    )


def _attribution(nav: Floats, parts: Floats) -> Attribution:
    sums = dict(zip(PARTS, parts[-1].tolist(), strict=True))
    return Attribution(start_nav=float(nav[0]), end_nav=float(nav[-1]), **sums)


def _end_book(run: HistoryRun, layout: Layout, *, row: int, carried: Carried) -> Book:
    holdings = run.desk.accounts.holdings
    return close_book(layout, holdings, row=row, carried=carried, as_of_us=run.now_us)


def _fills(chunks: Sequence[FillRows], layout: Layout, *, row: int) -> tuple[OrderFill, ...]:
    """Return one account's fills, in the order in which they were made."""
    listed: list[tuple[int, OrderFill]] = []
    for chunk in chunks:
        first, stop = np.searchsorted(chunk.rows, [row, row + 1]).tolist()
        if first == stop:
            continue
        instrument, its = layout.instruments[chunk.column], slice(first, stop)
        names = ("decided_us", "row_us", "quoted", "price", "notional", "fee", "slippage")
        rows = zip(*(getattr(chunk, name)[its].tolist() for name in names), strict=True)
        times_us, lots = chunk.at_us[its].tolist(), chunk.lots[its].tolist()
        for at_us, size, (decided_us, row_us, *money) in zip(times_us, lots, rows, strict=True):
            amount = round(size) * instrument.amount_step
            quoted, price, notional, fee, slippage = money
            fill = OrderFill(
                decided_us, at_us, row_us, instrument.symbol, amount,
                quoted, price, notional, fee, slippage, chunk.is_closing,
            )  # fmt: skip
            listed.append((at_us, fill))
    listed.sort(key=itemgetter(0))
    return tuple(fill for _, fill in listed)


def _cut(cut: Shortfall, layout: Layout) -> CutOrder:
    """Return a cut in base coins, contracts or coins of the wallet."""
    if cut.is_transfer:
        name = layout.wallets[cut.column]
        planned, filled = (from_float(round(each, 8)) for each in (cut.planned, cut.filled))
    else:
        instrument = layout.instruments[cut.column]
        name = instrument.symbol
        planned, filled = (
            round(each) * instrument.amount_step for each in (cut.planned, cut.filled)
        )
    return CutOrder(cut.at_us, cut.decided_us, name, planned, filled, cut.reason)
