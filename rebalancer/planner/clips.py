"""Clips: legs of one asset in parts, so that its delta keeps to a corridor on the way."""

import math
from dataclasses import replace

import numpy as np

from rebalancer.model.plan import TradeKind
from rebalancer.planner.choosing import play_steps
from rebalancer.planner.lots import whole_steps
from rebalancer.planner.order_sizes import least_count, order_lots, part_count, step_value
from rebalancer.planner.sequence import Task
from rebalancer.planner.steps import Phase, State, Step, Venue, take_step

_SHY = 1e-11
"""Share of a lot by which float error may make room for it seem to be missing."""


def open_task(venue: Venue, start: State, *, steps: list[Step], imbalance: float) -> Task:
    """Return a task with the corridor of each asset's delta value.

    A delta stays within [min(before, after) - m, max(before, after) + m]: m is the larger of
    `imbalance` (a share of NAV) times NAV and the smallest order of the asset.
    """
    layout, scale = venue.layout, state_nav(venue, start)
    plain = Task(start, steps, scale, (), ())
    end = play_steps(venue, plain).states[-1] if steps else start
    ends = [
        (asset_delta(venue, start, asset=asset), asset_delta(venue, end, asset=asset))
        for asset in range(len(layout.assets))
    ]
    rooms = [
        max(imbalance * scale, smallest_order(venue, asset)) for asset in range(len(layout.assets))
    ]
    return Task(
        start=start,
        steps=steps,
        scale=scale,
        low=tuple(min(pair) - room for pair, room in zip(ends, rooms, strict=True)),
        high=tuple(max(pair) + room for pair, room in zip(ends, rooms, strict=True)),
    )


def smallest_order(venue: Venue, asset: int) -> float:
    """Return the value below which some instrument of an asset sends no order."""
    layout = venue.layout
    return max(
        (
            step_value(venue, Step(Phase.OPEN_FUTURES, column, _least(venue, column)))
            for column, its_asset in enumerate(layout.asset_of)
            if its_asset == asset
        ),
        default=0.0,
    )


def _least(venue: Venue, column: int) -> int:
    return least_count(venue, Step(Phase.OPEN_FUTURES, column, 1))


def asset_delta(venue: Venue, state: State, *, asset: int) -> float:
    """Return the delta value of an asset: its coins wherever they lie, and its contracts."""
    layout, delta = venue.layout, 0.0
    for column, its_asset in enumerate(layout.asset_of):
        if its_asset != asset:
            continue
        future = column - layout.spot_count
        held = state.spot[column] if future < 0 else state.size[future]
        delta += held * venue.unit[column]
        if layout.unified and future >= 0 and layout.is_inverse(future):
            delta += state.profit[future] * venue.price[layout.coin_of[future]]
    for wallet, column in enumerate(layout.wallet_coin):
        if column >= 0 and layout.asset_of[column] == asset:
            delta += state.equity[wallet] * venue.price[column]
    return delta


def state_nav(venue: Venue, state: State) -> float:
    """Return the NAV of a state in the quote coin."""
    spot = sum(held * price for held, price in zip(state.spot, venue.price, strict=False))
    if not venue.layout.unified:
        inside = sum(
            held * price for held, price in zip(state.equity, venue.wallet_price, strict=True)
        )
        return state.cash + spot + inside
    coin: list[float] = venue.marks.coin[0].tolist()
    return (
        state.cash
        + spot
        + sum(profit * price for profit, price in zip(state.profit, coin, strict=True))
    )


def clip_steps(venue: Venue, task: Task) -> list[Step]:
    """Return the steps with those cut into clips whose asset would leave its corridor.

    The first step that can go whole goes whole; where the first cannot, its largest part that
    stays inside goes, and the next ones take their turn until it can.
    """
    state, waiting, clipped = task.start, list(task.steps), []
    while waiting:
        index, step = _next_clip(venue, task, state, waiting=waiting)
        rest = waiting[index].count - step.count
        waiting[index : index + 1] = [replace(step, count=rest)] if rest else []
        clipped.append(step)
        state = take_step(venue, state, step=step)
    return clipped


def _next_clip(venue: Venue, task: Task, state: State, *, waiting: list[Step]) -> tuple[int, Step]:
    passed: set[int] = set()
    for index, step in enumerate(waiting):
        if step.kind is TradeKind.ORDER and step.column in passed:
            continue
        if step.kind is TradeKind.TRANSFER:
            count = step.count if index == 0 else _inward_clip(venue, state, step=step)
        else:
            count = _largest_clip(venue, task, state, step=step)
        if count:
            return index, replace(step, count=count)
        if step.kind is TradeKind.ORDER and step.column >= venue.layout.spot_count:
            passed.add(step.column)
    return 0, waiting[0]


def _inward_clip(venue: Venue, state: State, *, step: Step) -> int:
    """Return how much of a transfer into a wallet what is there already pays, 0 for one out of it.

    An order before it is still waiting for its other leg, which may need this margin.
    """
    if step.count < 0:
        return 0
    coin = venue.layout.wallet_coin[step.column]
    held = state.cash if coin < 0 else state.spot[coin]
    paid = whole_steps(np.array(max(held, 0.0)), venue.transfer_step[step.column])
    return min(step.count, int(paid))


def _largest_clip(venue: Venue, task: Task, state: State, *, step: Step) -> int:
    """Return the signed lots of a step that keep its asset inside its corridor, 0 for none."""
    asset = venue.layout.asset_of[step.column]
    delta, lot = asset_delta(venue, state, asset=asset), step_value(venue, step) / abs(step.count)
    room = task.high[asset] - delta if step.count > 0 else delta - task.low[asset]
    if abs(step.count) <= room / lot + _SHY:
        return step.count
    return part_count(venue, step, most=int(room / lot + _SHY))


def split_orders(venue: Venue, steps: list[Step]) -> list[Step]:
    """Return the steps with each order over the limit on one order's notional cut into several.

    What would be under the venue's smallest order stays undone.
    """
    if math.isinf(venue.order_notional):
        return steps
    return [part for step in steps for part in _split(venue, step)]


def _split(venue: Venue, step: Step) -> list[Step]:
    size, sign = abs(step.count), 1 if step.count > 0 else -1
    largest = order_lots(venue, step)
    if size <= largest:
        return [step]
    if largest < least_count(venue, step):
        return []
    parts = -(-size // largest)
    if size // parts < least_count(venue, step):
        parts, size = size // largest, size // largest * largest
    shares = [size // parts + (place < size % parts) for place in range(parts)]
    return [replace(step, count=sign * share) for share in shares]
