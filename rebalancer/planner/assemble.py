"""Assembles one plan: the sequence of a book made exact, with a reason for every trade."""

from dataclasses import dataclass
from decimal import Decimal

from rebalancer.model.decimals import ZERO, from_float
from rebalancer.model.instrument import Instrument
from rebalancer.model.plan import (
    FUTURES_ACCOUNT,
    SPOT_ACCOUNT,
    Order,
    Side,
    Trade,
    TradeKind,
    Transfer,
)
from rebalancer.planner.clips import state_nav
from rebalancer.planner.ledger import Fill, Ledger, apply_fill, apply_transfer, coin_price
from rebalancer.planner.reading import Reading
from rebalancer.planner.reasons import Grounds, explain_step
from rebalancer.planner.sequence import Sequence
from rebalancer.planner.steps import Phase, State, Step, Venue


@dataclass(frozen=True, slots=True)
class ExactTrades:
    """The trades of a plan, the book they leave, and what they cost."""

    trades: tuple[Trade, ...]
    ledger: Ledger
    fees: Decimal
    slippage: Decimal


def open_ledger(reading: Reading) -> Ledger:
    """Return the exact ledger of a book before its plan."""
    return Ledger(
        pairs=reading.pairs,
        cash=reading.cash,
        spot=dict(reading.spot),
        wallets=dict(reading.wallets),
        positions={
            symbol: (position.contracts, position.entry_price)
            for symbol, position in reading.positions.items()
        },
        unified=reading.is_unified,
    )


def exact_trades(
    grounds: Grounds, ledger: Ledger, *, venue: Venue, sequence: Sequence
) -> ExactTrades:
    """Return the sequence as exact trades, applied one by one to the ledger."""
    trades: list[Trade] = []
    fees = slippage = ZERO
    groups = _leg_groups(grounds, sequence)
    for number, step in enumerate(sequence.steps, start=1):
        reason = explain_step(grounds, step)
        if step.kind is TradeKind.TRANSFER:
            amount = step.count * from_float(venue.transfer_step[step.column])
            coin = venue.layout.wallets[step.column]
            ledger = apply_transfer(ledger, coin, amount=amount)
            trades.append(_transfer(number, coin, amount=amount, reason=reason))
            continue
        instrument = venue.layout.instruments[step.column]
        price = grounds.request.marks[instrument.symbol]
        fill = Fill(instrument, step.count * instrument.amount_step, price)
        ledger = apply_fill(ledger, fill)
        reserve = fill.notional * grounds.request.policy.slippage
        paid = fill.fee * coin_price(ledger, grounds.request.marks, coin=_fee_coin(instrument))
        fees, slippage = fees + paid, slippage + reserve
        states = sequence.states[number - 1 : number + 1]
        weights = [_weight(venue, state, column=step.column) for state in states]
        trades.append(
            Order(
                step=number,
                symbol=instrument.symbol,
                side=Side.BUY if step.count > 0 else Side.SELL,
                amount=abs(fill.amount),
                unit="contracts" if instrument.is_future else "base",
                quantity_base=fill.quantity_base,
                notional=fill.notional,
                price=price,
                reduce_only=step.is_reduce_only,
                leg_group=groups.get(step.column),
                fee=fill.fee,
                fee_coin=_fee_coin(instrument),
                slippage=reserve,
                weight_before=weights[0],
                weight_after=weights[1],
                reason=reason,
            )
        )
    return ExactTrades(tuple(trades), ledger, fees, slippage)


def _transfer(number: int, coin: str, *, amount: Decimal, reason: str) -> Transfer:
    ends = (SPOT_ACCOUNT, FUTURES_ACCOUNT) if amount > 0 else (FUTURES_ACCOUNT, SPOT_ACCOUNT)
    return Transfer(number, coin, abs(amount), *ends, reason=reason)


def _fee_coin(instrument: Instrument) -> str:
    return str(instrument.settle) if instrument.is_future else instrument.quote


def _weight(venue: Venue, state: State, *, column: int) -> float:
    """Return an instrument's signed weight in a state."""
    count = venue.layout.spot_count
    held = state.spot[column] if column < count else state.size[column - count]
    if venue.layout.unified and column < count:
        coins = zip(venue.layout.coin_of, state.profit, strict=True)
        held += sum(profit for coin, profit in coins if coin == column)
    return held * venue.unit[column] / state_nav(venue, state)


_ADDING = {Phase.BUY_SPOT, Phase.OPEN_FUTURES}


def _leg_groups(grounds: Grounds, sequence: Sequence) -> dict[int, str]:
    """Return the leg group of each column: a basis short, and its spot where both go one way.

    A contract that a family has rolled out of is in the group of the one it rolls into.
    """
    layout = grounds.case.layout
    groups: dict[int, str] = {}
    ways = {step.column: step.phase in _ADDING for step in sequence.steps if _is_order(step)}
    for short in grounds.request.targets.shorts:
        if not short.is_basis or short.future not in layout.symbols:
            continue
        future = layout.symbols.index(short.future)
        spot = layout.symbols.index(short.spot)
        name = f"{short.label}/{layout.instruments[spot].base}"
        if future in ways:
            groups[future] = name
            if ways.get(spot) == ways[future]:
                groups[spot] = name
    return groups | _rolls(grounds, set(ways))


def _rolls(grounds: Grounds, traded: set[int]) -> dict[int, str]:
    """Return the group of each roll that a plan makes: what it closes and what it opens."""
    layout, groups = grounds.case.layout, dict[int, str]()
    for symbol in set(grounds.request.left) & {*layout.symbols}:
        old = layout.symbols.index(symbol)
        family = symbol.rpartition("-")[0]
        for new in traded - {old}:
            opened = layout.symbols[new]
            if old in traded and opened.rpartition("-")[0] == family:
                groups |= dict.fromkeys((old, new), f"roll {symbol} to {opened}")
    return groups


def _is_order(step: Step) -> bool:
    return step.kind is TradeKind.ORDER
