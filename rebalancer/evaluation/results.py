"""One account's run made into its evaluation."""

from collections.abc import Sequence

import numpy as np

from rebalancer.evaluation.attributing import attribute
from rebalancer.evaluation.columns import Carried, close_book
from rebalancer.evaluation.evaluation import (
    PARTS,
    Attribution,
    Evaluation,
    FillRule,
    OrderFill,
)
from rebalancer.evaluation.events import CutOrder, Event
from rebalancer.evaluation.filling import FillRows, Shortfall
from rebalancer.evaluation.funding_gaps import find_funding_gaps
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.limits_watched import (
    facts_of,
    find_breaches,
    numbers_at,
    regimes_from,
)
from rebalancer.evaluation.variant import Variant
from rebalancer.model.book import Book
from rebalancer.model.decimals import from_float
from rebalancer.model.market import Floats
from rebalancer.model.plan import Plan
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout
from rebalancer.planner.limits import Facts, LimitRow, LimitTable

_SHOWN = (
    LimitRow.GROSS_LEVERAGE,
    LimitRow.MARGIN_UTILIZATION,
    LimitRow.LIQUIDATION_DISTANCE,
)


def evaluation_of(
    run: HistoryRun, variant: Variant, *, row: int, fill: FillRule, plans: Sequence[Plan]
) -> Evaluation:
    """Return the evaluation of one account of a finished run."""
    watched, path = variant.watched, variant.history.path
    layout, points = watched.layout, np.flatnonzero(run.timeline.is_bar)
    time_us, rows = run.timeline.time_us[points], slice(row, row + 1)
    close = run.timeline.close[min(row, len(run.timeline.close) - 1), points]
    books = run.record.books(rows, points, timeline=run.timeline)
    held = Holdings(*(np.asfortranarray(getattr(books, name)[0]) for name in Holdings.__slots__))
    facts = facts_of(held, close, layout=layout)
    nav, parts = facts.exposure.nav, attribute(run, row=row)[points]
    shown = _shown_numbers(facts, layout)
    fills = _fills(run.desk.fills, layout, row=row)
    breaches = find_breaches(
        watched, facts, path=path, time_us=time_us, filled_us=[one.at_us for one in fills]
    )
    gaps = find_funding_gaps(variant.market, layout, time_us=time_us, size=held.size)
    cuts = [_cut(one, layout) for one in run.desk.cuts if one.row == row]
    closed = [event for account, event in run.events if account == row]
    events: list[Event] = [*breaches, *gaps, *cuts, *closed]
    return Evaluation(
        policy_name=variant.policy.name,
        quote=layout.quote,
        fill=fill,
        time_us=time_us,
        nav=nav,
        symbols=layout.symbols,
        weights=_over_nav(_values(facts, held.spot, close, layout=layout), nav),
        wallets=layout.wallets,
        wallet_weights=_over_nav(facts.exposure.margin[:, : len(layout.wallets)], nav),
        regimes=tuple(regimes_from(path, time_us)),
        path=path,
        parts=parts,
        attribution=_attribution(nav, parts),
        gross_leverage=shown[:, 0],
        margin_utilization=shown[:, 1],
        liquidation_distance=-shown[:, 2],
        funding={
            layout.symbols[layout.spot_count + future]: float(run.funding[row, future])
            for future in range(layout.future_count)
        },
        book=_end_book(run, layout, row=row, carried=variant.carried),
        plans=tuple(plans),
        fills=fills,
        events=tuple(sorted(events, key=lambda event: event.at_us)),
    )


def _attribution(nav: Floats, parts: Floats) -> Attribution:
    sums = dict(zip(PARTS, parts[-1].tolist(), strict=True))
    return Attribution(start_nav=float(nav[0]), end_nav=float(nav[-1]), **sums)


def _shown_numbers(facts: Facts, layout: Layout) -> Floats:
    """Return gross leverage, margin use and minus the distance to liquidation, (bar, 3)."""
    rows = _SHOWN if layout.future_count else _SHOWN[:1]
    shown = np.zeros((len(facts.gross), len(_SHOWN)))
    shown[:, 2] = -np.inf
    shown[:, : len(rows)] = numbers_at(facts, LimitTable(rows, np.zeros(len(rows))))
    return shown


def _values(facts: Facts, spot: Floats, close: Floats, *, layout: Layout) -> Floats:
    """Return each instrument's signed value, (bar, instrument), in the quote coin.

    In a unified account coins count with the unrealised coin profit of the asset.
    """
    count = layout.spot_count
    coins = spot * close[:, :count]
    if layout.unified:
        for column in range(count):
            coins[:, column] = facts.exposure.coin[:, layout.asset_of[column]]
    return np.concatenate([coins, facts.exposure.future], axis=1)


def _over_nav(values: Floats, nav: Floats) -> Floats:
    safe = np.where(nav > 0, nav, np.nan)
    return np.asarray(values / safe[:, None])


def _end_book(run: HistoryRun, layout: Layout, *, row: int, carried: Carried) -> Book:
    holdings = run.desk.accounts.holdings
    return close_book(layout, holdings, row=row, carried=carried, as_of_us=run.now_us)


def _fills(chunks: Sequence[FillRows], layout: Layout, *, row: int) -> tuple[OrderFill, ...]:
    """Return one account's fills, in the order in which they were made."""
    fills = []
    for chunk in chunks:
        place = int(np.searchsorted(chunk.rows, row))
        if place == len(chunk.rows) or chunk.rows[place] != row:
            continue
        instrument = layout.instruments[chunk.column]
        fills.append(
            OrderFill(
                decided_us=int(chunk.decided_us[place]),
                at_us=chunk.at_us,
                row_us=int(chunk.row_us[place]),
                symbol=instrument.symbol,
                amount=round(float(chunk.lots[place])) * instrument.amount_step,
                quoted=float(chunk.quoted[place]),
                price=float(chunk.price[place]),
                notional=float(chunk.notional[place]),
                fee=float(chunk.fee[place]),
                slippage=float(chunk.slippage[place]),
                is_closing=chunk.is_closing,
            )
        )
    return tuple(fills)


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
