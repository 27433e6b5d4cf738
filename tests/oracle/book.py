"""A book of holdings, how a trade changes it, and what it is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.context import Context


@dataclass(slots=True)
class Book:
    """Amounts along the context's coins, wallets and contracts; `cash` is the spot quote coin."""

    unified: bool
    cash: Number
    coins: list[Number]
    wallets: list[Number]
    contracts: list[Number]
    entries: list[Number]

    def copy(self) -> "Book":
        """Return a book that can change on its own."""
        return Book(
            self.unified,
            self.cash,
            self.coins[:],
            self.wallets[:],
            self.contracts[:],
            self.entries[:],
        )

    def quote_cash(self) -> Number:
        """Return the cash that pays for spot: in a unified account the whole pool's quote coin."""
        return self.cash + self.wallets[0] if self.unified else self.cash

    def trade_spot(self, coin: int, amount: Number, money: Number) -> None:
        """Change a coin by a signed amount and the cash by signed money (fee included)."""
        self.coins[coin] += amount
        self.cash += money

    def trade_future(self, ctx: Context, index: int, *, amount: Number, fee: Number) -> None:
        """Change a position by signed contracts at the mark and settle what that realises."""
        instrument, wallet = ctx.contracts[index], ctx.wallet_of[index]
        held, entry = self.contracts[index], self.entries[index]
        after = held + amount
        if magnitude(after) <= ctx.arithmetic.money_slack * magnitude(held):
            after = ctx.zero  # floats: what is left of a closed position is rounding error
        if held == 0 or (held > 0) == (amount > 0):
            cost = magnitude(held) * entry + magnitude(amount) * instrument.mark
            self.entries[index] = cost / magnitude(after) if after != 0 else entry
        else:
            closed = held if magnitude(amount) >= magnitude(held) else -amount
            self.wallets[wallet] += closed * instrument.size * (instrument.mark - entry)
            if magnitude(amount) > magnitude(held):
                self.entries[index] = instrument.mark
        self.contracts[index] = after
        self.wallets[wallet] -= fee

    def transfer(self, wallet: int, amount: Number) -> None:
        """Move cash into a wallet, or out of it where the amount is negative."""
        self.cash -= amount
        self.wallets[wallet] += amount


@dataclass(slots=True)
class Opening:
    """The managed book of a portfolio, what lies outside it, and why it must be refused."""

    book: Book
    outside: dict[str, Number] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Worth:
    """A book at the marks: signed values along coins and contracts, equity per margin pool.

    INVARIANT: a unified account is one pool, whose equity is the NAV.
    """

    unified: bool
    nav: Number
    spots: list[Number]
    signed: list[Number]
    equities: list[Number]
    pool_of: tuple[int, ...]


def value_book(ctx: Context, book: Book) -> Worth:
    """Return what a book is worth: spot value + futures wallets + unrealised profit."""
    spots = [amount * mark for amount, mark in zip(book.coins, ctx.coin_marks, strict=True)]
    equities = book.wallets[:]
    signed = []
    for index, held in enumerate(book.contracts):
        if held == 0:
            signed.append(held)
            continue
        notional = held * ctx.contract_marks[index]
        signed.append(notional)
        cost = held * ctx.contracts[index].size * book.entries[index]
        equities[ctx.wallet_of[index]] += notional - cost
    nav = book.cash + sum(spots) + sum(equities)
    pools = [nav] if book.unified else equities
    pool_of = (0,) * len(signed) if book.unified else ctx.wallet_of
    return Worth(book.unified, nav, spots, signed, pools, pool_of)


def initial_margins(ctx: Context, worth: Worth) -> list[Number]:
    """Return the initial margin locked in each margin pool."""
    locked = [ctx.zero] * len(worth.equities)
    for index, notional in enumerate(worth.signed):
        if notional != 0:
            locked[worth.pool_of[index]] += ctx.contracts[index].initial(magnitude(notional))
    return locked


def open_book(ctx: Context, portfolio: Mapping[str, Any]) -> Opening:
    """Return the book of a portfolio document, unmanaged holdings set aside as the policy says."""
    make = ctx.arithmetic.make
    futures = portfolio.get("futures") or {}
    zeros = [ctx.zero] * len(ctx.contracts)
    book = Book(
        unified=portfolio.get("account", "separate") == "unified",
        cash=ctx.zero,
        coins=[ctx.zero] * len(ctx.coins),
        wallets=[ctx.zero] * len(ctx.wallets),
        contracts=zeros,
        entries=zeros[:],
    )
    opening = Opening(book)
    for coin, text in (portfolio.get("spot") or {}).items():
        place_coin(ctx, opening, coin=coin, amount=make(text))
    for coin, text in (futures.get("wallets") or {}).items():
        if coin in ctx.wallets:
            book.wallets[ctx.wallets.index(coin)] += make(text)
        elif make(text) != 0:
            opening.refusals.append(f"wallet {coin}")
    for row in futures.get("positions") or ():
        held, entry = make(row["contracts"]), make(row["entry_price"])
        place_position(ctx, opening, symbol=row["symbol"], held=held, entry=entry)
    return opening


def place_coin(ctx: Context, opening: Opening, *, coin: str, amount: Number) -> None:
    """Put a coin into the book, or outside it where the policy does not name it."""
    index = ctx.coin_of.get(coin)
    if coin == ctx.policy.quote:
        opening.book.cash += amount
    elif index is not None and ctx.coins[index].symbol in ctx.managed:
        opening.book.coins[index] += amount
    elif amount == 0:
        return
    elif index is None:
        outside = ctx.policy.unmanaged == "ignore"
        opening.outside[coin] = amount
        opening.refusals += [] if outside else [f"coin {coin}"]
    else:
        small = amount * ctx.coin_marks[index] < ctx.policy.min_trade
        if small or ctx.policy.unmanaged != "sell":
            opening.outside[coin] = amount
        else:
            opening.book.coins[index] += amount
        opening.refusals += [f"coin {coin}"] if refuses(ctx, small=small) else []


def place_position(
    ctx: Context, opening: Opening, *, symbol: str, held: Number, entry: Number
) -> None:
    """Put a position into the book, or refuse it where the policy does not name it."""
    index = ctx.contract_of.get(symbol)
    if held == 0:
        return
    if index is None or (symbol not in ctx.managed and ctx.policy.unmanaged != "sell"):
        opening.refusals.append(f"position {symbol}")
        return
    opening.book.contracts[index] += held
    opening.book.entries[index] = entry


def refuses(ctx: Context, *, small: bool) -> bool:
    """Return whether a coin that the policy does not name refuses the plan."""
    return ctx.policy.unmanaged == "refuse" and not small
