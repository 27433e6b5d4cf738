"""A book's exposures in quote money: what every limit is a function of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.contracts import profit
from rebalancer.planner.layout import Layout

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Marks as the arrays use them, each (batch or 1, column).

    `price` is quote money per base coin; `unit` the quote value of one unit of a column's size (1
    for an inverse contract, sized in quote money); `coin` by future and `wallet` by wallet the
    quote value of the coin that settles it; `gain` by future what a position of value 1 gains in
    quote money while all its asset's prices double (spot / mark for an inverse contract).
    """

    price: Floats
    unit: Floats
    coin: Floats
    wallet: Floats
    gain: Floats

    def take(self, rows: NDArray[np.intp]) -> "Marks":
        """Return the marks of these rows; marks that all rows share stay as they are."""
        return self if self.price.shape[0] == 1 else self._rows(rows)

    def _rows(self, rows: NDArray[np.intp]) -> "Marks":
        return Marks(*(getattr(self, name)[rows] for name in self.__slots__))


def build_marks(price: Floats, layout: Layout) -> Marks:
    """Return the marks of a layout at prices (batch or 1, instrument)."""
    count, rows = layout.spot_count, price.shape[0]
    unit = price.copy(order="F")
    coin, gain = np.ones((rows, layout.future_count)), np.ones((rows, layout.future_count))
    for future, spot in enumerate(layout.coin_of):
        if spot >= 0:
            coin[:, future] = price[:, spot]
            gain[:, future] = price[:, spot] / price[:, count + future]
            unit[:, count + future] = 1.0
    wallet = np.ones((rows, len(layout.wallets)))
    for index, spot in enumerate(layout.wallet_coin):
        if spot >= 0:
            wallet[:, index] = price[:, spot]
    return Marks(price=price, unit=unit, coin=coin, wallet=wallet, gain=gain)


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Batches of books in quote money.

    `coin` (batch, asset) is the value of each asset's coins wherever they lie, unrealised coin
    profit included; `future` (batch, future) signed notionals, `gain` what they gain while all
    prices double. `margin` is the equity behind the positions: (batch, wallet), or (batch, 1)
    of a pool. `coin_price` (batch or 1, future) values each future's settle coin.
    """

    coin: Floats
    future: Floats
    gain: Floats
    margin: Floats
    nav: Floats
    coin_price: Floats

    def take(self, rows: NDArray[np.intp]) -> "Exposure":
        """Return the exposures of these rows."""
        return Exposure(*(take_rows(getattr(self, name), rows) for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """Batches of books: spot coins (batch, spot), signed size and entry (batch, future).

    `cash` (batch,) is the spot quote coin; `wallet` (batch, wallet) is in its own coin and without
    unrealised profit. In a unified account spot and cash are the pool and there are no wallets.
    """

    spot: Floats
    size: Floats
    entry: Floats
    cash: Floats
    wallet: Floats

    def take(self, rows: NDArray[np.intp] | slice) -> "Holdings":
        """Return the books of these rows."""
        return Holdings(*(getattr(self, name)[rows] for name in self.__slots__))


def unrealised_profit(holdings: Holdings, marks: Marks, *, layout: Layout) -> Floats:
    """Return each position's profit at the marks, (batch, future), in its settle coin."""
    price = marks.price[:, layout.spot_count :]
    gained = profit(holdings.size, entry=holdings.entry, mark=price, inverse=False)
    for future in range(layout.future_count):
        if layout.is_inverse(future):
            entry = holdings.entry[:, future]
            gained[:, future] = profit(
                holdings.size[:, future],
                entry=np.where(entry > 0, entry, 1.0),
                mark=price[:, future],
                inverse=True,
            )
    return gained


def measure_exposure(holdings: Holdings, marks: Marks, *, layout: Layout) -> Exposure:
    """Return the exposures of books at marks."""
    profit = unrealised_profit(holdings, marks, layout=layout) * marks.coin
    spot = holdings.spot * marks.price[:, : layout.spot_count]
    future = holdings.size * marks.unit[:, layout.spot_count :]
    equity = holdings.wallet * marks.wallet
    for index, wallet in enumerate(layout.wallet_of):
        if not layout.unified:
            equity[:, wallet] += profit[:, index]
    return expose((spot, future, equity), marks, layout=layout, cash=holdings.cash, profit=profit)


def expose(
    values: tuple[Floats, Floats, Floats],
    marks: Marks,
    *,
    layout: Layout,
    cash: Floats,
    profit: Floats,
) -> Exposure:
    """Return the exposures of spot, futures and wallet values (batch, column) and `cash` (batch,).

    `profit` (batch, future), unrealised and in quote money, is read in a unified account alone: a
    wallet's equity has it inside.
    """
    spot, future, equity = values
    nav = cash + column_sum(spot) + column_sum(profit if layout.unified else equity)
    return Exposure(
        coin=_coin_values(spot, equity, layout=layout, profit=profit),
        future=future,
        gain=future * marks.gain,
        margin=nav[:, None] if layout.unified else equity,
        nav=nav,
        coin_price=marks.coin,
    )


def _coin_values(spot: Floats, equity: Floats, *, layout: Layout, profit: Floats) -> Floats:
    """Return each asset's coins wherever they lie, (batch, asset), in quote money."""
    coin = np.zeros((spot.shape[0], len(layout.assets)), order="F")
    pooled = spot + pooled_profit(profit, layout=layout)
    for column in range(layout.spot_count):
        coin[:, layout.asset_of[column]] += pooled[:, column]
    for wallet, column in enumerate(layout.wallet_coin):
        if column >= 0:
            coin[:, layout.asset_of[column]] += equity[:, wallet]
    return coin


def pooled_profit(profit: Floats, *, layout: Layout) -> Floats:
    """Return the unrealised coin profit that each spot column counts with, (batch, spot).

    Of profits (batch, future) in any money; nothing in a separate account, whose wallets have it.
    """
    pooled = np.zeros((profit.shape[0], layout.spot_count), order="F")
    for future, column in enumerate(layout.coin_of):
        if layout.unified and column >= 0:
            pooled[:, column] += profit[:, future]
    return pooled


def take_rows(values: Floats, rows: NDArray[np.intp]) -> Floats:
    """Return these rows of values (batch or 1, …); what all rows share stays as it is."""
    return values if values.shape[0] == 1 else values[rows]


def column_sum(columns: Floats) -> Floats:
    """Return the sum over the second axis, adding whole columns in order: (batch,).

    The order of the additions is fixed, so a batch of one and a batch of many agree to the bit.
    """
    total = np.zeros(columns.shape[0])
    for index in range(columns.shape[1]):
        total += columns[:, index]
    return total
