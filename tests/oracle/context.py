"""Everything that is the same for all books of one policy, regime, market and set of marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import EXACT, Arithmetic, Number, OutOfScopeError
from tests.oracle.families import family_members, resolve_families
from tests.oracle.given import NOTHING_GIVEN, Given
from tests.oracle.instruments import Instrument, read_instrument
from tests.oracle.policy import Limit, PolicyView, read_policy

INITIAL_MARGIN = "initial_margin"
STRESS = "stress_"
DOLLARS = {"USD", "USDT", "USDC"}
"""Worth the same; an inverse contract is quoted in one of them."""


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
    contract_sizes: tuple[Number, ...]
    """Of one contract in the coin it settles in."""
    wallet_of: tuple[int, ...]
    wallet_coins: tuple[int | None, ...]
    """The coin each wallet holds; none for the quote coin."""
    wallet_marks: tuple[Number, ...]
    """What one coin of each wallet is worth: its spot mark wherever it lies."""
    coin_groups: tuple[int, ...]
    contract_groups: tuple[int, ...]
    moves: tuple[tuple[Number, Number], ...]
    limits: tuple[Limit, ...]
    betas: dict[tuple[str, str], Number]
    zero: Number


def make_context(
    policy: Mapping[str, Any],
    regime: str,
    *,
    instruments: Mapping[str, Any],
    marks: Mapping[str, Any],
    arithmetic: Arithmetic = EXACT,
    given: Given = NOTHING_GIVEN,
) -> Context:
    """Return the precomputed part of every check of one policy in one regime at these marks."""
    rows = instruments.get("instruments", instruments)
    view = read_policy(resolve_families(policy, rows, given), regime, arithmetic)
    named = named_symbols(view)
    missing = sorted(symbol for symbol in named if symbol not in rows or symbol not in marks)
    if missing:
        raise ValueError(f"no instrument or mark for {', '.join(missing)}: refuses the plan")
    named |= family_members(policy, rows) & set(marks)
    known = [
        read_instrument(symbol, row, mark=arithmetic.make(marks[symbol]), arithmetic=arithmetic)
        for symbol, row in rows.items()
        if symbol in named
        or (symbol in marks and is_supported(row, view.quote, rows=rows, marks=marks))
    ]
    require_quote(view, known)
    coins = tuple(row for row in known if row.is_spot)
    contracts = tuple(row for row in known if not row.is_spot)
    wallets = tuple(dict.fromkeys([view.quote, *(row.settle for row in contracts)]))
    coin_of = {row.base: index for index, row in enumerate(coins)}
    wallet_coins = (None, *(coin_of[coin] for coin in wallets[1:]))
    groups, moves = group_by_asset(view, (*coins, *contracts), arithmetic.make("0"))
    return Context(
        arithmetic=arithmetic,
        policy=view,
        coins=coins,
        contracts=contracts,
        wallets=wallets,
        managed=frozenset(named),
        by_symbol={row.symbol: row for row in known},
        coin_of=coin_of,
        contract_of={row.symbol: index for index, row in enumerate(contracts)},
        coin_marks=tuple(row.mark for row in coins),
        contract_marks=tuple(row.unit_value for row in contracts),
        contract_sizes=tuple(row.unit_settled for row in contracts),
        wallet_coins=wallet_coins,
        wallet_marks=tuple(
            arithmetic.make("1") if coin is None else coins[coin].mark for coin in wallet_coins
        ),
        wallet_of=tuple(wallets.index(row.settle) for row in contracts),
        coin_groups=groups[: len(coins)],
        contract_groups=groups[len(coins) :],
        moves=moves,
        limits=all_limits(view, arithmetic),
        betas={pair: arithmetic.make(beta) for pair, beta in given.betas.items()},
        zero=arithmetic.make("0"),
    )


def named_symbols(view: PolicyView) -> set[str]:
    """Return every symbol the policy names."""
    named = {row[key] for row in view.assets.values() for key in ("spot", "future") if key in row}
    named |= {future for sleeve in view.sleeves.values() for future in sleeve.futures.values()}
    return named | {hedge.future for hedge in view.hedges if hedge.future}


def require_quote(view: PolicyView, known: list[Instrument]) -> None:
    """Raise where an instrument is not counted in the policy's quote coin, or its coin unpriced."""
    priced = {row.base for row in known if row.is_spot}
    for row in known:
        if row.is_inverse and {row.quote, view.quote} <= DOLLARS:
            if row.settle not in priced:
                raise ValueError(f"no spot pair values {row.settle}: refuses the plan")
        elif row.settle != view.quote:
            raise OutOfScopeError(f"`{row.symbol}` is in {row.settle}, not {view.quote}")


def is_supported(
    row: Mapping[str, Any], quote: str, *, rows: Mapping[str, Any], marks: Mapping[str, Any]
) -> bool:
    """Return whether an instrument that the policy does not name can be held in a book here."""
    settle = row.get("settle", row["quote"])
    if settle == row["quote"]:
        return bool(row["quote"] == quote)
    pair = f"{settle}/{quote}"
    return (
        settle == row["base"]
        and {row["quote"], quote} <= DOLLARS
        and {pair} <= rows.keys() & marks.keys()
    )


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
