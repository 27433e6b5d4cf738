"""Between two stops nothing is traded: marks move, funding settles, and equity may run out."""

from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.accounts import (
    Accounts,
    all_coins,
    coin_prices,
    position_profits,
)
from rebalancer.evaluation.timeline import Timeline
from rebalancer.model.contracts import notional
from rebalancer.model.margin import maintenance_margin
from rebalancer.model.market import Floats
from rebalancer.model.observations import Booleans
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Accounts over consecutive points without a trade, (batch, point, column).

    `spot`, `cash` and `wallet` are balances after the funding of each point; sizes and entries
    stay. `gained` (batch, point, 3) is what a point brought on spot, futures and by funding, and
    `funding` (batch, point, future) the last by contract, in the quote coin.
    """

    spot: Floats
    cash: Floats
    wallet: Floats
    gained: Floats
    funding: Floats

    def holdings_at(self, accounts: Accounts, place: int) -> Holdings:
        """Return the holdings after a point of the drift."""
        held = accounts.holdings
        return Holdings(
            self.spot[:, place], held.size, held.entry, self.cash[:, place], self.wallet[:, place]
        )

    def until(self, length: int) -> "Drift":
        """Return the first points of the drift."""
        return Drift(*(getattr(self, name)[:, :length] for name in self.__slots__))


def drift(accounts: Accounts, timeline: Timeline, *, points: slice, layout: Layout) -> Drift:
    """Return what the points bring to accounts that trade nothing."""
    held = accounts.holdings
    count, close = layout.spot_count, timeline.close[:, points]
    received = held.size[:, None] * timeline.funding[:, points]
    coin = coin_prices(close, layout)
    spot, cash, wallet = _balances(held, received, layout=layout)
    marks = np.concatenate(
        [accounts.mark[:, None], np.broadcast_to(close, (accounts.batch, *close.shape[1:]))],
        axis=1,
    )
    profits = position_profits(held.size[:, None], held.entry[:, None], mark=marks, layout=layout)
    before = all_coins(
        np.concatenate([held.spot[:, None], spot[:, :-1]], axis=1),
        np.concatenate([held.wallet[:, None], wallet[:, :-1]], axis=1),
        unrealised=profits[:, :-1],
        layout=layout,
    )
    moves = np.diff(marks[:, :, :count], axis=1)
    funding = received * coin
    gained = np.stack(
        [
            (before * moves).sum(axis=2),
            (np.diff(profits, axis=1) * coin).sum(axis=2),
            funding.sum(axis=2),
        ],
        axis=2,
    )
    return Drift(spot, cash, wallet, gained, funding)


def _balances(held: Holdings, received: Floats, *, layout: Layout) -> tuple[Floats, Floats, Floats]:
    """Return spot, cash and wallets after the funding received at each point."""
    points = received.shape[1]
    paid = np.cumsum(received, axis=1)
    spot = np.repeat(held.spot[:, None], points, axis=1)
    cash = np.repeat(held.cash[:, None], points, axis=1)
    wallet = np.repeat(held.wallet[:, None], points, axis=1)
    for future, column in enumerate(layout.coin_of):
        if not layout.unified:
            wallet[..., layout.wallet_of[future]] += paid[..., future]
        elif column >= 0:
            spot[..., column] += paid[..., future]
        else:
            cash += paid[..., future]
    return spot, cash, wallet


def margin_left(
    accounts: Accounts, drifted: Drift, *, timeline: Timeline, points: slice, layout: Layout
) -> Floats:
    """Return equity less maintenance margin at the bars' extremes, (batch, point, margin account).

    Each position stands at its own worst extreme of its mark. In a unified account the pooled
    coins move with the contracts of their asset: each asset stands at its worst end. In settle coin
    (a pool in the quote coin).
    """
    ends = (timeline.low[:, points], timeline.high[:, points])
    held = accounts.holdings
    by_end = [_rooms(held, mark, layout=layout) for mark in ends]
    if not layout.unified:
        left = drifted.wallet.copy()
        worst = np.minimum(*by_end)
        for future, wallet in enumerate(layout.wallet_of):
            left[..., wallet] += worst[..., future]
        return left
    pooled = drifted.cash.copy()
    for asset in range(len(layout.assets)):
        worths = [
            _asset_worth(drifted.spot, room, mark=mark, asset=asset, layout=layout)
            for room, mark in zip(by_end, ends, strict=True)
        ]
        pooled += np.minimum(*worths)
    return pooled[..., None]


def _rooms(held: Holdings, mark: Floats, *, layout: Layout) -> Floats:
    """Return each position's profit less its maintenance margin, (batch, point, future)."""
    size = held.size[:, None]
    rooms = position_profits(size, held.entry[:, None], mark=mark, layout=layout)
    for future in range(layout.future_count):
        if held.size[:, future].any():
            price = mark[..., layout.spot_count + future]
            inverse = layout.is_inverse(future)
            amount = notional(size[..., future], price, inverse=inverse)
            rooms[..., future] -= maintenance_margin(amount, layout.tiers[future])
    return rooms


def _asset_worth(
    spot: Floats, rooms: Floats, *, mark: Floats, asset: int, layout: Layout
) -> Floats:
    """Return what an asset's pooled coins and contracts leave at these marks, (batch, point)."""
    worth = np.zeros(rooms.shape[:-1])
    coin = coin_prices(mark, layout)
    for column, its_asset in enumerate(layout.asset_of):
        if its_asset != asset:
            continue
        future = column - layout.spot_count
        if future < 0:
            worth += spot[..., column] * mark[..., column]
        else:
            worth += rooms[..., future] * coin[..., future]
    return worth


def margin_accounts(layout: Layout) -> int:
    """Return how many places of margin there are: wallets, or one pool."""
    return 1 if layout.unified else len(layout.wallets)


def first_liquidation(
    accounts: Accounts, drifted: Drift, *, timeline: Timeline, points: slice, layout: Layout
) -> tuple[int, Booleans] | None:
    """Return the first place among the points at which any account is liquidated, and which ones.

    They are (batch, margin account). A wallet is tested where a bar of one of its contracts closes.
    """
    size = accounts.holdings.size
    if not size.any():
        return None
    uses = np.zeros((accounts.batch, margin_accounts(layout)), dtype=bool)
    tested = np.zeros((accounts.batch, points.stop - points.start, uses.shape[1]), dtype=bool)
    for future, wallet in enumerate(layout.wallet_of):
        uses[:, wallet] |= size[:, future] != 0
        has_row = timeline.has_row[points, layout.spot_count + future]
        tested[..., wallet] |= (size[:, future] != 0)[:, None] & has_row[None]
    left = margin_left(accounts, drifted, timeline=timeline, points=points, layout=layout)
    hit = tested & (left <= 0)
    places = np.flatnonzero(hit.any(axis=(0, 2)))
    return (int(places[0]), hit[:, places[0]]) if places.size else None
