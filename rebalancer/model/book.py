"""The book: what a portfolio holds at one time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Account(StrEnum):
    """Whether spot coins and futures wallets are kept apart or pooled."""

    SEPARATE = "separate"
    UNIFIED = "unified"


@dataclass(frozen=True, slots=True)
class Position:
    """A futures position: signed contracts (negative is short) and its average entry price.

    `contract_size` is what the venue says that one contract is, where it says so: a plan refuses a
    position whose contracts are not those of the market folder. It is no part of what is held.
    """

    symbol: str
    contracts: Decimal
    entry_price: Decimal
    contract_size: Decimal | None = field(default=None, compare=False)

    def is_counted_in(self, contract_size: Decimal) -> bool:
        """Return whether the position may be in contracts of this size."""
        return self.contract_size is None or self.contract_size == contract_size


@dataclass(frozen=True, slots=True)
class Book:
    """Spot coins (the quote coin included), futures wallets without unrealised profit, positions.

    INVARIANT: one position per symbol, none with zero contracts; spot quantities are not negative.
    """

    as_of_us: int
    account: Account = Account.SEPARATE
    spot: Mapping[str, Decimal] = field(default_factory=dict)
    wallets: Mapping[str, Decimal] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
