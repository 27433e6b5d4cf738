"""Every limit of a policy as rows of a linear program: what must not be negative."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tests.differential.judge.linear_program import Line, Program, add_up
from tests.differential.judge.reachable_books import Opening, Reached
from tests.oracle.context import INITIAL_MARGIN, STRESS, Context
from tests.oracle.policy import Limit


@dataclass(frozen=True, slots=True)
class Bounded:
    """A book under limits: which wallet each contract stands in, and who moves with whom."""

    ctx: Context
    program: Program
    opening: Opening
    reached: Reached

    @property
    def pools(self) -> list[list[int]]:
        """Return the contracts of each margin pool."""
        count = len(self.ctx.contracts)
        if self.opening.unified:
            return [list(range(count))]
        owners = self.ctx.wallet_of
        return [
            [index for index in range(count) if owners[index] == wallet]
            for wallet in range(len(self.ctx.wallets))
        ]


def require_limits(bounded: Bounded) -> None:
    """Add the rows of every limit, the venue's initial margin among them."""
    for limit in bounded.ctx.limits:
        bounded.program.require(*limit_rows(bounded, limit))


def limit_rows(bounded: Bounded, limit: Limit) -> Iterator[Line]:
    """Yield the rows of one limit."""
    if limit.name == "asset_weight":
        yield from asset_rows(bounded, limit)
    elif limit.name == "liquidation_distance":
        yield from distance_rows(bounded, limit)
    elif limit.name in {"futures_leverage", "margin_utilization", INITIAL_MARGIN}:
        yield from pool_rows(bounded, limit)
    else:
        corners = stress_corners(bounded.ctx) if limit.name.startswith(STRESS) else []
        for moves in (still(bounded.ctx), *corners):
            yield from moved_rows(bounded, limit, moves=moves)


def moved_rows(bounded: Bounded, limit: Limit, *, moves: Sequence[float]) -> Iterator[Line]:
    """Yield the rows of a limit that must hold after a move."""
    name = limit.name.removeprefix(STRESS)
    if name == "gross_leverage":
        yield from between(limit, gross_value(bounded, moves), moved_nav(bounded, moves))
    elif name == "net_exposure":
        yield from between(limit, delta_value(bounded, moves), moved_nav(bounded, moves))
    elif name == "liquidation":
        yield from solvent(bounded, moves)
    else:
        raise ValueError(f"no rows for limit {limit.name}")


def pool_rows(bounded: Bounded, limit: Limit) -> Iterator[Line]:
    """Yield the rows of what each margin pool's equity must carry: notional, or margin."""
    settings = bounded.opening.setting
    for pool, equity in zip(bounded.pools, bounded.reached.equities, strict=True):
        carried = add_up(
            bounded.reached.notionals[index]
            * (1.0 if limit.name == "futures_leverage" else 1 / settings[index])
            for index in pool
        )
        yield from between(limit, carried, equity)


def between(limit: Limit, part: Line, whole: Line) -> Iterator[Line]:
    """Yield the rows of low ≤ part / whole ≤ high."""
    yield whole
    if limit.low is not None:
        yield part - whole * float(limit.low)
    if limit.high is not None:
        yield whole * float(limit.high) - part


def still(ctx: Context) -> tuple[float, ...]:
    """Return the move in which no price moves."""
    return (0.0,) * len(ctx.moves)


def stress_corners(ctx: Context) -> list[tuple[float, ...]]:
    """Return every corner of the stress box."""
    ends = [{float(low), float(high)} for low, high in ctx.moves]
    return list(product(*(sorted(pair) for pair in ends)))


def coin_factors(ctx: Context, moves: Sequence[float]) -> list[float]:
    """Return what each coin's value is multiplied by."""
    return [1 + moves[group] for group in ctx.coin_groups]


def contract_factors(ctx: Context, moves: Sequence[float]) -> list[float]:
    """Return what each contract's mark is multiplied by."""
    return [1 + moves[group] for group in ctx.contract_groups]


def gross_value(bounded: Bounded, moves: Sequence[float]) -> Line:
    """Return spot values and futures notional after a move, all absolute."""
    spots = weigh(bounded.reached.spots, coin_factors(bounded.ctx, moves))
    return spots + weigh(bounded.reached.notionals, contract_factors(bounded.ctx, moves))


def delta_value(bounded: Bounded, moves: Sequence[float]) -> Line:
    """Return spot values and signed futures values after a move."""
    spots = weigh(bounded.reached.spots, coin_factors(bounded.ctx, moves))
    return spots + weigh(bounded.reached.futures, contract_factors(bounded.ctx, moves))


def moved_nav(bounded: Bounded, moves: Sequence[float]) -> Line:
    """Return the NAV after a move: deltas gain and lose with their prices."""
    reached = bounded.reached
    gained = [factor - 1 for factor in coin_factors(bounded.ctx, moves)]
    settled = [factor - 1 for factor in contract_factors(bounded.ctx, moves)]
    return reached.nav + weigh(reached.spots, gained) + weigh(reached.futures, settled)


def weigh(lines: Sequence[Line], factors: Sequence[float]) -> Line:
    """Return the sum of some lines, each times its factor."""
    return add_up(line * factor for line, factor in zip(lines, factors, strict=True))


def asset_rows(bounded: Bounded, limit: Limit) -> Iterator[Line]:
    """Yield the rows that keep every asset's delta small."""
    ctx, reached = bounded.ctx, bounded.reached
    bases = [row.base for row in (*ctx.coins, *ctx.contracts)]
    lines = (*reached.spots, *reached.futures)
    for asset in dict.fromkeys(bases):
        delta = add_up(line for line, base in zip(lines, bases, strict=True) if base == asset)
        yield from between(limit, delta, reached.nav)
        yield from between(limit, -delta, reached.nav)


def distance_rows(bounded: Bounded, limit: Limit) -> Iterator[Line]:
    """Yield the rows of a joint move of all marks, up and down, that liquidates no pool.

    Equity less maintenance margin is concave in the move: enough where both moves end.
    """
    for sign in (-1.0, 1.0):
        width = 0.0 if limit.low is None else float(limit.low)
        yield from solvent(bounded, (sign * width,) * len(bounded.ctx.moves))


def solvent(bounded: Bounded, moves: Sequence[float]) -> Iterator[Line]:
    """Yield, per pool with contracts, equity less maintenance margin after a move."""
    ctx, reached = bounded.ctx, bounded.reached
    factors = contract_factors(ctx, moves)
    for pool, equity in zip(bounded.pools, reached.equities, strict=True):
        room = equity
        if bounded.opening.unified:
            room += weigh(reached.spots, [factor - 1 for factor in coin_factors(ctx, moves)])
        for index in pool:
            room += reached.futures[index] * (factors[index] - 1)
            room -= maintenance(bounded, index, factor=factors[index])
        yield room


def maintenance(bounded: Bounded, index: int, *, factor: float) -> Line:
    """Return a variable at or above the maintenance margin of a contract after a move.

    Maintenance margin is the highest of its tiers' lines, as each `cum` makes it continuous.
    """
    margin = bounded.program.variable()
    notional = bounded.reached.notionals[index] * factor
    for tier in bounded.ctx.contracts[index].tiers:
        cum = float(tier.cum) / bounded.opening.nav
        bounded.program.require(margin - notional * float(tier.rate) + cum)
    return margin
