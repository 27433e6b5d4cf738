"""What a plan leaves undone: below a lot or a minimum, or because a limit has no room."""

from decimal import Decimal

import numpy as np

from rebalancer.model.decimals import from_float
from rebalancer.model.plan import Residual
from rebalancer.planner.case import Case
from rebalancer.planner.choosing import least_count
from rebalancer.planner.limits import LimitRow
from rebalancer.planner.quantities import Quantities
from rebalancer.planner.sequence import Sequence
from rebalancer.planner.steps import Step, StepKind, Venue

_MOST_NAMED = 3


def find_residuals(
    case: Case, quantities: Quantities, *, row: int, sequence: Sequence
) -> tuple[Residual, ...]:
    """Return what each instrument still misses of its destination, where that is over a lot."""
    layout, final = case.layout, sequence.states[-1]
    price = case.prices[row if case.prices.shape[0] > 1 else 0]
    weights = quantities.destination.weights
    held = np.array([*final.spot, *final.size])
    wanted = np.concatenate([weights.spot[row], weights.future[row]]) * case.nav[row] / price
    left = {step.column for step in sequence.left if step.kind is StepKind.ORDER}
    residuals = []
    for column, missing in enumerate((wanted - held).tolist()):
        instrument = layout.instruments[column]
        if abs(missing) < _smallest_move(case, column) * (1 + 1e-9) and column not in left:
            continue
        amount = from_float(float(f"{missing:.10g}"))
        notional = abs(amount) * from_float(float(price[column]))
        if column in left:
            reason = "no allowed order keeps every limit"
        else:
            reason = _minimum_reason(case, column)
        residuals.append(
            Residual(instrument.symbol, amount, notional.quantize(Decimal("0.01")), reason)
        )
    return tuple(residuals)


def _smallest_move(case: Case, column: int) -> float:
    """Return a column's lot; the spot leg of a basis pair moves in the lots of its future."""
    layout, lots = case.layout, [float(case.layout.lot[column])]
    if column < layout.spot_count:
        futures = np.flatnonzero(case.wanted.basis[:, column])
        lots += [float(layout.lot[layout.spot_count + future]) for future in futures]
    return max(lots)


def _minimum_reason(case: Case, column: int) -> str:
    instrument = case.layout.instruments[column]
    unit = "contracts" if instrument.is_future else instrument.base
    return (
        f"under the smallest order, {instrument.min_amount.normalize():f} {unit} and "
        f"{max(float(instrument.min_cost), case.min_trade):,.2f} {instrument.quote}, "
        "or taken off to keep a limit"
    )


def describe_left(case: Case, venue: Venue, *, sequence: Sequence) -> tuple[str, ...]:
    """Say for each step that could not be sent which limits stopped it, and their width."""
    notes = []
    for step, rows in zip(sequence.left, sequence.blocked, strict=True):
        names = [_name_row(case, row) for row in rows] or ["withdrawable margin"]
        notes.append(
            f"{_name_step(case, venue, step)} is not sent: {' and '.join(names[:_MOST_NAMED])} "
            "leaves no room for it"
        )
    return tuple(notes)


def _name_row(case: Case, row: int) -> str:
    if row < 0:
        return "cash"
    limit = case.table.rows[row]
    ceiling = float(case.table.ceilings[row])
    if limit in {LimitRow.INITIAL_MARGIN, LimitRow.STRESS_LIQUIDATION}:
        return f"limit {limit.value}"
    sign = "at least" if limit.value.endswith("low") or ceiling < 0 else "at most"
    value = -ceiling if sign == "at least" else ceiling
    return f"limit {limit.value.split(' ')[0]} ({sign} {value:.2%})"


def _name_step(case: Case, venue: Venue, step: Step) -> str:
    if step.kind is StepKind.TRANSFER:
        return f"transfer of {abs(step.count) / 100:,.2f} {case.layout.wallets[step.column]}"
    instrument = case.layout.instruments[step.column]
    side = "buy" if step.count > 0 else "sell"
    smallest = least_count(venue, step) * instrument.amount_step
    amount = abs(step.count) * instrument.amount_step
    return f"{side} {amount:f} {instrument.symbol} (smallest order {smallest:f})"
