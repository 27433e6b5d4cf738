"""Liquidation: where equity meets maintenance margin on the way to a bar's worst extreme.

Marks move together along straight lines, from where they stood to each position's worst extreme.
The venue closes all positions of the wallet where its equity meets its maintenance margin, and
takes its liquidation fee of what is left and no more: a liquidation takes no equity below zero.
"""

from dataclasses import dataclass, replace

import numpy as np

from rebalancer.evaluation.accounts import Accounts, coin_prices, position_profits
from rebalancer.evaluation.columns import contracts_held
from rebalancer.evaluation.events import ClosedPosition, Liquidation
from rebalancer.model.contracts import notional
from rebalancer.model.margin import maintenance_margin
from rebalancer.model.market import Floats
from rebalancer.model.observations import Booleans
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout

_HALVINGS = 80
"""Enough to find a double between 0 and 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Fall:
    """One account's way through a bar: marks (instrument,) before it, at its ends and its close.

    `holdings` is a batch of one, with the funding up to the bar's close.
    """

    holdings: Holdings
    before: Floats
    low: Floats
    high: Floats
    close: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """The low and high of each mark in the bar stamped `at_us`, (path or 1, instrument)."""

    at_us: int
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """An account after its liquidation: its holdings, the event, the profit of the closes.

    `profit` is in settle coin by future, with what was unrealised before; `fee` in the quote coin.
    """

    holdings: Holdings
    profit: Floats
    fee: float
    event: Liquidation


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Equity and maintenance margin of one wallet at marks (instrument,)."""

    mark: Floats
    equity: float
    maintenance: float

    @property
    def is_liquidated(self) -> bool:
        return self.equity <= self.maintenance


def liquidate(fall: Fall, layout: Layout, *, wallet: int, at_us: int) -> Closed:
    """Return an account after the venue closed the positions of one wallet within a bar."""
    futures = [
        future
        for future, its_wallet in enumerate(layout.wallet_of)
        if its_wallet == wallet and fall.holdings.size[0, future]
    ]
    meeting = _find_meeting(fall, layout, wallet=wallet, futures=futures)
    held, mark = fall.holdings, meeting.mark[None]
    profit = np.zeros(layout.future_count)
    gains = position_profits(held.size, held.entry, mark=mark, layout=layout)[0]
    profit[futures] = gains[futures]
    worth = 1.0 if layout.unified else float(_wallet_price(fall.close, layout, wallet))
    fee = min(_fee(meeting.mark, held, layout=layout, futures=futures), max(meeting.equity, 0.0))
    event = Liquidation(
        at_us=at_us,
        wallet=layout.quote if layout.unified else layout.wallets[wallet],
        positions=tuple(
            ClosedPosition(
                symbol=layout.symbols[layout.spot_count + future],
                contracts=contracts_held(layout, future, size=float(held.size[0, future])),
                entry_price=float(held.entry[0, future]),
                price=float(meeting.mark[layout.spot_count + future]),
            )
            for future in futures
        ),
        equity=meeting.equity * worth,
        maintenance=meeting.maintenance * worth,
        fee=fee * worth,
    )
    after = _close(held, profit, layout=layout, futures=futures)
    return Closed(_charge(after, fee, layout=layout, wallet=wallet), profit, fee * worth, event)


def _find_meeting(fall: Fall, layout: Layout, *, wallet: int, futures: list[int]) -> _Meeting:
    """Return the first marks on the way to the extremes at which the wallet is liquidated."""
    worst = _worst_marks(fall, layout, futures)
    low, high = 0.0, 1.0
    found = _meet(fall, fall.before, layout=layout, wallet=wallet)
    if found.is_liquidated:
        return found
    found = _meet(fall, worst, layout=layout, wallet=wallet)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tried = _meet(
            fall, fall.before + middle * (worst - fall.before), layout=layout, wallet=wallet
        )
        if tried.is_liquidated:
            high, found = middle, tried
        else:
            low = middle
    return found


def _worst_marks(fall: Fall, layout: Layout, futures: list[int]) -> Floats:
    """Return the end of each mark that hurts most: a position's own, in a pool its asset's."""
    worst = fall.close.copy()
    if layout.unified:
        for asset in range(len(layout.assets)):
            columns = [place for place, one in enumerate(layout.asset_of) if one == asset]
            ends = [_at(fall.close, columns, end) for end in (fall.low, fall.high)]
            meetings = [_meet(fall, end, layout=layout, wallet=0) for end in ends]
            lefts = [each.equity - each.maintenance for each in meetings]
            worst[columns] = ends[int(lefts[1] < lefts[0])][columns]
        return worst
    for future in futures:
        column = layout.spot_count + future
        alone = [_at(fall.close, [column], end) for end in (fall.low, fall.high)]
        wallet = layout.wallet_of[future]
        meetings = [_meet(fall, mark, layout=layout, wallet=wallet) for mark in alone]
        lefts = [each.equity - each.maintenance for each in meetings]
        worst[column] = alone[int(lefts[1] < lefts[0])][column]
    return worst


def _at(mark: Floats, columns: list[int], end: Floats) -> Floats:
    changed = mark.copy()
    changed[columns] = end[columns]
    return changed


def _meet(fall: Fall, mark: Floats, *, layout: Layout, wallet: int) -> _Meeting:
    """Return a wallet's equity and maintenance margin at marks, in its coin; a pool's in quote."""
    held = fall.holdings
    gained = position_profits(held.size, held.entry, mark=mark[None], layout=layout)[0]
    coin = coin_prices(mark[None], layout)[0] if layout.unified else np.ones(len(gained))
    equity = float(held.wallet[0, wallet]) if layout.wallets else float(held.cash[0])
    if layout.unified:
        equity += float((held.spot[0] * mark[: layout.spot_count]).sum())
    maintenance = 0.0
    for future, its_wallet in enumerate(layout.wallet_of):
        size = held.size[:, future]
        if its_wallet == wallet and size[0]:
            equity += float(gained[future] * coin[future])
            price = mark[layout.spot_count + future]
            amount = np.asarray(notional(size, price, inverse=layout.is_inverse(future)))
            needed = maintenance_margin(amount, layout.tiers[future])
            maintenance += float(needed[0] * coin[future])
    return _Meeting(mark, equity, maintenance)


def _wallet_price(mark: Floats, layout: Layout, wallet: int) -> float:
    column = layout.wallet_coin[wallet]
    return 1.0 if column < 0 else float(mark[column])


def _fee(mark: Floats, held: Holdings, *, layout: Layout, futures: list[int]) -> float:
    """Return the liquidation fees of positions at marks, in settle coin; a pool's in quote."""
    coin = coin_prices(mark[None], layout)[0]
    total = 0.0
    for future in futures:
        column = layout.spot_count + future
        rate = float(layout.instruments[column].liquidation_fee)
        size, inverse = float(held.size[0, future]), layout.is_inverse(future)
        amount = notional(size, float(mark[column]), inverse=inverse)
        total += amount * rate * (float(coin[future]) if layout.unified else 1.0)
    return total


def _close(held: Holdings, profit: Floats, *, layout: Layout, futures: list[int]) -> Holdings:
    """Return the holdings with the futures closed and their profits in their wallets or pool."""
    size, entry = held.size.copy(), held.entry.copy()
    spot, cash, wallet = held.spot.copy(), held.cash.copy(), held.wallet.copy()
    for future in futures:
        size[:, future] = entry[:, future] = 0.0
        column = layout.coin_of[future]
        if not layout.unified:
            wallet[:, layout.wallet_of[future]] += profit[future]
        elif column >= 0:
            spot[:, column] += profit[future]
        else:
            cash += profit[future]
    return Holdings(spot, size, entry, cash, wallet)


def _charge(held: Holdings, fee: float, *, layout: Layout, wallet: int) -> Holdings:
    """Return the holdings with a fee less in a wallet, or in the pool's cash."""
    if layout.unified:
        return replace(held, cash=held.cash - fee)
    after = held.wallet.copy()
    after[:, wallet] -= fee
    return replace(held, wallet=after)


def liquidate_rows(
    before: Accounts, after: Accounts, *, hit: Booleans, ends: Ends, layout: Layout
) -> tuple[Accounts, Floats, list[tuple[int, Liquidation]]]:
    """Return the accounts with the hit wallets liquidated within the bar that led to `after`.

    `before` stood at the last marks, `after` at the bar's closes with funding paid, or at the opens
    of what is due, which are both ends then; `hit` is
    (batch, margin account). Also returned: what it changes, (batch, 2) on futures and as
    liquidation costs, and the events by row. The coins of a close count at the bar's close.
    """
    changed = np.zeros((after.batch, 2))
    events = []
    held = [np.array(getattr(after.holdings, name)) for name in Holdings.__slots__]
    for row, wallet in np.argwhere(hit).tolist():
        one = Holdings(*(part[[row]] for part in held))
        path = min(row, len(ends.low) - 1)
        close = after.mark[row]
        fall = Fall(one, before.mark[row], ends.low[path], ends.high[path], close)
        closed = liquidate(fall, layout, wallet=wallet, at_us=ends.at_us)
        unrealised = position_profits(one.size, one.entry, mark=close[None], layout=layout)[0]
        gone = (closed.holdings.size[0] == 0) & (one.size[0] != 0)
        coin = coin_prices(close[None], layout)[0]
        changed[row, 0] += float(((closed.profit - unrealised) * coin)[gone].sum())
        changed[row, 1] += closed.fee
        events.append((row, closed.event))
        for part, name in zip(held, Holdings.__slots__, strict=True):
            part[row] = getattr(closed.holdings, name)[0]
    return Accounts(Holdings(*held), after.mark), changed, events
