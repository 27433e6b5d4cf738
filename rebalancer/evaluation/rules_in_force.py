"""What a plan is made by besides the book and the marks, and many of them stacked as one batch.

Rules of one shape differ in numbers alone: targets, intervals, ratios of shorts and ceilings. They
are planned together, each account by its own row. What changes the shape is the columns, which
limits there are, what shorts are sized on, and how a plan may trade.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from rebalancer.evaluation.columns import round_money, round_sizes
from rebalancer.evaluation.sent import Rows
from rebalancer.model.market import Floats
from rebalancer.planner.case import Case, TradeRules, build_case, trade_rules
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout
from rebalancer.planner.limits import LimitTable, limit_table
from rebalancer.planner.request import PlanRequest
from rebalancer.planner.wanted import (
    INTERVALS,
    SIZING,
    Interval,
    Wanted,
    build_wanted,
    stack_wanted,
)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What one policy wants and allows in a regime, in the planner's columns.

    `places` gives the run's column of each of the planner's; `wanted` is (1, column).
    """

    layout: Layout
    places: tuple[int, ...]
    wanted: Wanted
    table: LimitTable
    trade: TradeRules

    @property
    def shape(self) -> Hashable:
        """Return what rules must share to be planned together."""
        layout, wanted = self.layout, self.wanted
        places = [getattr(wanted, name) != 0 for name in SIZING]
        arrays = (layout.stress_low, layout.stress_high, *places)
        has_ranges = bool((wanted.least < wanted.most).any())
        sizing = (has_ranges, *(array.tobytes() for array in arrays))
        columns = tuple(map(id, layout.instruments))
        return columns, layout.slippage, self.places, self.table.rows, self.trade, sizing


def find_rules(request: PlanRequest, layout: Layout, *, run_layout: Layout) -> Rules:
    """Return the rules of a request in the planner's columns, `layout`."""
    limits = request.regime.limits
    return Rules(
        layout=layout,
        places=tuple(run_layout.symbols.index(symbol) for symbol in layout.symbols),
        wanted=build_wanted(request.targets, layout, band=float(request.policy.rebalance.band)),
        table=limit_table(limits, layout),
        trade=trade_rules(request.policy, limits),
    )


def round_books(held: Holdings, layout: Layout) -> Holdings:
    """Return accounts as books have them: balances rounded down, contracts to twelve decimals."""
    size = round_sizes(held.size)
    for future, one in enumerate(layout.instruments[layout.spot_count :]):
        if one.contract_size != 1:
            contract = float(one.contract_size)
            size[:, future] = round_sizes(held.size[:, future] / contract) * contract
    return Holdings(
        spot=round_money(held.spot) if layout.unified else round_sizes(held.spot),
        size=size,
        entry=held.entry,
        cash=round_money(held.cash),
        wallet=round_money(held.wallet),
    )


def book_holdings(held: Holdings, whole: Layout, *, rules: Rules, rows: Rows) -> Holdings:
    """Return accounts of a run's columns in the planner's, rounded as in books."""
    layout, count = rules.layout, rules.layout.spot_count
    futures = [place - whole.spot_count for place in rules.places[count:]]
    wallets = [whole.wallets.index(coin) for coin in layout.wallets]
    books = round_books(held.take(rows), whole)
    return Holdings(
        spot=np.asfortranarray(books.spot[:, list(rules.places[:count])]),
        size=np.asfortranarray(books.size[:, futures]),
        entry=np.asfortranarray(books.entry[:, futures]),
        cash=books.cash,
        wallet=np.asfortranarray(books.wallet[:, wallets]),
    )


class StackedRules:
    """Rules of one shape as arrays, (rules, column); an account names its rules by their place."""

    def __init__(self, first: Rules) -> None:
        self.first = first
        self._listed: list[Rules] = []
        self._places: dict[bytes, int] = {}
        self._wanted, self._ceilings = first.wanted, first.table.ceilings[None]

    def add(self, rules: Rules) -> int:
        """Return the place of rules, of equal ones the first."""
        numbers = (*_numbers(rules.wanted), rules.table.ceilings)
        place = self._places.setdefault(
            np.concatenate([each.ravel() for each in numbers]).tobytes(), len(self._listed)
        )
        if place == len(self._listed):
            self._listed.append(rules)
        return place

    def case(self, holdings: Holdings, *, prices: Floats, places: Rows) -> Case:
        """Return the planner's case of books, each by the rules in its place, (batch,)."""
        wanted, ceilings = self._of(places)
        first = self.first
        case = build_case(
            first.layout,
            holdings,
            prices=prices,
            wanted=wanted,
            table=first.table,
            rules=first.trade,
        )
        return replace(case, ceilings=ceilings)

    def _of(self, places: Rows) -> tuple[Wanted, Floats]:
        """Return what is wanted and the ceilings, (batch or 1, column)."""
        if len(self._ceilings) < len(self._listed):
            self._stack()
        if (places == places[0]).all():
            places = places[:1]
        return self._wanted.take(places), np.asfortranarray(self._ceilings[places])

    def _stack(self) -> None:
        self._wanted = stack_wanted([rules.wanted for rules in self._listed])
        self._ceilings = np.stack([rules.table.ceilings for rules in self._listed])


def _numbers(wanted: Wanted) -> Iterator[Floats]:
    """Yield every array of what is wanted."""
    for name in INTERVALS:
        interval = getattr(wanted, name)
        yield from (getattr(interval, end) for end in Interval.__slots__)
    yield from (getattr(wanted, name) for name in SIZING)
