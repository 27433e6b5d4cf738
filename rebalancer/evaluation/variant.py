"""One policy on its way through a history: what it knows, and when it decides."""

from dataclasses import dataclass

import numpy as np

from rebalancer.engine import prepare
from rebalancer.evaluation.accounts import Accounts
from rebalancer.evaluation.columns import Carried, run_layout
from rebalancer.evaluation.drifting import Drift
from rebalancer.evaluation.limits_watched import (
    WatchedLimits,
    broken,
    facts_of,
    numbers_at,
    regimes_during,
    watched_limits,
)
from rebalancer.evaluation.openings import Openings
from rebalancer.evaluation.timeline import Timeline
from rebalancer.model.book import Book
from rebalancer.model.calendar import calendar_times
from rebalancer.model.history import History
from rebalancer.model.market import Market, Times
from rebalancer.model.observations import union_times
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout
from rebalancer.policy.compiled import OnBreach, Policy


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A policy with a market, all that the market says under it, and its decision times.

    `decides_us` are the calendar times and those of urgent steps between them, rising.
    """

    policy: Policy
    market: Market
    history: History
    decides_us: Times
    watched: WatchedLimits
    carried: Carried
    openings: Openings

    @property
    def plans_on_breach(self) -> bool:
        """Whether a broken limit asks for a plan at once."""
        return self.policy.rebalance.on_breach is OnBreach.AT_ONCE

    def first_breach(
        self, accounts: Accounts, drifted: Drift, *, points: slice, row: int, timeline: Timeline
    ) -> int | None:
        """Return the first place of a drift at which one account breaks a limit at a bar."""
        places = np.flatnonzero(timeline.is_bar[points])
        if not places.size:
            return None
        held, path = accounts.holdings, min(row, len(timeline.close) - 1)
        books = Holdings(
            spot=drifted.spot[row, places],
            size=np.repeat(held.size[[row]], len(places), axis=0),
            entry=np.repeat(held.entry[[row]], len(places), axis=0),
            cash=drifted.cash[row, places],
            wallet=drifted.wallet[row, places],
        )
        facts = facts_of(books, timeline.close[path, points][places], layout=self.watched.layout)
        names = regimes_during(self.history.path, timeline.time_us[points][places])
        ceilings = np.array([self.watched.ceilings[name] for name in names])
        numbers = numbers_at(facts, self.watched.table)
        over = np.flatnonzero(broken(numbers, ceilings.reshape(numbers.shape)).any(axis=1))
        return int(places[over[0]]) if over.size else None


def prepare_variant(
    policy: Policy, market: Market, *, start_us: int, end_us: int, opened: tuple[Book, Carried]
) -> Variant:
    """Return a policy ready to run over a market; its regimes are replayed from the first row."""
    book, carried = opened
    history = prepare(policy, market, as_of_us=end_us)
    layout: Layout = run_layout(policy, market.instruments, book=book)
    calendar_us = calendar_times(
        policy.rebalance.every_us, policy.rebalance.offset_us, start_us=start_us, until_us=end_us
    )
    steps_us = [step.at_us for step in history.path.steps if start_us <= step.at_us <= end_us]
    return Variant(
        policy=policy,
        market=market,
        history=history,
        decides_us=union_times([calendar_us, np.array(steps_us, dtype=np.int64)]),
        watched=watched_limits(policy, layout),
        carried=carried,
        openings=Openings(market),
    )
