"""Instruments: what can be traded, in which steps, at which fees and margin."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

DEFAULT_LEVERAGE = Decimal(10)
STABLE_COINS = frozenset({"USD", "USDT", "USDC"})
"""Coins valued 1:1 with each other unless the market prices them."""


class InstrumentKind(StrEnum):
    """What an instrument is."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class MarginTier:
    """The maintenance rate and the highest leverage from a notional `floor` upwards.

    Floors are in the settle coin; rates are fractions of notional.
    """

    floor: Decimal
    maintenance: Decimal
    max_leverage: Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """One spot pair or futures contract with its venue's trading rules.

    Amounts are in base coins for spot and in contracts for futures; `min_cost` is notional in the
    quote coin; fees are fractions of notional.
    INVARIANT: `margin_tiers` starts at floor 0 and rises; it is empty only for spot.
    """

    symbol: str
    kind: InstrumentKind
    base: str
    quote: str
    amount_step: Decimal
    min_amount: Decimal
    min_cost: Decimal
    price_step: Decimal
    taker_fee: Decimal
    maker_fee: Decimal
    settle: str | None = None
    contract_size: Decimal = Decimal(1)
    liquidation_fee: Decimal = Decimal(0)
    leverage: Decimal | None = None
    margin_tiers: tuple[MarginTier, ...] = ()
    expiry_us: int | None = None

    @property
    def is_future(self) -> bool:
        """Whether this is a contract with margin, dated or perpetual."""
        return self.kind is not InstrumentKind.SPOT

    @property
    def is_inverse(self) -> bool:
        """Whether this contract is margined and settled in its base coin."""
        return self.is_future and self.settle == self.base

    @property
    def lot_size(self) -> Decimal:
        """Return the base coins (quote units for an inverse contract) in one amount step."""
        return self.amount_step * self.contract_size


def settle_coins(instruments: Mapping[str, Instrument]) -> dict[str, str]:
    """Return the coin that each contract is settled in, by symbol."""
    return {name: str(each.settle) for name, each in instruments.items() if each.is_future}
