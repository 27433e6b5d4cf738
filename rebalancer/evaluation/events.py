"""What happened to a policy on the way: breaches, liquidations, gaps, and orders cut short."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit broken at the closes of consecutive bars, from `at_us` to the last one broken.

    `name` is the limit's, as in a plan; `allowed` is the end that is passed and `worst` the number
    farthest outside it (infinite leverage is a book without equity). `until_us` is the first bar at
    which the limit holds again, the run's end where none does. `after_fill` says that the breach
    was first seen at the first bar after a fill: the market moved between decision and fill.
    """

    at_us: int
    until_us: int
    name: str
    allowed: float
    worst: float
    bars: int
    after_fill: bool

    @property
    def size(self) -> float:
        """Return how far the number was outside its limit at the worst."""
        return abs(self.worst - self.allowed)


@dataclass(frozen=True, slots=True)
class ClosedPosition:
    """A position that the venue closed: signed contracts, and the mark at which it went."""

    symbol: str
    contracts: Decimal
    entry_price: float
    price: float


@dataclass(frozen=True, slots=True)
class Liquidation:
    """A wallet's positions closed by the venue within the bar stamped `at_us`.

    `wallet` is the wallet's coin (the quote coin of a unified account's pool); `equity` and
    `maintenance` are what was left and what was needed where the two met, `fee` what the venue took
    of it, all in the quote coin.
    """

    at_us: int
    wallet: str
    positions: tuple[ClosedPosition, ...]
    equity: float
    maintenance: float
    fee: float


class Missing(StrEnum):
    """What of a held instrument the market does not say."""

    FUNDING = "funding"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class DataGap:
    """A stretch in which something was held and its funding or its price is missing.

    Without funding nothing was paid for it. Without a price the last one stood, from the time at
    which the next bar was due to the bar that came. `held` is what was held as it began: coins,
    or signed contracts.
    """

    at_us: int
    until_us: int
    symbol: str
    missing: Missing
    held: Decimal


@dataclass(frozen=True, slots=True)
class CutOrder:
    """An order or transfer of which less was carried out than planned, and why.

    `name` is a symbol, or the coin of a transfer; amounts are signed, in base coins, contracts or
    coins of the wallet.
    """

    at_us: int
    decided_us: int
    name: str
    planned: Decimal
    filled: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Expiry:
    """A dated contract settled at its expiry on the last mark before it, without a fee."""

    at_us: int
    symbol: str
    contracts: Decimal
    price: float


Event = Breach | Liquidation | DataGap | CutOrder | Expiry
