"""One policy on its way through a history: what it knows, and when it decides."""

from collections.abc import Hashable, Sequence
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
from rebalancer.signals.named import named_series, named_symbols


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
    def carries(self) -> bool:
        """Whether its first book holds anything that has no column."""
        return bool(self.carried.spot or self.carried.wallets or self.carried.positions)

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
        ceilings = self.watched.ceilings_during(self.history.path, timeline.time_us[points][places])
        numbers = numbers_at(facts, self.watched.table)
        over = np.flatnonzero(broken(numbers, ceilings).any(axis=1))
        return int(places[over[0]]) if over.size else None


def prepare_variants(
    policies: Sequence[Policy],
    markets: Sequence[Market],
    *,
    span: tuple[int, int],
    opened: tuple[Book, Carried],
) -> list[Variant]:
    """Return policies ready to run from the first to the last time of `span`.

    `markets` is one for all, or one for each. Policies that differ in neither what they read nor
    when they decide share their history: regimes are replayed once, from the first row.
    """
    prepared = _Prepared(span, opened)
    return [
        prepared.variant(policy, markets[row if len(markets) > 1 else 0])
        for row, policy in enumerate(policies)
    ]


class _Prepared:
    """What variants have in common, made once."""

    def __init__(self, span: tuple[int, int], opened: tuple[Book, Carried]) -> None:
        self._span, self._opened = span, opened
        self._histories: dict[Hashable, tuple[History, Times]] = {}
        self._layouts: dict[Hashable, Layout] = {}
        self._watched: dict[Hashable, WatchedLimits] = {}
        self._openings: dict[int, Openings] = {}

    def variant(self, policy: Policy, market: Market) -> Variant:
        """Return one policy, ready to run over a market."""
        history, decides_us = self._history(policy, market)
        return Variant(
            policy=policy,
            market=market,
            history=history,
            decides_us=decides_us,
            watched=self._watch(policy, market),
            carried=self._opened[1],
            openings=self._openings.setdefault(id(market), Openings(market)),
        )

    def _watch(self, policy: Policy, market: Market) -> WatchedLimits:
        """Return the limits that a policy's regimes watch, in a run's columns."""
        columns = (id(market.instruments), policy.assets, policy.sleeves, policy.rolls)
        hedges = tuple(hedge.instrument for one in policy.regimes for hedge in one.hedges)
        layout_key = (columns, hedges, policy.stress, policy.unmanaged, policy.quote)
        limits = tuple((one.name, one.limits) for one in policy.regimes)
        key = (layout_key, limits)
        if layout_key not in self._layouts:
            layout = run_layout(policy, market.instruments, book=self._opened[0])
            self._layouts[layout_key] = layout
        if key not in self._watched:
            self._watched[key] = watched_limits(policy, self._layouts[layout_key])
        return self._watched[key]

    def _history(self, policy: Policy, market: Market) -> tuple[History, Times]:
        """Return what the market says under a policy, and when it decides."""
        key = (
            id(market),
            policy.signals,
            policy.transitions,
            policy.initial_regime,
            tuple((one.name, one.min_dwell_us) for one in policy.regimes),
            (policy.rebalance.every_us, policy.rebalance.offset_us),
            (named_symbols(policy), named_series(policy)),
        )
        if key not in self._histories:
            history = prepare(policy, market, as_of_us=self._span[1])
            self._histories[key] = history, self._decides_us(policy, history)
        return self._histories[key]

    def _decides_us(self, policy: Policy, history: History) -> Times:
        start_us, end_us = self._span
        calendar_us = calendar_times(
            policy.rebalance.every_us,
            policy.rebalance.offset_us,
            start_us=start_us,
            until_us=end_us,
        )
        steps_us = [step.at_us for step in history.path.steps if start_us <= step.at_us <= end_us]
        return union_times([calendar_us, np.array(steps_us, dtype=np.int64)])
