"""Decides for many accounts at once: by their quantities where that is all, else plan by plan."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from rebalancer.evaluation.evaluate import plan_row
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.quantities_sent import send_quantities
from rebalancer.evaluation.rulebook import Rulebook
from rebalancer.evaluation.rules_in_force import StackedRules, book_holdings
from rebalancer.evaluation.sent import Rows, Sent, send_orders
from rebalancer.evaluation.tickets import Tickets, no_tickets, plan_tickets, set_due
from rebalancer.evaluation.variant import Variant
from rebalancer.model.market import Floats
from rebalancer.policy.compiled import Policy


class BatchDesk:
    """What each account of a run sends, decided together for all whose rules have one shape."""

    def __init__(self, run: HistoryRun, variants: Sequence[Variant], fill: FillRule) -> None:
        self._run, self._variants, self._fill = run, variants, fill
        self._book = Rulebook(variants, run.desk.layout)
        markets = list(dict.fromkeys(id(one.market) for one in variants))
        self._market_of = np.array([markets.index(id(one.market)) for one in variants])

    def decide(self, rows: Rows, at_us: int) -> Iterator[tuple[Rows, Tickets]]:
        """Yield what accounts send, group by group."""
        left = np.zeros(len(self._variants), dtype=bool)
        left[rows] = True
        for stacked, chosen, places in self._book.look_up(rows, at_us):
            sent = self._send(stacked, chosen, places=places, at_us=at_us)
            left[chosen] = False
            yield from self._tickets(sent, at_us)
            whole = np.zeros(len(left), dtype=bool)
            whole[chosen] = True
            whole[sent.rows] = False
            for row in np.flatnonzero(whole).tolist():
                yield np.array([row]), self._plan(row, at_us)
        for group in self._groups(np.flatnonzero(left), at_us):
            for sent in send_quantities(self._run, self._variants, rows=group, at_us=at_us):
                left[sent.rows] = False
                yield from self._tickets(sent, at_us)
        for row in np.flatnonzero(left).tolist():
            yield np.array([row]), self._plan(row, at_us)

    def _plan(self, row: int, at_us: int) -> Tickets:
        """Return what the whole plan of one account sends."""
        desk, variant = self._run.desk, self._variants[row]
        plan = plan_row(desk.accounts.holdings, desk.layout, variant=variant, row=row, at_us=at_us)
        return plan_tickets(plan, desk.layout, openings=variant.openings, fill=self._fill)

    def _send(self, stacked: StackedRules, rows: Rows, *, places: Rows, at_us: int) -> Sent:
        """Return what accounts send whose rules have one shape."""
        layout, held = self._run.desk.layout, self._run.desk.accounts.holdings
        rules = stacked.first
        case = stacked.case(
            book_holdings(held, layout, rules=rules, rows=rows),
            prices=np.asfortranarray(self._marks(rows, at_us)[:, list(rules.places)]),
            places=places,
        )
        sent = send_orders(case, layout, places=rules.places)
        return replace(sent, rows=rows[sent.rows])

    def _marks(self, rows: Rows, at_us: int) -> Floats:
        """Return the latest closes, (row or 1, instrument)."""
        timeline = self._run.timeline
        close = timeline.close[:, timeline.until(at_us) - 1]
        return close if len(close) == 1 else close[rows]

    def _groups(self, rows: Rows, at_us: int) -> list[list[int]]:
        """Return accounts in groups of one market, one set of rules and one regime."""
        groups: dict[tuple[Policy, int, str], list[int]] = {}
        for row in rows.tolist():
            variant = self._variants[row]
            regime = variant.history.path.regime_at(at_us).name
            key = (_rules(variant.policy), id(variant.market), regime)
            groups.setdefault(key, []).append(row)
        return list(groups.values())

    def _tickets(self, sent: Sent, at_us: int) -> Iterator[tuple[Rows, Tickets]]:
        """Yield the tickets of accounts, market by market: those of one fill at the same bars."""
        layout = self._run.desk.layout
        market_of = self._market_of[sent.rows]
        for market in np.unique(market_of):
            some = sent.take(market_of == market)
            due = no_tickets(layout, 1)
            due.decided_us[0] = at_us
            due.opening[0] = 1.0
            variant = self._variants[int(some.rows[0])]
            set_due(due, layout, openings=variant.openings, fill=self._fill)
            if self._fill is FillRule.SAME_CLOSE:
                due = replace(due, quoted=self._marks(some.rows[:1], at_us))
            yield (
                some.rows,
                replace(
                    due.repeated(len(some.rows)),
                    closing=some.closing,
                    opening=some.opening,
                    transfers=some.transfers,
                ),
            )


def _rules(policy: Policy) -> Policy:
    """Return what of a policy its plans of one regime depend on."""
    return replace(
        policy,
        name="",
        description="",
        digest="",
        signals=(),
        transitions=(),
        initial_regime=policy.regimes[0].name,
    )
