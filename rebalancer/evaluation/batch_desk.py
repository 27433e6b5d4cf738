"""Decides for many accounts at once: by their quantities where that is all, else plan by plan."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from rebalancer.evaluation.due_orders import DueOrders, find_due
from rebalancer.evaluation.evaluate import plan_row
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.quantities_sent import send_quantities
from rebalancer.evaluation.rulebook import Rulebook
from rebalancer.evaluation.rules_in_force import StackedRules, book_holdings
from rebalancer.evaluation.sent import Rows, Sent, send_orders
from rebalancer.evaluation.tickets import Tickets, plan_tickets
from rebalancer.evaluation.variant import Variant
from rebalancer.model.market import Floats, Times
from rebalancer.policy.compiled import Policy


class BatchDesk:
    """What each account of a run sends, decided together for all whose rules have one shape."""

    def __init__(self, run: HistoryRun, variants: Sequence[Variant], fill: FillRule) -> None:
        self._run, self._variants, self._fill = run, variants, fill
        self._book = Rulebook(variants, run.desk.layout)
        markets = list(dict.fromkeys(id(one.market) for one in variants))
        self._known: dict[int, DueOrders] = {}
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
        """Yield the tickets of accounts, if any: those of one market fill at the same bars."""
        if not sent.rows.size:
            return
        _, firsts, places = np.unique(
            self._market_of[sent.rows], return_index=True, return_inverse=True
        )
        due = [self._due(row, at_us) for row in sent.rows[firsts].tolist()]
        due_us, row_us, quoted = (np.stack(part)[places] for part in zip(*due, strict=True))
        yield (
            sent.rows,
            Tickets(
                closing=sent.closing,
                opening=sent.opening,
                round_trips=np.zeros_like(sent.opening),
                transfers=sent.transfers,
                due_us=due_us,
                row_us=row_us,
                quoted=quoted,
                decided_us=np.full(len(sent.rows), at_us),
            ),
        )

    def _due(self, row: int, at_us: int) -> tuple[Times, Times, Floats]:
        """Return when orders fill that an account sends, their rows' stamps, and their prices.

        All are (instrument,). The usual decision times of a market are looked up once.
        """
        market, times_us = int(self._market_of[row]), self._variants[row].decides_us
        if market not in self._known:
            self._known[market] = self._find_due(row, times_us)
        found = self._known[market]
        place = int(np.searchsorted(found.decided_us, at_us))
        if place == len(found.decided_us) or found.decided_us[place] != at_us:
            found, place = self._find_due(row, np.array([at_us])), 0
        return found.due_us[place], found.row_us[place], found.quoted[place]

    def _find_due(self, row: int, decided_us: Times) -> DueOrders:
        timeline, layout = self._run.timeline, self._run.desk.layout
        path = (timeline, row if len(timeline.close) > 1 else 0)
        openings = self._variants[row].openings
        return find_due(path, layout, decided_us=decided_us, openings=openings, fill=self._fill)


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
