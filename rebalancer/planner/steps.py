"""Steps of a plan and the states of a book between them, in plain floats."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.plan import TradeKind
from rebalancer.planner.case import Case
from rebalancer.planner.exposure import Marks
from rebalancer.planner.layout import Layout
from rebalancer.planner.lots import FEE_ERROR, Orders, count_lots

Floats = NDArray[np.float64]

SNAP = 1e-9
"""A position this small a share of what it was is none."""


class Phase(StrEnum):
    """The preferred order of steps: risk goes before it comes.

    Coins leave a wallet before they can be sold, and are bought before they can be sent to one.
    """

    REDUCE_FUTURES = "reduce futures"
    COINS_OUT = "coins out"
    SELL_SPOT = "sell spot"
    TRANSFER_OUT = "transfer out"
    TRANSFER_IN = "transfer in"
    BUY_SPOT = "buy spot"
    COINS_IN = "coins in"
    OPEN_FUTURES = "open futures"


PHASES = tuple(Phase)
OUTWARD = frozenset({Phase.COINS_OUT, Phase.TRANSFER_OUT})
TRANSFERS = OUTWARD | {Phase.COINS_IN, Phase.TRANSFER_IN}


@dataclass(frozen=True, slots=True)
class Step:
    """One order or transfer: `count` is signed whole lots, or transfer steps into the wallet.

    `column` is the instrument's column, or the wallet's. `realises` marks a close, or the opening
    after it, that is there for its profit alone.
    """

    phase: Phase
    column: int
    count: int
    realises: bool = False

    @property
    def kind(self) -> TradeKind:
        """Whether this is an order or a transfer."""
        return TradeKind.TRANSFER if self.phase in TRANSFERS else TradeKind.ORDER

    @property
    def is_reduce_only(self) -> bool:
        """Whether this closes part of a futures position and cannot open one."""
        return self.phase is Phase.REDUCE_FUTURES


@dataclass(frozen=True, slots=True)
class Venue:
    """One book's fixed facts in plain floats: marks and rules by column, coin values by wallet.

    `marks` are the same marks as arrays, (1, column). `order_notional` is the most of one order,
    in quote money, infinite without that limit.
    """

    layout: Layout
    marks: Marks
    price: tuple[float, ...]
    unit: tuple[float, ...]
    lot: tuple[float, ...]
    fee: tuple[float, ...]
    fee_step: tuple[float, ...]
    wallet_price: tuple[float, ...]
    transfer_step: tuple[float, ...]
    order_notional: float


@dataclass(frozen=True, slots=True)
class State:
    """A book between two steps: coins, signed sizes, unrealised profit, cash, wallet equity.

    Profit and equity are in the settle coin. In a unified account `equity` is empty, and `spot`
    and `cash` are the pool.
    """

    spot: tuple[float, ...]
    size: tuple[float, ...]
    profit: tuple[float, ...]
    cash: float
    equity: tuple[float, ...]


def build_venue(case: Case, row: int) -> Venue:
    """Return the fixed facts of one book of a case."""
    marks, layout = case.marks.take(np.array([row])), case.layout
    return Venue(
        layout=layout,
        marks=marks,
        price=tuple(marks.price[0].tolist()),
        unit=tuple(marks.unit[0].tolist()),
        lot=tuple(layout.lot.tolist()),
        fee=tuple(layout.fee.tolist()),
        fee_step=tuple(layout.fee_step.tolist()),
        wallet_price=tuple(marks.wallet[0].tolist()),
        transfer_step=tuple(layout.transfer_step.tolist()),
        order_notional=case.rules.order_notional,
    )


def first_state(case: Case, row: int) -> State:
    """Return one book of a case before its plan."""
    nav, marks = float(case.nav[row]), case.marks.take(np.array([row]))
    return State(
        spot=tuple(case.holdings.spot[row].tolist()),
        size=tuple(case.holdings.size[row].tolist()),
        profit=tuple((case.profit[row] * nav / marks.coin[0]).tolist()),
        cash=float(case.holdings.cash[row]),
        equity=tuple((case.present.wallet[row] * nav / marks.wallet[0]).tolist()),
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
        count = round(amount / float(case.layout.transfer_step[wallet]))
        if count:
            phase = _transfer_phase(case.layout, wallet, count)
            worth = abs(amount) * float(of_row(case.marks.wallet, row)[wallet])
            sized.append((PHASES.index(phase), -worth, Step(phase, wallet, count)))
    return [step for _, _, step in sorted(sized, key=lambda item: item[:2])]


def _transfer_phase(layout: Layout, wallet: int, count: int) -> Phase:
    if layout.wallet_coin[wallet] < 0:
        return Phase.TRANSFER_IN if count > 0 else Phase.TRANSFER_OUT
    return Phase.COINS_IN if count > 0 else Phase.COINS_OUT


def of_row(values: Floats, row: int) -> Floats:
    """Return one row of an array of (batch or 1, column)."""
    return np.asarray(values[row if values.shape[0] > 1 else 0])


def _position_value(case: Case, row: int, order: tuple[int, int]) -> float:
    """Return the value of the position that an order acts on, the larger of before and after."""
    column, count = order
    layout = case.layout
    future = column - layout.spot_count
    held = case.holdings.spot[row, column] if future < 0 else case.holdings.size[row, future]
    unit = of_row(case.marks.unit, row)[column]
    return float(max(abs(held), abs(held + count * layout.lot[column])) * unit)


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
    """Return an order's fee in the coin that pays it, rounded up to the printed digits."""
    notional = abs(count) * venue.lot[column] * venue.unit[column]
    future = column - venue.layout.spot_count
    if future >= 0 and venue.layout.is_inverse(future):
        notional /= venue.price[column]
    units = notional * venue.fee[column] / venue.fee_step[column]
    nearest = round(units)
    near = abs(units - nearest) <= FEE_ERROR * max(1.0, nearest)
    return (nearest if near else math.ceil(units)) * venue.fee_step[column]


def take_step(venue: Venue, state: State, *, step: Step) -> State:
    """Return the book after a step, filled at the marks."""
    if step.kind is TradeKind.TRANSFER:
        return _take_transfer(venue, state, step=step)
    amount = step.count * venue.lot[step.column]
    fee = fee_of(venue, step.column, count=step.count)
    spot_count = venue.layout.spot_count
    if step.column < spot_count:
        spot = _add(state.spot, step.column, amount)
        cash = state.cash - amount * venue.price[step.column] - fee
        return State(spot, state.size, state.profit, cash, state.equity)
    return _take_future(venue, state, change=(step.column - spot_count, amount, fee))


def _take_transfer(venue: Venue, state: State, *, step: Step) -> State:
    amount = step.count * venue.transfer_step[step.column]
    equity = _add(state.equity, step.column, amount)
    coin = venue.layout.wallet_coin[step.column]
    if coin < 0:
        return State(state.spot, state.size, state.profit, state.cash - amount, equity)
    spot = _add(state.spot, coin, -amount)
    return State(spot, state.size, state.profit, state.cash, equity)


def _take_future(venue: Venue, state: State, *, change: tuple[int, float, float]) -> State:
    """Return the book after a futures order: a closing part realises its share of the profit."""
    future, amount, fee = change
    held, profit = state.size[future], state.profit[future]
    after = held + amount
    closed = min(1.0, -amount / held) if held * amount < 0 else 0.0
    if abs(after) <= SNAP * abs(held):
        after, closed = 0.0, 1.0
    realised = profit * closed
    size = _set(state.size, future, after)
    left = _set(state.profit, future, profit - realised)
    if not venue.layout.unified:
        equity = _add(state.equity, venue.layout.wallet_of[future], -fee)
        return State(state.spot, size, left, state.cash, equity)
    coin = venue.layout.coin_of[future]
    if coin < 0:
        return State(state.spot, size, left, state.cash + realised - fee, state.equity)
    spot = _add(state.spot, coin, realised - fee)
    return State(spot, size, left, state.cash, state.equity)


def _add(values: tuple[float, ...], index: int, amount: float) -> tuple[float, ...]:
    return _set(values, index, values[index] + amount)


def _set(values: tuple[float, ...], index: int, value: float) -> tuple[float, ...]:
    return (*values[:index], value, *values[index + 1 :])
