"""Between two stops nothing is traded: marks move, funding settles, and equity may run out."""

from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.accounts import Accounts, coin_prices, position_profits
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
    stay. `funding` (batch, point, future) is what each contract brought, in the quote coin.
    """

    spot: Floats
    cash: Floats
    wallet: Floats
    funding: Floats

    def holdings_at(self, accounts: Accounts, place: int) -> Holdings:
        """Return the holdings after a point of the drift."""
        held = accounts.holdings
        if not held.size.any():
            return held
        return Holdings(
            self.spot[:, place], held.size, held.entry, self.cash[:, place], self.wallet[:, place]
        )

    def until(self, length: int) -> "Drift":
        """Return the first points of the drift."""
        return Drift(*(getattr(self, name)[:, :length] for name in self.__slots__))


def drift(accounts: Accounts, timeline: Timeline, *, points: slice, layout: Layout) -> Drift:
    """Return what the points bring to accounts that trade nothing."""
    held, funding = accounts.holdings, timeline.funding[:, points]
    balances = fund_balances(held, funding, layout=layout)
    if not held.size.any():
        return Drift(*balances, np.zeros((1, 1, 1)))
    coin = coin_prices(timeline.close[:, points], layout)
    return Drift(*balances, held.size[:, None] * funding * coin)


def fund_balances(
    held: Holdings, funding: Floats, *, layout: Layout
) -> tuple[Floats, Floats, Floats]:
    """Return spot, cash and wallets after the funding of each point, (batch, point, column).

    `funding` (path or 1, point, future) is what a position of size 1 receives.
    """
    balances = [part[:, None] for part in (held.spot, held.cash, held.wallet)]
    batch, points = len(held.cash), funding.shape[1]
    spot, cash, wallet = (np.broadcast_to(p, (batch, points, *p.shape[2:])) for p in balances)
    if not held.size.any():
        return spot, cash, wallet
    paid = np.cumsum(held.size[:, None] * funding, axis=1)
    if not layout.unified:
        wallet = wallet.copy()
        for future, place in enumerate(layout.wallet_of):
            wallet[..., place] += paid[..., future]
        return spot, cash, wallet
    spot, cash = spot.copy(), cash.copy()
    for future, column in enumerate(layout.coin_of):
        if column >= 0:
            spot[..., column] += paid[..., future]
        else:
            cash += paid[..., future]
    return spot, cash, wallet


def margin_left(
    accounts: Accounts, drifted: Drift, *, ends: tuple[Floats, Floats], layout: Layout
) -> Floats:
    """Return equity less maintenance margin at the worse ends, (batch, point, margin account).

    `ends` are marks (path, point, instrument), a bar's low and high. Each position stands at its
    own worst end. In a unified account the pooled coins move with the contracts of their asset:
    each asset stands at its worst end. In settle coin (a pool in the quote coin).
    """
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
    ends = (timeline.low[:, points], timeline.high[:, points])
    shape = (accounts.batch, points.stop - points.start, margin_accounts(layout))
    tested = np.zeros(shape, dtype=bool)
    for future, wallet in enumerate(layout.wallet_of):
        has_row = timeline.has_row[points, layout.spot_count + future]
        tested[..., wallet] |= (size[:, future] != 0)[:, None] & has_row[None]
    left = margin_left(accounts, drifted, ends=ends, layout=layout)
    hit = tested & (left <= 0)
    places = np.flatnonzero(hit.any(axis=(0, 2)))
    return (int(places[0]), hit[:, places[0]]) if places.size else None


def under_maintenance(accounts: Accounts, *, opened: Booleans, layout: Layout) -> Booleans:
    """Return whose equity is down to its maintenance margin at the marks, (batch, margin account).

    Only where all that such an account holds has `opened` there, (batch, instrument): with a leg
    at an older mark its equity would be nobody's.
    """
    held, count = accounts.holdings, layout.spot_count
    tested = np.zeros((accounts.batch, margin_accounts(layout)), dtype=bool)
    unknown = np.zeros_like(tested)
    for future, wallet in enumerate(layout.wallet_of):
        tested[:, wallet] |= held.size[:, future] != 0
        unknown[:, wallet] |= (held.size[:, future] != 0) & ~opened[:, count + future]
    if layout.unified:
        unknown |= ((held.spot != 0) & ~opened[:, :count]).any(axis=1)[:, None]
    tested &= ~unknown
    if not tested.any():
        return tested
    mark = accounts.mark[:, None]
    left = margin_left(accounts, stand_still(held), ends=(mark, mark), layout=layout)[:, 0]
    return tested & (left <= 0)


def stand_still(held: Holdings) -> Drift:
    """Return the drift of a single point that brings nothing."""
    spot, cash, wallet = (part[:, None] for part in (held.spot, held.cash, held.wallet))
    return Drift(spot, cash, wallet, np.zeros((1, 1, 1)))
