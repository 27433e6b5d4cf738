"""A book of holdings and how a trade changes it."""

from dataclasses import dataclass

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
        instrument = ctx.contracts[index]
        held, entry = self.contracts[index], self.entries[index]
        after = held + amount
        if magnitude(after) <= ctx.arithmetic.money_slack * magnitude(held):
            after = ctx.zero  # floats: what is left of a closed position is rounding error
        if held == 0 or (held > 0) == (amount > 0):
            self.entries[index] = instrument.joint_entry(held, entry, amount)
        else:
            closed = held if magnitude(amount) >= magnitude(held) else -amount
            self.settle(ctx, ctx.wallet_of[index], instrument.profit(closed, entry))
            if magnitude(amount) > magnitude(held):
                self.entries[index] = instrument.mark
        self.contracts[index] = after
        self.settle(ctx, ctx.wallet_of[index], -fee)

    def settle(self, ctx: Context, wallet: int, amount: Number) -> None:
        """Pay coins into a wallet; a unified account keeps them with the spot coins."""
        coin = ctx.wallet_coins[wallet]
        if self.unified and coin is not None:
            self.coins[coin] += amount
        else:
            self.wallets[wallet] += amount

    def transfer(self, ctx: Context, wallet: int, amount: Number) -> None:
        """Move coins from spot into their wallet, or out of it where the amount is negative."""
        coin = ctx.wallet_coins[wallet]
        if coin is None:
            self.cash -= amount
        else:
            self.coins[coin] -= amount
        self.wallets[wallet] += amount
