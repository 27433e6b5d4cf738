"""What one order of a step may be: how many lots at least and at most, and what they are worth."""

import math

import numpy as np

from rebalancer.model.plan import TradeKind
from rebalancer.planner.lots import most_lots
from rebalancer.planner.steps import Step, Venue


def step_value(venue: Venue, step: Step) -> float:
    """Return what a step moves, in quote money."""
    column = step.column
    if step.kind is TradeKind.TRANSFER:
        return abs(step.count) * venue.transfer_step[column] * venue.wallet_price[column]
    return abs(step.count) * venue.lot[column] * venue.unit[column]


def order_lots(venue: Venue, step: Step) -> int:
    """Return how many lots (transfer steps) of a step one order may be."""
    if step.kind is TradeKind.TRANSFER or math.isinf(venue.order_notional):
        return abs(step.count)
    worth = venue.lot[step.column] * venue.unit[step.column]
    return int(most_lots(venue.order_notional, np.array(worth)))


def least_count(venue: Venue, step: Step) -> int:
    """Return the fewest lots of a step's instrument that the venue takes, at least one."""
    if step.kind is TradeKind.TRANSFER:
        return 1
    layout, column = venue.layout, step.column
    least = layout.min_amount[column] / venue.lot[column]
    if not step.is_reduce_only:
        by_cost = layout.min_cost[column] / (venue.lot[column] * venue.unit[column])
        least = max(least, by_cost)
    return max(1, int(np.ceil(least * (1 - 1e-12))))


def part_count(venue: Venue, step: Step, *, most: int) -> int:
    """Return the largest part of a step that is at most `most` lots, signed; 0 for none.

    It and what it leaves of the step are orders that the venue takes.
    """
    whole, least = abs(step.count), least_count(venue, step)
    count = whole if most >= whole else min(most, whole - least)
    if count < least:
        return 0
    return count if step.count > 0 else -count
