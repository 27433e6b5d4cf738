"""The columns of a run: every instrument that a policy or its first book may ever hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from rebalancer.errors import UsageError
from rebalancer.model.book import Account, Book, Position
from rebalancer.model.decimals import ZERO, from_float
from rebalancer.model.instrument import Instrument, InstrumentKind
from rebalancer.model.market import Floats
from rebalancer.planner.exposure import Holdings, build_marks, measure_exposure
from rebalancer.planner.layout import Layout, build_layout
from rebalancer.policy.compiled import Policy, Unmanaged
from rebalancer.policy.symbols import parse_contract

_SIZE_DECIMALS = 12
_MONEY_PARTS = 10**8
"""Balances go into a book in whole hundred-millionths, rounded down: none is made up."""


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """What a book holds that has no column: it stays as it is and counts for nothing."""

    spot: Mapping[str, Decimal]
    wallets: Mapping[str, Decimal]
    positions: tuple[Position, ...]


def run_layout(policy: Policy, instruments: Mapping[str, Instrument], *, book: Book) -> Layout:
    """Return the layout of everything that the policy or the book may hold at any time.

    A rolled family stands for all its dated contracts, also those without a row: the columns
    depend on no observation.
    """
    extra = [
        each.symbol for family, _ in policy.rolls for each in _family_contracts(family, instruments)
    ]
    extra += [
        each.symbol
        for each in book.positions
        if each.symbol in instruments and _can_settle(instruments[each.symbol], policy.quote)
    ]
    if policy.unmanaged is Unmanaged.SELL:
        extra += [f"{coin}/{policy.quote}" for coin in book.spot if coin != policy.quote]
    return build_layout(
        policy, instruments, account=book.account, extra=tuple(dict.fromkeys(extra))
    )


def _family_contracts(family: str, instruments: Mapping[str, Instrument]) -> Iterator[Instrument]:
    """Yield every dated contract of a family, in the order of the instruments."""
    named = parse_contract(family)
    for each in instruments.values():
        coins = (each.base, each.quote, each.settle)
        is_member = coins == (named.base, named.quote, named.settle)
        if is_member and each.kind is InstrumentKind.FUTURE:
            yield each


def _can_settle(instrument: Instrument, quote: str) -> bool:
    return instrument.is_future and (instrument.settle == quote or instrument.is_inverse)


def open_holdings(layout: Layout, book: Book) -> tuple[Holdings, Carried]:
    """Return a book as arrays of a batch of one, and what of it has no column."""
    spots = {one.base: column for column, one in enumerate(_spots(layout))}
    futures = {one.symbol: column for column, one in enumerate(_futures(layout))}
    wallets = {coin: column for column, coin in enumerate(layout.wallets)}
    pooled = book.wallets if layout.unified else {}
    apart = {} if layout.unified else book.wallets
    holdings = Holdings(
        spot=np.zeros((1, layout.spot_count)),
        size=np.zeros((1, len(futures))),
        entry=np.zeros((1, len(futures))),
        cash=np.zeros(1),
        wallet=np.zeros((1, len(wallets))),
    )
    for coin, amount in (*book.spot.items(), *pooled.items()):
        if coin == layout.quote:
            holdings.cash[0] += float(amount)
        elif coin in spots:
            holdings.spot[0, spots[coin]] += float(amount)
    for coin in wallets.keys() & apart.keys():
        holdings.wallet[0, wallets[coin]] = float(apart[coin])
    known = [one for one in book.positions if _is_known(layout, one)]
    for position in known:
        column = futures[position.symbol]
        contract = _futures(layout)[column].contract_size
        holdings.size[0, column] = float(position.contracts * contract)
        holdings.entry[0, column] = float(position.entry_price)
    coins = {layout.quote, *spots}
    return holdings, Carried(
        spot={coin: held for coin, held in book.spot.items() if coin not in coins},
        wallets={
            coin: held
            for coin, held in book.wallets.items()
            if coin not in (coins if layout.unified else wallets)
        },
        positions=tuple(one for one in book.positions if one not in known),
    )


def _is_known(layout: Layout, position: Position) -> bool:
    """Return whether a position has a column, and is in contracts of that column."""
    return any(
        one.symbol == position.symbol and position.is_counted_in(one.contract_size)
        for one in _futures(layout)
    )


def close_book(
    layout: Layout, holdings: Holdings, *, row: int, carried: Carried, as_of_us: int
) -> Book:
    """Return one row of a batch as an exact book.

    Balances are rounded down to hundred-millionths, so a plan never spends what is not there. A
    pool that owes money or coins owes them in its futures wallet: spot is never negative.
    """
    cash = _money(float(holdings.cash[row]))
    coins = (
        [_money(coin) for coin in holdings.spot[row].tolist()]
        if layout.unified
        else [_size(coin) for coin in holdings.spot[row].tolist()]
    )
    held = {layout.quote: cash}
    held |= {one.base: coin for one, coin in zip(_spots(layout), coins, strict=True) if coin}
    owed = {coin: amount for coin, amount in held.items() if amount < 0}
    wallets = dict(zip(layout.wallets, map(_money, holdings.wallet[row].tolist()), strict=True))
    if layout.unified:
        wallets = owed
    positions = (
        Position(
            symbol,
            contracts_held(layout, future, size=float(holdings.size[row, future])),
            from_float(float(holdings.entry[row, future])),
        )
        for future, symbol in enumerate(layout.symbols[layout.spot_count :])
        if holdings.size[row, future]
    )
    return Book(
        as_of_us,
        Account.UNIFIED if layout.unified else Account.SEPARATE,
        {**carried.spot, **{coin: max(amount, ZERO) for coin, amount in held.items()}},
        {**carried.wallets, **wallets},
        (*positions, *carried.positions),
    )


def contracts_held(layout: Layout, future: int, *, size: float) -> Decimal:
    """Return the exact contracts of a position of some size."""
    return _size(size / float(_futures(layout)[future].contract_size))


def require_prices(layout: Layout, holdings: Holdings, *, known: Mapping[str, bool]) -> None:
    """Raise UsageError where the first book holds something that has no price at the start."""
    held = {one.base: holdings.spot[0, place] for place, one in enumerate(_spots(layout))}
    for coin, amount in zip(layout.wallets, holdings.wallet[0].tolist(), strict=True):
        held[coin] = held.get(coin, 0.0) or amount
    needed = [one.symbol for one in _spots(layout) if held[one.base]]
    needed += [one.symbol for place, one in enumerate(_futures(layout)) if holdings.size[0, place]]
    for symbol in needed:
        if not known[symbol]:
            raise UsageError(
                f"the portfolio holds `{symbol.partition(':')[0]}`, which has no price at the start"
            )


def require_worth(layout: Layout, holdings: Holdings, *, close: Floats) -> None:
    """Raise UsageError where a first book is worth nothing at the closes (batch or 1, instrument).

    Weights are shares of what there is, and every plan would be refused.
    """
    marks = build_marks(np.asfortranarray(close), layout)
    least = float(measure_exposure(holdings, marks, layout=layout).nav.min())
    if least <= 0:
        raise UsageError(
            f"the portfolio's NAV at the start must be above 0, was {least:,.2f} {layout.quote}"
        )


def _spots(layout: Layout) -> tuple[Instrument, ...]:
    return layout.instruments[: layout.spot_count]


def _futures(layout: Layout) -> tuple[Instrument, ...]:
    return layout.instruments[layout.spot_count :]


def round_sizes(amounts: Floats) -> Floats:
    """Return coins or contracts as a book has them: sums of lots are floats, lots are not."""
    return np.round(amounts, _SIZE_DECIMALS)


def round_money(amounts: Floats) -> Floats:
    """Return balances as a book has them, rounded down to hundred-millionths."""
    return np.asarray(np.floor(amounts * _MONEY_PARTS) / _MONEY_PARTS)


def _size(amount: float) -> Decimal:
    return from_float(float(round_sizes(np.array(amount))))


def _money(amount: float) -> Decimal:
    return Decimal(int(np.floor(amount * _MONEY_PARTS))) / _MONEY_PARTS
