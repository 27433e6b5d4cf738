"""Lots closed and opened again, clip by clip, around the transfer that takes their profit out."""

import math
from collections.abc import Iterator, Mapping

from rebalancer.planner.clips import smallest_order, state_nav
from rebalancer.planner.order_sizes import least_count, step_value
from rebalancer.planner.promise import withdrawable_steps
from rebalancer.planner.steps import OUTWARD, Phase, State, Step, Venue, take_step

_SHY = 1e-9
_MOST_CLIPS = 200


def reopen_in_clips(
    venue: Venue, start: State, *, steps: list[Step], reopened: Mapping[int, int], imbalance: float
) -> list[Step]:
    """Return the steps with each transfer out cut into what its reopened futures realise.

    `reopened` gives lots by future. A clip closes at most what the corridor of its asset allows,
    sends out what the wallet then gives, and opens again.
    """
    if not any(reopened.values()):
        return steps
    room = imbalance * state_nav(venue, start)
    result, state = [], start
    for step in steps:
        clips = list(_clips(venue, state, reopened=reopened, wallet=step.column, room=room))
        parts = [step]
        if step.phase in OUTWARD and clips:
            parts = _around(venue, state, transfer=step, clips=clips)
        for part in parts:
            state = take_step(venue, state, step=part)
        result += parts
    return result


def _clips(
    venue: Venue, state: State, *, reopened: Mapping[int, int], wallet: int, room: float
) -> Iterator[tuple[int, int]]:
    """Yield (column, lots) of each clip of a wallet's reopened futures.

    Opening again moves the entry price to the mark, so a share s closed in k clips realises only
    1 - (1 - s/k)^k: each clip closes the share 1 - (1 - s)^(1/k) instead.
    """
    layout = venue.layout
    for future, lots in reopened.items():
        column = layout.spot_count + future
        if not lots or layout.wallet_of[future] != wallet:
            continue
        one = step_value(venue, Step(Phase.OPEN_FUTURES, column, 1))
        least = least_count(venue, Step(Phase.OPEN_FUTURES, column, lots))
        most = max(int(max(room, smallest_order(venue, layout.asset_of[column])) / one), least)
        held = max(round(abs(state.size[future]) / venue.lot[column]), lots)
        for size in _sizes(lots, held, least=least, most=most):
            yield column, size


def _sizes(lots: int, held: int, *, least: int, most: int) -> list[int]:
    """Return the clips that realise the profit of `lots` out of `held`, none over `most`.

    None is under `least` either, though smaller ones would do. The profit of all lots never comes
    out in clips: half a lot's is left then.
    """
    left, parts = max(1 - lots / held, 0.5 / held), 1
    if lots > most:
        needed = math.log(left) / math.log1p(-most / held)
        parts = min(math.ceil(needed * (1 - _SHY)), _MOST_CLIPS)
    more = max(lots, math.ceil(parts * held * (1 - left ** (1 / parts)) * (1 - _SHY)))
    sizes = [more // parts + (place < more % parts) for place in range(parts)]
    return [min(max(size, least), most) for size in sizes]


def _around(
    venue: Venue, state: State, *, transfer: Step, clips: list[tuple[int, int]]
) -> list[Step]:
    """Return the clips with the parts of a transfer between their close and their opening."""
    steps: list[Step] = []
    left = -transfer.count

    def take(step: Step) -> None:
        nonlocal state
        state = take_step(venue, state, step=step)
        steps.append(step)

    for column, lots in clips:
        side = 1 if state.size[column - venue.layout.spot_count] > 0 else -1
        take(Step(Phase.REDUCE_FUTURES, column, -side * lots, realises=True))
        out = min(left, withdrawable_steps(venue, state, wallet=transfer.column))
        if out > 0:
            take(Step(transfer.phase, transfer.column, -out))
            left -= out
        take(Step(Phase.OPEN_FUTURES, column, side * lots, realises=True))
    if left:
        steps.append(Step(transfer.phase, transfer.column, -left))
    return steps
