"""A batch of accounts with the marks they stand at, and what every move of money does to it."""

from dataclasses import dataclass, replace

import numpy as np

from rebalancer.model.contracts import profit
from rebalancer.model.market import Floats
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout

NO_LOT = 1e-6
"""A position smaller than this share of a lot is none: sums of lots are floats."""


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """Holdings (batch, column) at marks (batch, instrument), the last price each has seen.

    An instrument's mark is its last close, or the open at which one of its orders filled since.
    INVARIANT: arrays are never written to; every move returns new accounts.
    """

    holdings: Holdings
    mark: Floats

    @property
    def batch(self) -> int:
        """How many accounts there are."""
        return len(self.holdings.cash)


def coin_prices(mark: Floats, layout: Layout) -> Floats:
    """Return what each future's settle coin is worth, (..., future), at marks (..., instrument)."""
    prices = np.ones((*mark.shape[:-1], layout.future_count))
    for future, column in enumerate(layout.coin_of):
        if column >= 0:
            prices[..., future] = mark[..., column]
    return prices


def position_profits(size: Floats, entry: Floats, *, mark: Floats, layout: Layout) -> Floats:
    """Return positions' profits in settle coin, (..., future), at marks (..., instrument)."""
    price = mark[..., layout.spot_count :]
    gained = size * (price - entry)
    for future in range(layout.future_count):
        if layout.is_inverse(future):
            paid = np.where(entry[..., future] > 0, entry[..., future], 1.0)
            gained[..., future] = profit(
                size[..., future], entry=paid, mark=price[..., future], inverse=True
            )
    return gained


def all_coins(spot: Floats, wallet: Floats, *, unrealised: Floats, layout: Layout) -> Floats:
    """Return the coins of each spot column wherever they lie, unrealised coin profit included.

    Shapes: `spot` (..., spot), `wallet` (..., wallet), `unrealised` (..., future) in settle coin.
    """
    coins = spot + np.zeros((*unrealised.shape[:-1], layout.spot_count))
    for index, column in enumerate(layout.wallet_coin):
        if column >= 0:
            coins[..., column] += wallet[..., index]
    for future, column in enumerate(layout.coin_of):
        if column >= 0:
            coins[..., column] += unrealised[..., future]
    return coins


def move_marks(accounts: Accounts, mark: Floats, *, layout: Layout) -> tuple[Accounts, Floats]:
    """Return the accounts at new marks, and what they gained: (batch, 2), on spot and futures."""
    held, before = accounts.holdings, accounts.mark
    if not held.size.any():
        coins = all_coins(held.spot, held.wallet, unrealised=held.size, layout=layout)
        gained = np.zeros((accounts.batch, 2))
        moved = (mark - before)[:, : layout.spot_count]
        gained[:, 0] = (coins * moved).sum(axis=1)
        return Accounts(held, mark), gained
    old = position_profits(held.size, held.entry, mark=before, layout=layout)
    new = position_profits(held.size, held.entry, mark=mark, layout=layout)
    coins = all_coins(held.spot, held.wallet, unrealised=old, layout=layout)
    count = layout.spot_count
    on_spot = (coins * (mark[:, :count] - before[:, :count])).sum(axis=1)
    on_futures = ((new - old) * coin_prices(mark, layout)).sum(axis=1)
    return Accounts(held, mark), np.stack([on_spot, on_futures], axis=1)


def pay(holdings: Holdings, layout: Layout, *, future: int, amount: Floats) -> Holdings:
    """Return the holdings with `amount` (batch,) more of the settle coin behind a future."""
    if not layout.unified:
        wallet = holdings.wallet.copy()
        wallet[:, layout.wallet_of[future]] += amount
        return replace(holdings, wallet=wallet)
    return receive(holdings, column=layout.coin_of[future], amount=amount)


def receive(holdings: Holdings, *, column: int, amount: Floats) -> Holdings:
    """Return the holdings with `amount` (batch,) more of a spot column's coin, -1 for cash."""
    if column < 0:
        return replace(holdings, cash=holdings.cash + amount)
    spot = holdings.spot.copy()
    spot[:, column] += amount
    return replace(holdings, spot=spot)


def fill_future(
    holdings: Holdings, layout: Layout, *, future: int, change: Floats, price: Floats
) -> Holdings:
    """Return the holdings after a future's size changed by `change` (batch,) at `price`, unpaid.

    A growing position averages its entry (an inverse one its inverse), a shrinking one keeps it
    and realises profit, one that passes zero opens at the price. Fees are the caller's.
    """
    inverse = layout.is_inverse(future)
    size, entry = holdings.size[:, future], holdings.entry[:, future]
    grows = size * change >= 0
    closed = np.where(grows, 0.0, -np.sign(size) * np.minimum(np.abs(size), np.abs(change)))
    paid = np.where(entry > 0, entry, price)
    realised = profit(-closed, entry=paid, mark=price, inverse=inverse)
    after = size + change
    after = np.where(np.abs(after) < NO_LOT * layout.lot[layout.spot_count + future], 0.0, after)
    whole = np.where(grows & (after != 0), size + change, 1.0)
    if inverse:
        average = whole / np.where(grows & (after != 0), size / paid + change / price, 1.0)
    else:
        average = (size * paid + change * price) / whole
    passed = ~grows & (np.abs(change) > np.abs(size))
    opened = np.where(grows & (change != 0), average, np.where(passed, price, entry))
    sizes, entries = holdings.size.copy(), holdings.entry.copy()
    sizes[:, future] = after
    entries[:, future] = np.where(after == 0, 0.0, opened)
    changed = replace(holdings, size=sizes, entry=entries)
    return pay(changed, layout, future=future, amount=realised)
