"""The books of some accounts at every bar of a finished run, with the numbers of their limits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.limits_watched import facts_of, numbers_at
from rebalancer.evaluation.record import Points, Starts, paths_of
from rebalancer.evaluation.variant import Variant
from rebalancer.model.market import Floats, Times
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout
from rebalancer.planner.limits import Facts, LimitRow, LimitTable

SHOWN = (
    LimitRow.GROSS_LEVERAGE,
    LimitRow.MARGIN_UTILIZATION,
    LimitRow.LIQUIDATION_DISTANCE,
)


@dataclass(frozen=True, slots=True, eq=False)
class BarsSeen:
    """Accounts at every bar, (row, bar, …), all with the same limit rows and stress.

    `close` is (row, bar, instrument). `shown` are gross leverage, margin use and minus the
    distance to liquidation; `numbers` and `ceilings` those of the watched limit rows: a stressed
    number that is clearly within its ceiling is minus infinity. `values` are signed notionals by
    instrument and `equity` the wallets', in the quote coin.
    """

    layout: Layout
    table: LimitTable
    time_us: Times
    held: Holdings
    close: Floats
    nav: Floats
    values: Floats
    equity: Floats
    shown: Floats
    numbers: Floats
    ceilings: Floats

    def account(self, row: int) -> Holdings:
        """Return the books of one account, (bar, …)."""
        return Holdings(*(getattr(self.held, name)[row] for name in Holdings.__slots__))

    def over_nav(self, values: Floats) -> Floats:
        """Return values (row, bar, column) as shares of NAV, NaN where it is not positive."""
        safe = np.where(self.nav > 0, self.nav, np.nan)
        return np.asarray(values / safe[..., None])


def bar_points(run: HistoryRun) -> Points:
    """Return the places of the bars, the start among them, in a run's timeline."""
    return np.flatnonzero(run.timeline.is_bar)


def see_bars(run: HistoryRun, variants: Sequence[Variant], *, starts: Starts) -> BarsSeen:
    """Return some accounts of a finished run at every bar, each with its variant.

    `starts` are what the run's record says of them. The variants watch the same rows of limits
    under the same stress.
    """
    watched, points, timeline = variants[0].watched, bar_points(run), run.timeline
    layout, time_us = watched.layout, timeline.time_us[points]
    ceilings = np.stack(
        [each.watched.ceilings_during(each.history.path, time_us) for each in variants]
    )
    held = starts.books(points, timeline=timeline)
    close = paths_of(timeline.close, starts.rows)[:, points]
    shape = (len(starts.rows), len(points))
    close = np.broadcast_to(close, (*shape, close.shape[2]))
    flat = Holdings(*(_flat(getattr(held, name)) for name in Holdings.__slots__))
    facts = facts_of(flat, _flat(close), layout=layout)
    shown = SHOWN if layout.future_count else SHOWN[:1]
    table = tuple(dict.fromkeys((*shown, *watched.table.rows)))
    places = [table.index(row) for row in watched.table.rows]
    allowed = np.full((len(facts.gross), len(table)), np.inf)
    allowed[:, places] = ceilings.reshape(len(facts.gross), -1)
    numbers = numbers_at(facts, LimitTable(table, np.zeros(len(table))), ceilings=allowed)
    numbers = numbers.reshape(*shape, len(table))
    coins = flat.spot * _flat(close)[:, : layout.spot_count]
    equity = facts.exposure.margin[:, : len(layout.wallets)]
    return BarsSeen(
        layout=layout,
        table=watched.table,
        time_us=time_us,
        held=held,
        close=close,
        nav=facts.exposure.nav.reshape(shape),
        values=_values(facts, coins, layout).reshape(*shape, -1),
        equity=equity.reshape(*shape, len(layout.wallets)),
        shown=_shown(numbers, shown),
        numbers=numbers[..., places],
        ceilings=ceilings,
    )


def _flat(values: Floats) -> Floats:
    """Return (row, bar, …) as (row · bar, …), columns contiguous."""
    return np.asfortranarray(values.reshape(values.shape[0] * values.shape[1], *values.shape[2:]))


def _shown(numbers: Floats, rows: Sequence[LimitRow]) -> Floats:
    """Return the shown numbers, (row, bar, 3): what there is without futures where there are none.

    They are the first of all numbers.
    """
    shown = np.zeros((*numbers.shape[:2], len(SHOWN)))
    shown[..., 2] = -np.inf
    shown[..., : len(rows)] = numbers[..., : len(rows)]
    return shown


def _values(facts: Facts, coins: Floats, layout: Layout) -> Floats:
    """Return each instrument's signed value, (bar, instrument), in the quote coin.

    In a unified account coins count with the unrealised coin profit of the asset.
    """
    if layout.unified:
        coins = facts.exposure.coin[:, list(layout.asset_of[: layout.spot_count])]
    return np.concatenate([coins, facts.exposure.future], axis=1)
