"""The reason beside each trade: which part asks for it, how far off it is, what forces it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rebalancer.model.instant import format_instant
from rebalancer.model.plan import TradeKind
from rebalancer.model.target_parts import RegimeTargets
from rebalancer.planner.case import Case, Weights
from rebalancer.planner.limits import LimitRow
from rebalancer.planner.request import PlanRequest
from rebalancer.planner.steps import Step
from rebalancer.planner.wanted import Interval

_Held = tuple[float, Interval, int]
"""The weight before a plan, the intervals it is held against, and its column of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """What the reasons of one book's plan are drawn from; `row` is its place in the case.

    `forced` names the limits that the band alone would have broken; `after` are the final
    weights, a batch of one.
    """

    request: PlanRequest
    case: Case
    row: int
    forced: tuple[str, ...]
    after: Weights


def explain_step(grounds: Grounds, step: Step) -> str:
    """Return why a step is in the plan, in one line."""
    layout = grounds.case.layout
    if step.realises:
        text = _explain_realising(grounds, step)
    elif step.kind is TradeKind.TRANSFER:
        text = _explain_transfer(grounds, step.column)
    elif step.column < layout.spot_count:
        text = _explain_spot(grounds, step)
    else:
        text = _explain_future(grounds, step.column - layout.spot_count)
        text += _rolled_from(grounds, step)
    if grounds.forced:
        what = "it against the band" if _is_against_band(grounds, step) else "more than the band"
        text += f"; {force_of(grounds.forced)} {what}"
    return text + f"; {_regime(grounds.request)}"


def force_of(names: Sequence[str]) -> str:
    """Return limits as those that force something.

    >>> force_of(["gross_leverage"])
    'limit gross_leverage forces'
    >>> force_of(["gross_leverage", "net_exposure", "asset_weight"])
    'limits gross_leverage, net_exposure and asset_weight force'
    """
    return f"{limits_of(names)} {'forces' if len(names) == 1 else 'force'}"


def limits_of(names: Sequence[str]) -> str:
    """Return limits by name, as the subject of a sentence.

    >>> limits_of(["gross_leverage", "net_exposure"])
    'limits gross_leverage and net_exposure'
    """
    if len(names) == 1:
        return f"limit {names[0]}"
    return f"limits {', '.join(names[:-1])} and {names[-1]}"


def _is_against_band(grounds: Grounds, step: Step) -> bool:
    """Return whether an order trades a coin or contract away from where its own band asks."""
    layout, future = grounds.case.layout, step.column - grounds.case.layout.spot_count
    if step.kind is TradeKind.TRANSFER or step.realises:
        return False
    if future < 0:
        before = float(grounds.case.present.spot[grounds.row, step.column])
        asks = _side_asked((before, grounds.case.wanted.spot, step.column))
    else:
        before = float(grounds.case.present.future[grounds.row, future])
        asks = _side_asked((before, grounds.case.wanted.future, future))
    is_plain = future < 0 or not grounds.case.wanted.sized[0, future].any()
    named = bool(sources_of(grounds.request.targets, layout.symbols[step.column]))
    return is_plain and named and asks * step.count < 0


def _explain_realising(grounds: Grounds, step: Step) -> str:
    instrument = grounds.case.layout.instruments[step.column]
    does = "closes" if step.is_reduce_only else "opens again"
    return f"realise profit: {does} what lets {instrument.settle} leave its wallet"


def _rolled_from(grounds: Grounds, step: Step) -> str:
    """Say which contracts of the family that an opening takes over from are held."""
    layout = grounds.case.layout
    family = layout.symbols[step.column].rpartition("-")[0]
    held = [
        symbol
        for future, symbol in enumerate(layout.symbols[layout.spot_count :])
        if symbol in grounds.request.left
        and symbol.rpartition("-")[0] == family
        and grounds.case.present.future[grounds.row, future]
    ]
    if step.is_reduce_only or not held:
        return ""
    return f"; rolled on from {' and '.join(held)}"


def sources_of(targets: RegimeTargets, name: str) -> str:
    """Return the sleeves and hedges that ask for an instrument or wallet, joined."""
    parts = (*targets.spot, *targets.futures, *targets.margin)
    asking = [part.source for part in parts if part.name == name and part.weight]
    asking += [short.label for short in targets.shorts if short.future == name]
    return " + ".join(dict.fromkeys(asking))


def limit_names(rows: Iterable[LimitRow]) -> tuple[str, ...]:
    """Return the limits' names as a policy writes them, without the end of an interval."""
    return tuple(dict.fromkeys(row.value.split(" ")[0] for row in rows))


def _explain_spot(grounds: Grounds, step: Step) -> str:
    """Say which part a spot order is for: the sleeves of the coin, or a wallet of such coins."""
    layout, column = grounds.case.layout, step.column
    before = float(grounds.case.present.spot[grounds.row, column])
    spot = (before, grounds.case.wanted.spot, column)
    own = _against_band(grounds, layout.symbols[column], spot)
    if column not in layout.wallet_coin:
        return own
    wallet, side = layout.wallet_coin.index(column), 1 if step.count > 0 else -1
    asks, wallet_asks = _side_asked(spot), _side_asked(_wallet_held(grounds, wallet))
    way = "for" if step.count > 0 else "from"
    coins = f"coins {way} the wallet: {_explain_transfer(grounds, wallet)}"
    if asks == side:
        return f"{own}; with {coins}" if wallet_asks == side else own
    is_asked = bool(sources_of(grounds.request.targets, layout.wallets[wallet]))
    return coins if wallet_asks == side or (asks == 0 and is_asked) else own


def _side_asked(held: _Held) -> int:
    """Return 1 where a band asks to buy, -1 where it asks to sell, 0 where it leaves it alone."""
    before, interval, column = held
    return int(before < interval.low[0, column]) - int(before > interval.high[0, column])


def _wallet_held(grounds: Grounds, wallet: int) -> _Held:
    before = float(grounds.case.present.wallet[grounds.row, wallet])
    return before, grounds.case.wanted.wallet, wallet


def _explain_transfer(grounds: Grounds, wallet: int) -> str:
    coin = grounds.case.layout.wallets[wallet]
    text = _against_band(grounds, coin, _wallet_held(grounds, wallet))
    return f"margin of {text}"


def _against_band(grounds: Grounds, name: str, held: _Held) -> str:
    before, interval, column = held
    low, high, target = (
        float(values[0, column]) for values in (interval.low, interval.high, interval.target)
    )
    sources = sources_of(grounds.request.targets, name)
    if name in grounds.request.left:
        return f"{name}: its family has rolled on, {before:.2%} held"
    if not sources:
        return f"{name}: no sleeve of this regime asks for it, {before:.2%} held"
    parts = [part for part in grounds.request.targets.futures if part.name == name]
    sources += "".join(f" ({note})" for note in dict.fromkeys(p.note for p in parts if p.note))
    if low <= before <= high:
        return f"{sources}: {before:.2%} is inside its band {low:.2%} to {high:.2%}"
    side = "under" if before < low else "over"
    return f"{sources}: {before:.2%} is {side} its band {low:.2%} to {high:.2%} around {target:.2%}"


def _explain_future(grounds: Grounds, future: int) -> str:
    """Say what the shorts are sized on, and what other parts ask of the same contract."""
    case, targets = grounds.case, grounds.request.targets
    symbol = case.layout.symbols[case.layout.spot_count + future]
    sized = [short for short in targets.shorts if short.future == symbol]
    on_wallet = case.wanted.on_wallet[0, future]
    if not sized or not (case.wanted.sized[0, future].any() or on_wallet.any()):
        before = float(case.present.future[grounds.row, future])
        return _against_band(grounds, symbol, (before, case.wanted.future, future))
    spots = " and ".join(
        [
            f"{_ratio(case, future, column)} of the {case.layout.instruments[column].base}"
            f" that stays ({float(grounds.after.spot[0, column]):.2%} of NAV)"
            for column in range(case.layout.spot_count)
            if case.wanted.sized[0, future, column]
        ]
        + [
            f"{on_wallet[wallet]:.2%} of the {case.layout.wallets[wallet]} in its wallet"
            f" ({float(grounds.after.wallet[0, wallet]):.2%} of NAV)"
            for wallet in range(len(case.layout.wallets))
            if on_wallet[wallet]
        ]
    )
    labels = " + ".join(dict.fromkeys(short.label for short in sized))
    notes = "".join(f"; {note}" for note in dict.fromkeys(one.note for one in sized if one.note))
    text = f"{labels}: short sized on {spots}{notes}"
    others = [part.source for part in targets.futures if part.name == symbol and part.weight]
    if others:
        asked = float(case.wanted.future.target[0, future])
        text += f"; with {' + '.join(dict.fromkeys(others))}: {asked:+.2%} of NAV"
        parts = [part for part in targets.futures if part.name == symbol]
        text += "".join(f"; {note}" for note in dict.fromkeys(p.note for p in parts if p.note))
    return text


def _ratio(case: Case, future: int, column: int) -> str:
    wanted = case.wanted
    low, high = wanted.least[0, future, column], wanted.most[0, future, column]
    text = f"{wanted.sized[0, future, column]:.2%}"
    return text if low == high else f"{text} ({low:.2%} to {high:.2%} left alone)"


def _regime(request: PlanRequest) -> str:
    line = request.regime_line
    return f"regime {line.name} since {format_instant(line.since_us)[:10]} ({line.because})"
