"""When and where the orders of decisions fill whose times are known before the run."""

from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.guessing import Prospect
from rebalancer.evaluation.openings import Openings
from rebalancer.evaluation.sent import Sent
from rebalancer.evaluation.tickets import NEVER_US, Tickets
from rebalancer.evaluation.timeline import Timeline
from rebalancer.model.market import Floats, Times
from rebalancer.planner.layout import Layout
from rebalancer.policy.compiled import Policy


@dataclass(frozen=True, slots=True, eq=False)
class DueOrders:
    """Decision times (decision,), the marks then, and the fills of orders, (decision, instrument).

    `due_us` is when an order fills, `row_us` the stamp of the row that tells its price `quoted`.
    """

    decided_us: Times
    mark: Floats
    due_us: Times
    row_us: Times
    quoted: Floats

    def tickets(self, chosen: slice, sent: Sent) -> Tickets:
        """Return what some decisions send, as a batch of as many."""
        return Tickets(
            closing=sent.closing,
            opening=sent.opening,
            round_trips=np.zeros_like(sent.opening),
            transfers=sent.transfers,
            due_us=self.due_us[chosen],
            row_us=self.row_us[chosen],
            quoted=self.quoted[chosen],
            decided_us=self.decided_us[chosen],
        )


def find_due(
    path: tuple[Timeline, int],
    layout: Layout,
    *,
    decided_us: Times,
    openings: Openings,
    fill: FillRule,
) -> DueOrders:
    """Return when and where orders fill that are decided at these times, on a timeline's path."""
    timeline, number = path
    mark = timeline.close[number, timeline.last_points(decided_us)]
    if fill is FillRule.SAME_CLOSE:
        due_us = np.repeat(decided_us[:, None], mark.shape[1], axis=1)
        return DueOrders(decided_us, mark, due_us, due_us, mark)
    found = [openings.next_openings(symbol, decided_us) for symbol in layout.symbols]
    due_us, row_us, quoted = (np.stack(part, axis=1) for part in zip(*found, strict=True))
    fills = ~np.isnan(quoted)
    return DueOrders(
        decided_us,
        mark,
        np.where(fills, due_us, NEVER_US),
        np.where(fills, row_us, NEVER_US),
        np.where(fills, quoted, 1.0),
    )


def find_prospect(
    timeline: Timeline, layout: Layout, *, due: DueOrders, policy: Policy
) -> Prospect:
    """Return what a policy's decisions trade at, as far as it can be told before the run."""
    # what is due at the next decision or later never fills: another plan takes its place
    next_us = np.append(due.decided_us[1:], NEVER_US)
    fills = due.due_us < next_us[:, None]
    latest_us = np.where(fills, due.due_us, due.decided_us[:, None]).max(axis=1)
    ends = np.append(timeline.last_points(due.decided_us), len(timeline.time_us) - 1)
    filled = np.clip(timeline.last_points(latest_us), ends[:-1], ends[1:])
    places = np.stack([ends[:-1], filled, ends[1:]], axis=1)
    funding: list[list[float]] = []
    payments = np.zeros((len(filled), layout.future_count, 3), dtype=np.intp)
    for future, received in enumerate(timeline.funding[0].T):
        paid = np.flatnonzero(received)
        funding.append(received[paid].tolist())
        payments[:, future] = np.searchsorted(paid, places, side="right")
    return Prospect(
        layout=layout,
        mark=due.mark,
        quoted=np.where(fills, due.quoted, np.nan),
        funding=funding,
        payments=payments,
        slippage=float(policy.slippage),
        min_trade=float(policy.rebalance.min_trade),
    )
