"""How far a book is from its targets, and the rows that keep another book as near."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.differential.judge.linear_program import Line, add_up
from tests.differential.judge.reachable_books import Reached
from tests.oracle.context import Context
from tests.oracle.intervals import FLOAT_ERROR, Interval
from tests.oracle.replay import Replay
from tests.oracle.sizing import Held, plain_interval, short_span
from tests.oracle.targets import TargetSheet


@dataclass(frozen=True, slots=True)
class Column:
    """One instrument or wallet: where a plan leaves it, its interval, and its weight elsewhere.

    A future's weight is taken without the shorts that are sized on spot, so that a pair that is
    whole lies on its target wherever its spot lies. A wallet's interval reaches from where its
    band takes it to its target: a plan moves it no further.
    """

    name: str
    low: float
    target: float
    high: float
    weight: float
    line: Line
    is_wallet: bool

    @property
    def drift(self) -> float:
        """Return the plan's distance to the target in bands, 0 where there is no band."""
        width = abs((self.high if self.weight > self.target else self.low) - self.target)
        return abs(self.weight - self.target) / width if width > FLOAT_ERROR else 0.0

    def rows(self, distance: float) -> Iterator[Line]:
        """Yield the rows that keep a weight within so many bands, or on the plan's way.

        Without a band it may lie anywhere between its target and where the plan leaves it.
        """
        bands = 1.0 if self.is_wallet else distance
        low = self.target - (self.target - self.low) * bands
        high = self.target + (self.high - self.target) * bands
        yield self.line - min(low, self.weight)
        yield -self.line + max(high, self.weight)


def sign_rows(
    ctx: Context, sheet: TargetSheet, *, replay: Replay, reached: Reached
) -> Iterator[Line]:
    """Yield the rows of a contract's side: no interval crosses zero, sized shorts included.

    A contract on the wrong side may stay as far there as the plan leaves it.
    """
    for target, value, line in zip(
        contract_targets(ctx, sheet), replay.final_worth.signed, reached.futures, strict=True
    ):
        weight = float(value / replay.worth.nav)
        if target <= FLOAT_ERROR:
            yield -line + max(weight, 0.0)
        if target >= -FLOAT_ERROR:
            yield line - min(weight, 0.0)


def make_columns(
    ctx: Context, sheet: TargetSheet, *, replay: Replay, reached: Reached
) -> list[Column]:
    """Return a column for each coin, contract and wallet, in shares of the NAV before the plan."""
    nav, final = float(replay.worth.nav), replay.final_worth
    held = [float(value) / nav for value in final.spots]
    sizes, lines = sized_shorts(ctx, sheet, held), sized_lines(ctx, sheet, reached.spots)
    columns = [
        make_column(row.symbol, sheet.coins[index], weight=held[index], line=reached.spots[index])
        for index, row in enumerate(ctx.coins)
    ]
    columns += [
        make_column(
            row.symbol,
            plain_interval(ctx, sheet, index),
            weight=float(final.signed[index]) / nav + sizes[index],
            line=reached.futures[index] + lines[index],
        )
        for index, row in enumerate(ctx.contracts)
    ]
    return (
        columns
        if final.unified
        else [
            *columns,
            *wallet_columns(ctx, sheet, replay=replay, reached=reached),
        ]
    )


def make_column(name: str, interval: Interval, *, weight: float, line: Line) -> Column:
    """Return the column of an instrument."""
    low, target, high = map(float, (interval.low, interval.target, interval.high))
    return Column(name, low, target, high, weight, line, is_wallet=False)


def wallet_columns(
    ctx: Context, sheet: TargetSheet, *, replay: Replay, reached: Reached
) -> Iterator[Column]:
    """Yield the columns of the wallets of a separate account."""
    nav = replay.worth.nav
    for index, coin in enumerate(ctx.wallets):
        interval, line = sheet.wallets[index], reached.equities[index]
        settled = interval.settle(replay.worth.equities[index] / nav, to_target=False)
        low, target, high = sorted(map(float, (settled, interval.target, interval.target)))
        weight = float(replay.final_worth.equities[index] / nav)
        yield Column(coin, low, target, high, weight, line, is_wallet=True)


def measure_distance(columns: Sequence[Column]) -> float:
    """Return the largest distance to target, in bands, of the instruments with a band."""
    return max([column.drift for column in columns if not column.is_wallet], default=0.0)


def allowed_rows(
    ctx: Context, sheet: TargetSheet, *, replay: Replay, reached: Reached
) -> Iterator[Line]:
    """Yield the rows of what a plan may end with where limits ask for less than the targets.

    A short that is sized on spot stays as large as its spot asks. Futures and the spot legs of
    basis sleeves may go down to nothing; other spot no further than its band or its target.
    """
    lines = sized_lines(ctx, sheet, reached.spots)
    for index, parts in enumerate(sheet.futures):
        if parts.linked and not parts.own and not parts.crossed:
            rest = reached.futures[index] + lines[index]
            yield rest
            yield -rest
    nav = replay.worth.nav
    for interval, basis, value, line in zip(
        sheet.coins, sheet.basis_parts, replay.worth.spots, reached.spots, strict=True
    ):
        settled = interval.settle(value / nav, to_target=False)
        yield line - float(min(settled, interval.target) - basis)


def contract_targets(ctx: Context, sheet: TargetSheet) -> list[float]:
    """Return the regime's target of each contract, its shorts sized on the spots' targets."""
    sizes = sized_shorts(ctx, sheet, [float(coin.target) for coin in sheet.coins])
    return [
        float(plain_interval(ctx, sheet, index).target) - size for index, size in enumerate(sizes)
    ]


def sized_shorts(ctx: Context, sheet: TargetSheet, spots: Sequence[float]) -> list[float]:
    """Return per contract what basis sleeves and own-asset hedges short for these spots."""
    unpledged = [0.0] * len(ctx.wallets)
    return [
        float(short_span(ctx, sheet, index, Held(spots, unpledged)).target)
        for index in range(len(ctx.contracts))
    ]


def sized_lines(ctx: Context, sheet: TargetSheet, spots: Sequence[Line]) -> list[Line]:
    """Return the same for spots that are still to be found."""
    count = len(spots)
    units = [[float(coin == other) for other in range(count)] for coin in range(count)]
    sizes = [sized_shorts(ctx, sheet, unit) for unit in units]
    return [
        add_up(spots[coin] * sizes[coin][index] for coin in range(count))
        for index in range(len(ctx.contracts))
    ]
