"""The number of every limit for one book, and how far outside it is."""

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from tests.oracle.arithmetic import Number, divide, magnitude
from tests.oracle.context import Context
from tests.oracle.liquidation import liquidation_distance
from tests.oracle.policy import Limit
from tests.oracle.stress import stress_ratios, stress_room
from tests.oracle.worth import Worth, initial_margins, settled_value

Ends = tuple[Number, Number]
"""The least and the greatest number: they differ only over the corners of a stress."""


class Measure(NamedTuple):
    """One limit's number in one book."""

    number: Number
    """What a plan prints; over stress corners, the corner that is furthest outside."""
    excess: Number
    """Above 0 where the limit is broken, and by how much."""
    badness: Number
    """Grows where a reduce-only plan may not let it grow."""


def measure_worth(ctx: Context, worth: Worth) -> list[Measure]:
    """Return a measure for each of the context's limits, in their order."""
    stressed: dict[str, Ends] = {}
    if ctx.policy.moves is not None:
        stressed = stress_ratios(ctx, worth)
    found = []
    for limit in ctx.limits:
        if limit.name in stressed:
            found.append(judge(limit, stressed[limit.name]))
        elif limit.name == "stress_liquidation":
            room = stress_room(ctx, worth)
            found.append(Measure(room, -room if room != 0 else 1, -room))
        else:
            number = NUMBERS[limit.name](ctx, worth)
            found.append(judge(limit, (number, number)))
    return found


def judge(limit: Limit, ends: Ends) -> Measure:
    """Return how a limit's least and greatest number stand against it."""
    least, greatest = ends
    if limit.low is None:
        high = greatest if limit.high is None else limit.high
        return Measure(greatest, outside(greatest, high), greatest)
    if limit.high is None:
        return Measure(least, limit.low - least, -least)
    under, over = limit.low - least, outside(greatest, limit.high)
    badness = max(magnitude(least), magnitude(greatest))
    if under > over:
        return Measure(least, under, badness)
    return Measure(greatest, over, badness)


def outside(number: Number, high: Number) -> Number:
    """Return number − high, where both may be infinite."""
    return inf if number == inf else number - high


def gross_leverage(_ctx: Context, worth: Worth) -> Number:
    """Return (Σ value of each non-quote coin + Σ futures notional, all absolute) / NAV."""
    held = sum(map(magnitude, worth.coin_values)) + sum(map(magnitude, worth.signed))
    return divide(held, worth.nav)


def net_exposure(_ctx: Context, worth: Worth) -> Number:
    """Return Σ delta value / NAV, each instrument at its own mark."""
    return divide(sum(worth.coin_values) + sum(worth.signed), worth.nav)


def futures_leverage(ctx: Context, worth: Worth) -> Number:
    """Return Σ futures notional / equity of the worst wallet."""
    held = [ctx.zero] * len(worth.equities)
    for index, size in enumerate(worth.sizes):
        if size != 0:
            held[worth.pool_of[index]] += magnitude(settled_value(ctx, worth, index))
    return worst_pool(held, worth)


def margin_utilization(ctx: Context, worth: Worth) -> Number:
    """Return Σ initial margin / equity of the worst wallet."""
    return worst_pool(initial_margins(ctx, worth), worth)


def worst_pool(parts: list[Number], worth: Worth) -> Number:
    """Return the largest part / equity over the margin pools."""
    return max(map(divide, parts, worth.equities))


def asset_weight(ctx: Context, worth: Worth) -> Number:
    """Return the largest asset delta / NAV, spot and futures of an asset together."""
    deltas = asset_deltas(ctx, worth)
    return divide(max(map(magnitude, deltas.values())), worth.nav)


def asset_deltas(ctx: Context, worth: Worth) -> dict[str, Number]:
    """Return each asset's delta value, unrealised coin profit included."""
    deltas: dict[str, Number] = {}
    for row, value in zip(
        (*ctx.coins, *ctx.contracts), (*worth.coin_values, *worth.signed), strict=True
    ):
        deltas[row.base] = deltas.get(row.base, ctx.zero) + value
    return deltas


NUMBERS: dict[str, Callable[[Context, Worth], Number]] = {
    "gross_leverage": gross_leverage,
    "net_exposure": net_exposure,
    "futures_leverage": futures_leverage,
    "margin_utilization": margin_utilization,
    "liquidation_distance": liquidation_distance,
    "asset_weight": asset_weight,
    "initial_margin": margin_utilization,
}
