"""Steps of a plan and the states of a book between them, in plain floats."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import TradeKind
from rebalancer.planner.case import Case
from rebalancer.planner.exposure import Exposure, column_sum
from rebalancer.planner.layout import Layout
from rebalancer.planner.lots import Orders, count_lots
from rebalancer.planner.residuals import FEE_STEP, TRANSFER_STEP

Floats = NDArray[np.float64]

_SNAP = 1e-9


class Phase(StrEnum):
    """The preferred order of steps: risk goes before it comes."""

    REDUCE_FUTURES = "reduce futures"
    SELL_SPOT = "sell spot"
    TRANSFER_OUT = "transfer out"
    TRANSFER_IN = "transfer in"
    BUY_SPOT = "buy spot"
    OPEN_FUTURES = "open futures"


PHASES = tuple(Phase)


@dataclass(frozen=True, slots=True)
class Step:
    """One order or transfer: `count` is signed whole lots, or signed cents into the wallet.

    `column` is the instrument's column, or the wallet's.
    """

    phase: Phase
    column: int
    count: int

    @property
    def kind(self) -> TradeKind:
        """Whether this is an order or a transfer."""
        is_transfer = self.phase in {Phase.TRANSFER_IN, Phase.TRANSFER_OUT}
        return TradeKind.TRANSFER if is_transfer else TradeKind.ORDER

    @property
    def is_reduce_only(self) -> bool:
        """Whether this closes part of a futures position and cannot open one."""
        return self.phase is Phase.REDUCE_FUTURES


@dataclass(frozen=True, slots=True)
class Venue:
    """One book's fixed facts in plain floats: marks and rules by column."""

    layout: Layout
    price: tuple[float, ...]
    lot: tuple[float, ...]
    fee: tuple[float, ...]
    slippage: float


@dataclass(frozen=True, slots=True)
class State:
    """A book between two steps: coins, signed base sizes, unrealised profit, cash, wallet equity.

    In a unified account `equity` is empty and `cash` is the pooled quote coin.
    """

    spot: tuple[float, ...]
    size: tuple[float, ...]
    profit: tuple[float, ...]
    cash: float
    equity: tuple[float, ...]


def build_venue(case: Case, row: int) -> Venue:
    """Return the fixed facts of one book of a case."""
    prices = case.prices[row if case.prices.shape[0] > 1 else 0]
    layout = case.layout
    return Venue(
        layout=layout,
        price=tuple(prices.tolist()),
        lot=tuple(layout.lot.tolist()),
        fee=tuple(layout.fee.tolist()),
        slippage=layout.slippage,
    )


def first_state(case: Case, row: int) -> State:
    """Return one book of a case before its plan."""
    nav = float(case.nav[row])
    return State(
        spot=tuple(case.holdings.spot[row].tolist()),
        size=tuple(case.holdings.size[row].tolist()),
        profit=tuple((case.profit[row] * nav).tolist()),
        cash=float(case.holdings.cash[row]),
        equity=tuple((case.present.wallet[row] * nav).tolist()),
    )


def list_steps(case: Case, orders: Orders, *, row: int) -> list[Step]:
    """Return one book's steps in the preferred order, largest position first within a phase.

    A future that crosses zero is two steps: the close and the opening.
    """
    sized: list[tuple[int, float, Step]] = []
    for column, count in enumerate(orders.lots[row].tolist()):
        for phase, part in _split_lots(case, row, (column, int(count))):
            risk = _position_value(case, row, (column, part))
            sized.append((PHASES.index(phase), -risk, Step(phase, column, part)))
    for wallet, amount in enumerate(orders.transfers[row].tolist()):
        cents = round(amount / TRANSFER_STEP)
        if cents:
            phase = Phase.TRANSFER_IN if cents > 0 else Phase.TRANSFER_OUT
            sized.append((PHASES.index(phase), -abs(amount), Step(phase, wallet, cents)))
    return [step for _, _, step in sorted(sized, key=lambda item: item[:2])]


def _position_value(case: Case, row: int, order: tuple[int, int]) -> float:
    """Return the value of the position that an order acts on, the larger of before and after."""
    column, count = order
    layout = case.layout
    future = column - layout.spot_count
    held = case.holdings.spot[row, column] if future < 0 else case.holdings.size[row, future]
    price = case.prices[row if case.prices.shape[0] > 1 else 0, column]
    return float(max(abs(held), abs(held + count * layout.lot[column])) * price)


def _split_lots(case: Case, row: int, order: tuple[int, int]) -> list[tuple[Phase, int]]:
    column, count = order
    layout = case.layout
    if not count:
        return []
    if column < layout.spot_count:
        return [(Phase.BUY_SPOT if count > 0 else Phase.SELL_SPOT, count)]
    size = case.holdings.size[row, column - layout.spot_count]
    held = int(np.trunc(count_lots(size, float(layout.lot[column]))))
    if held * count >= 0:
        return [(Phase.OPEN_FUTURES, count)]
    closing = int(math.copysign(min(abs(held), abs(count)), count))
    parts = [(Phase.REDUCE_FUTURES, closing)]
    return parts + ([(Phase.OPEN_FUTURES, count - closing)] if count != closing else [])


def fee_of(venue: Venue, column: int, *, count: int) -> float:
    """Return an order's fee in the quote coin, rounded up to the printed digits."""
    units = abs(count) * venue.lot[column] * venue.price[column] * venue.fee[column] / FEE_STEP
    nearest = round(units)
    near = abs(units - nearest) <= _SNAP * max(1.0, nearest)
    return (nearest if near else math.ceil(units)) * FEE_STEP


def take_step(venue: Venue, state: State, *, step: Step) -> State:
    """Return the book after a step, filled at the marks."""
    if step.kind is TradeKind.TRANSFER:
        amount = step.count * TRANSFER_STEP
        equity = _add(state.equity, step.column, amount)
        return State(state.spot, state.size, state.profit, state.cash - amount, equity)
    amount = step.count * venue.lot[step.column]
    fee = fee_of(venue, step.column, count=step.count)
    spot_count = venue.layout.spot_count
    if step.column < spot_count:
        spot = _add(state.spot, step.column, amount)
        cash = state.cash - amount * venue.price[step.column] - fee
        return State(spot, state.size, state.profit, cash, state.equity)
    return _take_future(venue, state, change=(step.column - spot_count, amount, fee))


def _take_future(venue: Venue, state: State, *, change: tuple[int, float, float]) -> State:
    """Return the book after a futures order: a closing part realises its share of the profit."""
    future, amount, fee = change
    held, profit = state.size[future], state.profit[future]
    after = held + amount
    closed = min(1.0, -amount / held) if held * amount < 0 else 0.0
    if abs(after) <= _SNAP * abs(held):
        after, closed = 0.0, 1.0
    realised = profit * closed
    size = _set(state.size, future, after)
    left = _set(state.profit, future, profit - realised)
    if venue.layout.unified:
        return State(state.spot, size, left, state.cash + realised - fee, state.equity)
    equity = _add(state.equity, venue.layout.wallet_of[future], -fee)
    return State(state.spot, size, left, state.cash, equity)


def stack_exposure(venue: Venue, states: list[State]) -> Exposure:
    """Return the exposures of states as one batch, (state, column)."""
    count = venue.layout.spot_count
    price = np.array(venue.price)
    spot = np.array([state.spot for state in states]).reshape(len(states), -1) * price[:count]
    size = np.array([state.size for state in states]).reshape(len(states), -1)
    cash = np.array([state.cash for state in states])
    nav = cash + column_sum(spot)
    if venue.layout.unified:
        nav = nav + np.array([sum(state.profit) for state in states])
        return Exposure(spot, size * price[count:], nav[:, None], nav)
    equity = np.array([state.equity for state in states]).reshape(len(states), -1)
    return Exposure(spot, size * price[count:], equity, nav + column_sum(equity))


def _add(values: tuple[float, ...], index: int, amount: float) -> tuple[float, ...]:
    return _set(values, index, values[index] + amount)


def _set(values: tuple[float, ...], index: int, value: float) -> tuple[float, ...]:
    return (*values[:index], value, *values[index + 1 :])
