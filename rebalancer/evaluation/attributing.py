"""Where an account's money came from, point by point, once its whole way is known."""

import numpy as np

from rebalancer.evaluation.accounts import all_coins, coin_prices, position_profits
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.record import Points
from rebalancer.model.market import Floats
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout


def attribute(run: HistoryRun, *, row: int) -> Floats:
    """Return the attribution of one account from the start up to each point, (point, 6).

    What orders and liquidations brought is the desk's; between them a point brings its move of
    the marks, to the coins and positions held before it, and its funding.
    """
    timeline, record, layout = run.timeline, run.record, run.desk.layout
    points, rows = np.arange(len(timeline.time_us)), np.array([row])
    path = min(row, len(timeline.close) - 1)
    stretch_of = record.stretch_of(points)
    close, funding = timeline.close[path], timeline.funding[path]
    starts, (marks, since) = record.firsts, record.money(row)
    parts = since[stretch_of]
    mark = np.concatenate([close[:1], close[:-1]])
    mark[starts] = marks
    books = record.starts(rows).books(points, timeline=timeline)
    begun = record.start_books(rows)
    spot, wallet = (_before(books, begun, name, starts) for name in ("spot", "wallet"))
    size, entry = (getattr(begun, name)[0, stretch_of] for name in ("size", "entry"))
    old = position_profits(size, entry, mark=mark, layout=layout)
    new = position_profits(size, entry, mark=close, layout=layout)
    coins = all_coins(spot, wallet, unrealised=old, layout=layout)
    moves = (close - mark)[:, : layout.spot_count]
    gained = _gained(coins * moves, (new - old), size * funding, close=close, layout=layout)
    gained[0] = 0.0
    parts[:, :3] += np.cumsum(gained, axis=0)
    return parts


def _before(books: Holdings, begun: Holdings, name: str, starts: Points) -> Floats:
    """Return balances before each point: those after the one before, or a stretch's first."""
    after: Floats = getattr(books, name)[0]
    before = np.concatenate([after[:1], after[:-1]])
    before[starts] = getattr(begun, name)[0]
    return before


def _gained(
    on_spot: Floats, on_futures: Floats, received: Floats, *, close: Floats, layout: Layout
) -> Floats:
    """Return what each point brought on spot, futures and by funding, (point, 3)."""
    coin = coin_prices(close, layout)
    sums = (on_spot.sum(axis=1), (on_futures * coin).sum(axis=1), (received * coin).sum(axis=1))
    return np.stack(sums, axis=1)
