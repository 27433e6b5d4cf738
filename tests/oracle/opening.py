"""The book of a portfolio document: what is managed, what lies outside, what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.arithmetic import Number
from tests.oracle.book import Book
from tests.oracle.context import Context


@dataclass(slots=True)
class Opening:
    """The managed book of a portfolio, what lies outside it, and why it must be refused."""

    book: Book
    outside: dict[str, Number] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


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
        place_wallet(ctx, opening, coin=coin, amount=make(text))
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


def place_wallet(ctx: Context, opening: Opening, *, coin: str, amount: Number) -> None:
    """Put a wallet into the book, or refuse it; a unified account pools it with the spot coins."""
    users = {row.settle for row in ctx.contracts if row.symbol in ctx.managed}
    sold = ctx.policy.unmanaged == "sell" and coin in ctx.wallets
    if opening.book.unified and coin != ctx.policy.quote:
        place_coin(ctx, opening, coin=coin, amount=amount)
    elif coin == ctx.policy.quote or coin in users or sold:
        opening.book.wallets[ctx.wallets.index(coin)] += amount
    elif amount != 0:
        opening.refusals.append(f"wallet {coin}")


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
