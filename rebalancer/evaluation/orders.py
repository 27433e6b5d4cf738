"""One order of each account in one instrument: what it costs, and the book it leaves."""

from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.accounts import Accounts, coin_prices, fill_future, pay, receive
from rebalancer.model.contracts import profit
from rebalancer.model.market import Floats
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """Orders of one column, arrays (batch,): signed whole lots, the price quoted and that paid."""

    column: int
    lots: Floats
    quoted: Floats
    price: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """The holdings after an order, and its notional, fee and slippage (batch,) in quote coin."""

    holdings: Holdings
    notional: Floats
    fee: Floats
    slippage: Floats


def order_costs(order: Ordered, layout: Layout) -> tuple[Floats, Floats]:
    """Return an order's fee and slippage, (batch,), in the coin that pays them.

    The taker fee is on the notional at the price paid. Slippage is what the position is worth less,
    at the price quoted, than at the price paid.
    """
    size = order.lots * layout.lot[order.column]
    future = order.column - layout.spot_count
    inverse = future >= 0 and layout.is_inverse(future)
    notional = np.abs(size) / order.price if inverse else np.abs(size) * order.price
    slippage = -profit(size, entry=order.price, mark=order.quoted, inverse=inverse)
    return notional * layout.fee[order.column], slippage


def fill_order(order: Ordered, accounts: Accounts, *, layout: Layout) -> Made:
    """Return the holdings after an order was filled whole at its price, fees paid."""
    size = order.lots * layout.lot[order.column]
    future = order.column - layout.spot_count
    fee, slippage = order_costs(order, layout)
    held = accounts.holdings
    if future < 0:
        held = receive(held, column=order.column, amount=size)
        held = receive(held, column=-1, amount=-size * order.price - fee)
        return Made(held, np.abs(size) * order.price, fee, slippage)
    held = fill_future(held, layout, future=future, change=size, price=order.price)
    held = pay(held, layout, future=future, amount=-fee)
    coin = coin_prices(accounts.mark, layout)[:, future]
    value = np.abs(size) if layout.is_inverse(future) else np.abs(size) * order.price
    return Made(held, value, fee * coin, slippage * coin)
