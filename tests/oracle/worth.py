"""What a book is worth at the marks, in quote money, and the margin it locks."""

from dataclasses import dataclass

from tests.oracle.arithmetic import Number, magnitude
from tests.oracle.book import Book
from tests.oracle.context import Context


@dataclass(slots=True)
class Worth:
    """A book at the marks: values along coins, contracts and margin pools, all in quote money.

    INVARIANT: a unified account is one pool, whose equity is the NAV.
    """

    unified: bool
    nav: Number
    spots: list[Number]
    """Coins in spot: of a unified account's pool all, as `coin_values`.

    The coins of a full inverse short are worth its size at any price only with its profit; a pool
    weighed without it would sell a synthetic dollar that needs no trade.
    """
    coin_values: list[Number]
    """Coins wherever they lie, unrealised coin profit included."""
    signed: list[Number]
    """Signed notional at the contract's own mark; the size in dollars where inverse."""
    sizes: list[Number]
    """Signed notional in the coin it settles in: what margin and tiers count."""
    equities: list[Number]
    """Of each margin pool; the coins of a coin-margined wallet at their spot mark."""
    pool_of: tuple[int, ...]


def value_book(ctx: Context, book: Book) -> Worth:
    """Return what a book is worth: spot value + futures wallets + unrealised profit."""
    spots = [amount * mark for amount, mark in zip(book.coins, ctx.coin_marks, strict=True)]
    equities = book.wallets[:]
    signed, sizes = [], []
    for index, held in enumerate(book.contracts):
        signed.append(held * ctx.contract_marks[index])
        sizes.append(held * ctx.contract_sizes[index])
        if held != 0:
            profit = ctx.contracts[index].profit(held, book.entries[index])
            equities[ctx.wallet_of[index]] += profit
    coin_values = spots[:]
    for wallet, coin in enumerate(ctx.wallet_coins):
        if coin is not None:
            equities[wallet] *= ctx.wallet_marks[wallet]
            coin_values[coin] += equities[wallet]
    nav = book.cash + equities[0] + sum(coin_values)
    return Worth(
        unified=book.unified,
        nav=nav,
        spots=coin_values if book.unified else spots,
        coin_values=coin_values,
        signed=signed,
        sizes=sizes,
        equities=[nav] if book.unified else equities,
        pool_of=(0,) * len(signed) if book.unified else ctx.wallet_of,
    )


def settled_value(ctx: Context, worth: Worth, index: int) -> Number:
    """Return a contract's signed notional as its wallet counts it: its coins at spot."""
    return worth.sizes[index] * ctx.wallet_marks[ctx.wallet_of[index]]


def initial_margins(ctx: Context, worth: Worth) -> list[Number]:
    """Return the initial margin locked in each margin pool."""
    locked = [ctx.zero] * len(worth.equities)
    for index, size in enumerate(worth.sizes):
        if size != 0:
            margin = ctx.contracts[index].initial(magnitude(size))
            locked[worth.pool_of[index]] += margin * ctx.wallet_marks[ctx.wallet_of[index]]
    return locked


def maintenance_margins(ctx: Context, worth: Worth) -> list[Number]:
    """Return the margin under which each pool is liquidated."""
    needed = [ctx.zero] * len(worth.equities)
    for index, size in enumerate(worth.sizes):
        if size != 0:
            margin = ctx.contracts[index].maintenance(magnitude(size))
            needed[worth.pool_of[index]] += margin * ctx.wallet_marks[ctx.wallet_of[index]]
    return needed


def moving_coins(ctx: Context, worth: Worth, pool: int) -> dict[int, Number]:
    """Return what each coin is worth in a margin pool: it moves with the coin's price."""
    if worth.unified:
        return {coin: value for coin, value in enumerate(worth.coin_values) if value != 0}
    coin = ctx.wallet_coins[pool]
    return {} if coin is None else {coin: worth.equities[pool]}
