"""A book's exposures in quote money: what every limit is a function of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.contracts import profit
from rebalancer.planner.layout import Layout

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Batches of books in quote money: values (batch, spot), signed notionals (batch, future).

    `margin` is the equity behind the positions: (batch, wallet), or (batch, 1) of a pool.
    """

    spot: Floats
    future: Floats
    margin: Floats
    nav: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """Batches of books in coins: spot (batch, spot), signed base size and entry (batch, future).

    `cash` (batch,) is the spot quote coin; `wallet` (batch, wallet) is without unrealised profit.
    In a unified account `cash` is the pooled quote coin and there are no wallets.
    """

    spot: Floats
    size: Floats
    entry: Floats
    cash: Floats
    wallet: Floats

    def take(self, rows: NDArray[np.intp]) -> "Holdings":
        """Return the books of these rows."""
        return Holdings(*(getattr(self, name)[rows] for name in self.__slots__))


def unrealised_profit(holdings: Holdings, prices: Floats, *, layout: Layout) -> Floats:
    """Return each position's profit at the marks, (batch, future), in the quote coin."""
    marks = prices[:, layout.spot_count :]
    return profit(holdings.size, entry=holdings.entry, mark=marks, inverse=False)


def wallet_equity(holdings: Holdings, prices: Floats, *, layout: Layout) -> Floats:
    """Return each wallet with its unrealised profit, (batch, wallet)."""
    profit = unrealised_profit(holdings, prices, layout=layout)
    equity = holdings.wallet.copy(order="F")
    for future, wallet in enumerate(layout.wallet_of):
        if not layout.unified:
            equity[:, wallet] += profit[:, future]
    return equity


def measure_exposure(holdings: Holdings, prices: Floats, *, layout: Layout) -> Exposure:
    """Return the exposures of books at marks; `prices` is (batch or 1, instrument)."""
    spot = holdings.spot * prices[:, : layout.spot_count]
    future = holdings.size * prices[:, layout.spot_count :]
    nav = holdings.cash + column_sum(spot)
    if layout.unified:
        nav = nav + column_sum(unrealised_profit(holdings, prices, layout=layout))
        return Exposure(spot=spot, future=future, margin=nav[:, None], nav=nav)
    equity = wallet_equity(holdings, prices, layout=layout)
    return Exposure(spot=spot, future=future, margin=equity, nav=nav + column_sum(equity))


def column_sum(columns: Floats) -> Floats:
    """Return the sum over the second axis, adding whole columns in order: (batch,).

    The order of the additions is fixed, so a batch of one and a batch of many agree to the bit.
    """
    total = np.zeros(columns.shape[0])
    for index in range(columns.shape[1]):
        total += columns[:, index]
    return total
