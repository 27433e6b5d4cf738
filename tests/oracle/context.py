"""Everything that is the same for all books of one policy, regime, market and set of marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import EXACT, Arithmetic, Number, OutOfScopeError
from tests.oracle.instruments import Instrument, read_instrument
from tests.oracle.policy import Limit, PolicyView, read_policy

INITIAL_MARGIN = "initial_margin"
STRESS = "stress_"


@dataclass(frozen=True, slots=True)
class Context:
    """Instruments in a fixed order, the limits in a fixed order, and who moves with whom.

    INVARIANT: every list of a `Book` runs along `coins`, `contracts` or `wallets`.
    """

    arithmetic: Arithmetic
    policy: PolicyView
    coins: tuple[Instrument, ...]
    contracts: tuple[Instrument, ...]
    wallets: tuple[str, ...]
    managed: frozenset[str]
    by_symbol: dict[str, Instrument]
    coin_of: dict[str, int]
    contract_of: dict[str, int]
    coin_marks: tuple[Number, ...]
    contract_marks: tuple[Number, ...]
    wallet_of: tuple[int, ...]
    coin_groups: tuple[int, ...]
    contract_groups: tuple[int, ...]
    moves: tuple[tuple[Number, Number], ...]
    limits: tuple[Limit, ...]
    zero: Number


def make_context(
    policy: Mapping[str, Any],
    regime: str,
    *,
    instruments: Mapping[str, Any],
    marks: Mapping[str, Any],
    arithmetic: Arithmetic = EXACT,
) -> Context:
    """Return the precomputed part of every check of one policy in one regime at these marks."""
    view = read_policy(policy, regime, arithmetic)
    rows = instruments.get("instruments", instruments)
    named = named_symbols(view)
    missing = sorted(symbol for symbol in named if symbol not in rows or symbol not in marks)
    if missing:
        raise ValueError(f"no instrument or mark for {', '.join(missing)}: refuses the plan")
    known = [
        read_instrument(symbol, row, mark=arithmetic.make(marks[symbol]), arithmetic=arithmetic)
        for symbol, row in rows.items()
        if symbol in named or (symbol in marks and is_supported(row, view.quote))
    ]
    require_quote(view, known)
    coins = tuple(row for row in known if row.is_spot)
    contracts = tuple(row for row in known if not row.is_spot)
    wallets = tuple(dict.fromkeys([view.quote, *(row.settle for row in contracts)]))
    groups, moves = group_by_asset(view, (*coins, *contracts), arithmetic.make("0"))
    return Context(
        arithmetic=arithmetic,
        policy=view,
        coins=coins,
        contracts=contracts,
        wallets=wallets,
        managed=frozenset(named),
        by_symbol={row.symbol: row for row in known},
        coin_of={row.base: index for index, row in enumerate(coins)},
        contract_of={row.symbol: index for index, row in enumerate(contracts)},
        coin_marks=tuple(row.mark for row in coins),
        contract_marks=tuple(row.unit_value for row in contracts),
        wallet_of=tuple(wallets.index(row.settle) for row in contracts),
        coin_groups=groups[: len(coins)],
        contract_groups=groups[len(coins) :],
        moves=moves,
        limits=all_limits(view, arithmetic),
        zero=arithmetic.make("0"),
    )


def named_symbols(view: PolicyView) -> set[str]:
    """Return every symbol the policy names."""
    named = {row[key] for row in view.assets.values() for key in ("spot", "future") if key in row}
    named |= {future for sleeve in view.sleeves.values() for future in sleeve.futures.values()}
    return named | {hedge.future for hedge in view.hedges if hedge.future}


def require_quote(view: PolicyView, known: list[Instrument]) -> None:
    """Raise where a spot pair or a contract is not in the policy's own quote coin."""
    for row in known:
        if row.settle != view.quote:
            raise OutOfScopeError(f"`{row.symbol}` is in {row.settle}, not {view.quote}")


def is_supported(row: Mapping[str, Any], quote: str) -> bool:
    """Return whether an instrument that the policy does not name can be held in a book here."""
    linear = row.get("settle", row["quote"]) == row["quote"]
    return row["kind"] in {"spot", "perpetual"} and linear and row["quote"] == quote


def group_by_asset(
    view: PolicyView, known: tuple[Instrument, ...], zero: Number
) -> tuple[tuple[int, ...], tuple[tuple[Number, Number], ...]]:
    """Return each instrument's group and each group's stress moves; the last group never moves."""
    bases = {row.symbol: row.base for row in known}
    asset_of = {}
    for index, row in enumerate(view.assets.values()):
        for key in ("spot", "future"):
            if key in row:
                asset_of[bases[row[key]]] = index
    rest = len(view.assets)
    moves = [(view.moves or {}).get(asset, (zero, zero)) for asset in view.assets]
    groups = tuple(asset_of.get(row.base, rest) for row in known)
    return groups, (*moves, (zero, zero))


def all_limits(view: PolicyView, arithmetic: Arithmetic) -> tuple[Limit, ...]:
    """Return the policy's limits, their stressed forms, and initial margin within equity."""
    limits = list(view.limits)
    if view.moves is not None:
        stressed = [limit for limit in limits if limit.name in {"gross_leverage", "net_exposure"}]
        limits += [Limit(STRESS + limit.name, limit.low, limit.high) for limit in stressed]
        limits.append(Limit(STRESS + "liquidation", arithmetic.make("0"), None))
    limits.append(Limit(INITIAL_MARGIN, None, arithmetic.make("1")))
    return tuple(limits)
