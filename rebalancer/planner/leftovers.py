"""What a plan leaves undone: below a lot or a minimum, or because a limit has no room."""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.decimals import from_float
from rebalancer.model.plan import Residual, TradeKind
from rebalancer.planner.case import Case
from rebalancer.planner.clips import state_nav
from rebalancer.planner.exposure import pooled_profit
from rebalancer.planner.limit_lines import LOW_ENDS
from rebalancer.planner.limits import LimitRow
from rebalancer.planner.order_sizes import least_count
from rebalancer.planner.promise import CASH, COINS
from rebalancer.planner.quantities import Quantities
from rebalancer.planner.sequence import Sequence
from rebalancer.planner.steps import OUTWARD, Phase, Step, Venue, build_venue, fee_of

_MOST_NAMED = 3
_LEAST_WORTH = 1.0
_LEAST_WEIGHT = 0.001
"""What is under a lot, or under these in the quote coin and as a share of NAV, is rounding."""

_CENT = Decimal("0.01")
Floats = NDArray[np.float64]
_NO_ROOM = "no allowed order keeps every limit"


def find_residuals(
    case: Case, quantities: Quantities, *, row: int, sequence: Sequence, withheld: str = ""
) -> tuple[Residual, ...]:
    """Return what instruments miss of their destination, and wallets of their interval.

    Less than a lot is rounding, unless it is worth a trade and a thousandth of NAV.

    `withheld` is the reason where the plan's status keeps steps back; else each has its own.
    """
    return (
        *_instrument_residuals(case, quantities, row=row, sequence=sequence, withheld=withheld),
        *_wallet_residuals(case, quantities, row=row, sequence=sequence, withheld=withheld),
    )


def _instrument_residuals(
    case: Case, quantities: Quantities, *, row: int, sequence: Sequence, withheld: str
) -> Iterator[Residual]:
    layout, final = case.layout, sequence.states[-1]
    marks = case.marks.take(np.array([row]))
    unit, price = marks.unit[0], marks.price[0]
    weights = quantities.destination.weights
    coins = pooled_profit(np.array([final.profit]), layout=layout)[0] + np.array(final.spot)
    held = np.concatenate([coins, np.array(final.size)])
    wanted = np.concatenate([weights.spot[row], weights.future[row]]) * case.nav[row] / unit
    left = {step.column for step in sequence.left if step.kind is TradeKind.ORDER}
    fees = _coin_fees(build_venue(case, row), sequence)
    for column, missing in enumerate((wanted - held).tolist()):
        instrument = layout.instruments[column]
        least_move = _smallest_move(case, column, price=price) + fees.get(column, 0.0)
        under_a_lot = abs(missing) < least_move * (1 + 1e-9)
        worth = abs(missing) * float(unit[column])
        least = max(case.rules.min_trade, _LEAST_WORTH, _LEAST_WEIGHT * float(case.nav[row]))
        if under_a_lot and worth < least and column not in left:
            continue
        coins = missing * float(unit[column]) / float(price[column])
        amount = from_float(float(f"{coins:.10g}"))
        notional = abs(amount) * from_float(float(price[column]))
        reason = withheld or _reason(case, column, abs(missing))
        if float(instrument.min_cost) > case.rules.order_notional:
            reason = "the smallest order is over the limit order_notional"
        if column in left:
            reason = _NO_ROOM
        yield Residual(instrument.symbol, amount, notional.quantize(_CENT), reason)


def _coin_fees(venue: Venue, sequence: Sequence) -> dict[int, float]:
    """Return the coins that a plan's trades cost, by the spot column that holds such coins."""
    layout, fees = venue.layout, dict[int, float]()
    for step in sequence.steps:
        future = step.column - layout.spot_count
        if step.kind is TradeKind.ORDER and future >= 0 and layout.is_inverse(future):
            fee = fee_of(venue, step.column, count=step.count)
            coin = layout.coin_of[future]
            fees[coin] = fees.get(coin, 0.0) + fee
    return fees


def _wallet_residuals(
    case: Case, quantities: Quantities, *, row: int, sequence: Sequence, withheld: str
) -> Iterator[Residual]:
    """Yield the wallets that end outside their interval by more than the plan's fees and a cent."""
    wanted, nav = case.wanted.wallet, float(case.nav[row])
    left = {step.column for step in sequence.left if step.kind is TradeKind.TRANSFER}
    venue = build_venue(case, row)
    paid = state_nav(venue, sequence.states[0]) - state_nav(venue, sequence.states[-1])
    for wallet, coins in enumerate(sequence.states[-1].equity):
        price, step = venue.wallet_price[wallet], venue.transfer_step[wallet]
        equity = coins * price
        low, high = float(wanted.low[0, wallet]) * nav, float(wanted.high[0, wallet]) * nav
        missing = max(low - equity, 0.0) + min(high - equity, 0.0)
        if abs(missing) <= paid + 2 * step * price:
            continue
        reason = withheld or _wallet_reason(case, missing)
        if missing > 0 and _is_lone(case, wallet, sequence):
            reason = "the short on these coins is under its smallest order: neither leg is opened"
        if quantities.destination.moved[row] < 1:
            reason = "the turnover limit has no room for more"
        if wallet in left:
            reason = _NO_ROOM
        amount = from_float(float(f"{missing / price:.10g}")).quantize(from_float(step))
        notional = abs(amount) * from_float(price)
        yield Residual(case.layout.wallets[wallet], amount, notional.quantize(_CENT), reason)


def _is_lone(case: Case, wallet: int, sequence: Sequence) -> bool:
    """Return whether a wallet's coins are asked for by a short that is not there."""
    sized = np.flatnonzero(case.wanted.on_wallet[0, :, wallet])
    return bool(sized.size) and not any(sequence.states[-1].size[future] for future in sized)


def _wallet_reason(case: Case, missing: float) -> str:
    if abs(missing) < case.rules.min_trade:
        return f"under the smallest trade, {case.rules.min_trade:,.2f} {case.layout.quote}"
    if missing < 0:
        return "a wallet gives out neither unrealised profit nor locked margin"
    return "cash or room is missing"


def _smallest_move(case: Case, column: int, *, price: Floats) -> float:
    """Return a column's lot; the spot leg of a basis pair moves in the lots of its future."""
    layout, lots = case.layout, [float(case.layout.lot[column])]
    if column < layout.spot_count:
        futures = np.flatnonzero(case.wanted.basis[0, :, column])
        for future in futures.tolist():
            place = layout.spot_count + future
            in_quote = float(price[place]) if layout.is_inverse(future) else 1.0
            lots.append(float(layout.lot[place]) / in_quote)
    return max(lots)


def _reason(case: Case, column: int, missing: float) -> str:
    instrument = case.layout.instruments[column]
    unit = "contracts" if instrument.is_future else instrument.base
    if missing < case.layout.lot[column]:
        return f"less than one lot of {instrument.amount_step.normalize():f} {unit}"
    return (
        f"under the smallest order, {instrument.min_amount.normalize():f} {unit} and "
        f"{max(float(instrument.min_cost), case.rules.min_trade):,.2f} {instrument.quote}, "
        "or taken off to keep a limit"
    )


_TOO_MANY_PARTS = "it would go in more and ever smaller parts than a plan has"


def describe_left(case: Case, venue: Venue, *, sequence: Sequence) -> tuple[str, ...]:
    """Say for each step that could not be sent which limits stopped it, and their width."""
    counts: dict[tuple[Phase, int, str], int] = {}
    for step, rows in zip(sequence.left, sequence.blocked, strict=True):
        names = list(dict.fromkeys(_name_row(case, row) for row in rows))[:_MOST_NAMED]
        if not names and step.phase in OUTWARD:
            names = ["withdrawable margin"]
        verb = "leaves" if len(names) == 1 else "leave"
        why = f"{' and '.join(names)} {verb} no room for it" if names else _TOO_MANY_PARTS
        key = (step.phase, step.column, why)
        counts[key] = counts.get(key, 0) + step.count
    return tuple(
        f"{_name_step(case, venue, Step(phase, column, count))} is not sent: {why}"
        for (phase, column, why), count in counts.items()
        if count
    )


def _name_row(case: Case, row: int) -> str:
    """Return a limit with its width: both ends of an interval, else its one end."""
    if row < 0:
        words = {CASH: "cash", COINS: "coins in spot"}
        return words.get(row, f"leg imbalance ({case.rules.leg_imbalance:.2%} of NAV, or an order)")
    limit = case.table.rows[row]
    name = limit.value.split(" ")[0]
    ceilings = dict(zip(case.table.rows, case.table.ceilings.tolist(), strict=True))
    if limit in {LimitRow.INITIAL_MARGIN, LimitRow.STRESS_LIQUIDATION}:
        return f"limit {name}"
    for low, high in LOW_ENDS.items():
        if limit in {low, high}:
            return f"limit {name} ({-ceilings[low]:.2%} to {ceilings[high]:.2%})"
    if limit is LimitRow.LIQUIDATION_DISTANCE:
        return f"limit {name} (at least {-ceilings[limit]:.2%})"
    most = f"{ceilings[limit]:g}x" if name.endswith("leverage") else f"{ceilings[limit]:.2%}"
    return f"limit {name} (at most {most})"


def _name_step(case: Case, venue: Venue, step: Step) -> str:
    if step.kind is TradeKind.TRANSFER:
        amount = abs(step.count) * from_float(venue.transfer_step[step.column])
        return f"transfer of {amount:,f} {case.layout.wallets[step.column]}"
    instrument = case.layout.instruments[step.column]
    side = "buy" if step.count > 0 else "sell"
    smallest = least_count(venue, step) * instrument.amount_step
    amount = abs(step.count) * instrument.amount_step
    return f"{side} {amount:f} {instrument.symbol} (smallest order {smallest:f})"
