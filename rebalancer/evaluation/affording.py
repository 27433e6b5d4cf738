"""What an account can carry at the price of a fill: whole lots that its cash or equity pays."""

from dataclasses import replace

import numpy as np

from rebalancer.evaluation.accounts import Accounts, coin_prices, position_profits
from rebalancer.evaluation.orders import Ordered, order_costs
from rebalancer.model.contracts import notional
from rebalancer.model.margin import initial_margin
from rebalancer.model.market import Floats
from rebalancer.planner.layout import Layout
from rebalancer.planner.steps import Phase

_SNAP = 1e-6
"""Lots and transfer steps this near to one more are one more: sums of lots are floats."""

_FLOAT_ERROR = 1e-12
_HALVINGS = 64


def affordable_lots(phase: Phase, order: Ordered, *, accounts: Accounts, layout: Layout) -> Floats:
    """Return the lots (batch,) of an order that each account can carry, at most those asked.

    Sales and closes need coins or a position, buys cash, openings initial margin within equity.
    What is cut to less than the venue's smallest amount is not sent at all.
    """
    if phase is Phase.OPEN_FUTURES:
        sent = _lots_within_margin(order, accounts, layout=layout)
    else:
        sent = np.sign(order.lots) * np.minimum(
            np.abs(order.lots), _lots_there(phase, order, accounts, layout=layout)
        )
    too_small = np.abs(sent) * layout.lot[order.column] < layout.min_amount[order.column] * (
        1 - _SNAP
    )
    return np.where((sent != order.lots) & too_small, 0.0, sent)


def _lots_there(phase: Phase, order: Ordered, accounts: Accounts, *, layout: Layout) -> Floats:
    """Return how many lots an account could at most sell, close or buy, (batch,)."""
    held, lot = accounts.holdings, layout.lot[order.column]
    if phase is Phase.BUY_SPOT:
        price = order.price * lot * (1 + layout.fee[order.column])
        lots = held.cash / price
    elif phase is Phase.SELL_SPOT:
        lots = held.spot[:, order.column] / lot
    else:
        size = held.size[:, order.column - layout.spot_count]
        lots = np.where(size * order.lots < 0, np.abs(size), 0.0) / lot
    return np.asarray(np.maximum(np.floor(lots + _SNAP), 0.0))


def _lots_within_margin(order: Ordered, accounts: Accounts, *, layout: Layout) -> Floats:
    """Return the most lots (batch,) whose initial margin, fees paid, stays within equity."""
    fits = _margin_spare(order, accounts, layout=layout) >= 0
    if fits.all():
        return order.lots
    low, high = np.zeros_like(order.lots), np.abs(order.lots)
    for _ in range(_HALVINGS):
        middle = np.floor((low + high) / 2)
        tried = replace(order, lots=np.sign(order.lots) * middle)
        enough = _margin_spare(tried, accounts, layout=layout) >= 0
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
        if (high - low <= 1).all():
            break
    return np.where(fits, order.lots, np.sign(order.lots) * low)


def _margin_spare(order: Ordered, accounts: Accounts, *, layout: Layout) -> Floats:
    """Return equity less initial margin after an opening, (batch,), in coin (a pool's in quote)."""
    future = order.column - layout.spot_count
    wallet = layout.wallet_of[future]
    fee, slippage = order_costs(order, layout)
    size = accounts.holdings.size.copy()
    size[:, future] += order.lots * layout.lot[order.column]
    price = coin_prices(accounts.mark, layout)[:, future] if layout.unified else 1.0
    equity = _equity(accounts, layout, wallet=wallet) - (fee + slippage) * price
    locked = _locked(size, accounts.mark, layout=layout, wallet=wallet)
    spare: Floats = equity - locked + _FLOAT_ERROR * np.abs(equity)
    return spare


def _equity(accounts: Accounts, layout: Layout, *, wallet: int) -> Floats:
    """Return a wallet's equity in its coin, (batch,), or a pool's in the quote coin."""
    held, mark = accounts.holdings, accounts.mark
    gained = position_profits(held.size, held.entry, mark=mark, layout=layout)
    if layout.unified:
        worth = (held.spot * mark[:, : layout.spot_count]).sum(axis=1)
        return np.asarray(held.cash + worth + (gained * coin_prices(mark, layout)).sum(axis=1))
    equity = held.wallet[:, wallet].copy()
    for future, its_wallet in enumerate(layout.wallet_of):
        if its_wallet == wallet:
            equity += gained[:, future]
    return equity


def _locked(size: Floats, mark: Floats, *, layout: Layout, wallet: int) -> Floats:
    """Return the initial margin of positions (batch, future) in a wallet's coin, a pool's quote."""
    locked = np.zeros(len(size))
    coin = coin_prices(mark, layout)
    for future, its_wallet in enumerate(layout.wallet_of):
        if its_wallet == wallet and size[:, future].any():
            price, inverse = mark[:, layout.spot_count + future], layout.is_inverse(future)
            amount = notional(size[:, future], price, inverse=inverse)
            margin = initial_margin(np.asarray(amount), layout.tiers[future])
            locked += margin * (coin[:, future] if layout.unified else 1.0)
    return locked


def amount_given(accounts: Accounts, layout: Layout, *, wallet: int, asked: Floats) -> Floats:
    """Return how much of a transfer (batch,) there is to send, in whole steps, signed like it.

    Into a wallet goes what the spot account holds. A wallet gives out at most
    max(0, min(balance, equity) - initial margin): unrealised profit is not cash.
    """
    held, column = accounts.holdings, layout.wallet_coin[wallet]
    there = held.cash if column < 0 else held.spot[:, column]
    equity = np.minimum(held.wallet[:, wallet], _equity(accounts, layout, wallet=wallet))
    locked = _locked(held.size, accounts.mark, layout=layout, wallet=wallet)
    free = np.where(asked > 0, there, equity - locked)
    step = layout.transfer_step[wallet]
    most = np.maximum(np.floor(free / step + _SNAP), 0.0) * step
    return np.asarray(np.sign(asked) * np.minimum(np.abs(asked), most))
