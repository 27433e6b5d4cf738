"""The plan: a value that says what to trade, in which order, and why."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from rebalancer.model.regime_path import Evidence


class PlanStatus(StrEnum):
    """What a plan asks for: trades, nothing, only less risk, or no plan at all."""

    TRADE = "trade"
    HOLD = "hold"
    REDUCE_ONLY = "reduce_only"
    REFUSED = "refused"


class TradeKind(StrEnum):
    """An order to a venue, or money moved between the spot account and a futures wallet."""

    ORDER = "order"
    TRANSFER = "transfer"


class Side(StrEnum):
    """Which way an order goes."""

    BUY = "buy"
    SELL = "sell"


SPOT_ACCOUNT = "spot"
FUTURES_ACCOUNT = "futures"


@dataclass(frozen=True, slots=True)
class Order:
    """One order: `amount` in `unit` (base coins or contracts), the rest exact at the marks.

    `price` is the close that values the book; `fee` is in the coin that pays it (`fee_coin`);
    `slippage` is a reserve, not deducted; weights are of the instrument before and after.
    """

    step: int
    symbol: str
    side: Side
    amount: Decimal
    unit: str
    quantity_base: Decimal
    notional: Decimal
    price: Decimal
    reduce_only: bool
    leg_group: str | None
    fee: Decimal
    fee_coin: str
    slippage: Decimal
    weight_before: float
    weight_after: float
    reason: str

    @property
    def kind(self) -> TradeKind:
        """An order."""
        return TradeKind.ORDER


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money moved between the spot account and the futures wallet of `coin`."""

    step: int
    coin: str
    amount: Decimal
    source: str
    target: str
    reason: str

    @property
    def kind(self) -> TradeKind:
        """A transfer."""
        return TradeKind.TRANSFER


Trade = Order | Transfer


@dataclass(frozen=True, slots=True)
class InstrumentLine:
    """One instrument's (or wallet's) weights: before, target, the interval left alone, after.

    Exactly one of `symbol` and `wallet` is set.
    """

    symbol: str | None
    wallet: str | None
    before: float
    target: float
    low: float
    high: float
    after: float


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit: its ends (None: open), and its number before, at its worst, and after.

    A number is None where it is infinite: a book that nothing liquidates.
    """

    name: str
    minimum: Decimal | None
    maximum: Decimal | None
    before: float | None
    worst_during: float | None
    after: float | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Residual:
    """What a plan leaves undone of one instrument or wallet, in base coins (or coins), and why.

    `amount` is signed: what would still have to be bought (or sent in).
    """

    name: str
    amount: Decimal
    notional: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard that refuses the plan, and what would help."""

    guard: str
    message: str


@dataclass(frozen=True, slots=True)
class Carry:
    """What a basis sleeve earns as things stand: APR on its capital, days to pay its fees.

    None where that is unknown, and no break-even where it is not positive. `is_dated` says that
    it is the annualised basis of dated contracts, not the last funding.
    """

    sleeve: str
    expected_apr: float | None
    break_even_days: float | None
    is_dated: bool = False


@dataclass(frozen=True, slots=True)
class RegimeLine:
    """The regime of a plan: since when, because of what, on which evidence, what comes next."""

    name: str
    since_us: int
    because: str
    next_calendar_us: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """SHA-256 digests of what a plan was made from, and the version that made it."""

    policy: str
    portfolio: str
    market: str
    instruments: str
    version: str


@dataclass(frozen=True, slots=True)
class BookAfter:
    """The book once every trade is filled; positions are (symbol, contracts, entry price)."""

    spot: tuple[tuple[str, Decimal], ...]
    wallets: tuple[tuple[str, Decimal], ...]
    positions: tuple[tuple[str, Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All trades of one decision with a reason for each number.

    INVARIANT: trades are a strict sequence (step 1, 2, …): each is sent when the one before it is
    filled; `nav_after` is `nav` less the fees; a refused plan has no trades.
    """

    plan_id: str
    status: PlanStatus
    as_of_us: int
    observed_us: int | None
    nav: Decimal
    nav_after: Decimal
    quote: str
    policy_name: str
    inputs: Inputs
    regime: RegimeLine
    instruments_as_of: str
    prices: tuple[tuple[str, Decimal], ...] = ()
    targets: tuple[tuple[str, Decimal], ...] = ()
    instruments: tuple[InstrumentLine, ...] = ()
    trades: tuple[Trade, ...] = ()
    book_after: BookAfter = field(default_factory=lambda: BookAfter((), (), ()))
    limits: tuple[LimitLine, ...] = ()
    fees: Decimal = Decimal(0)
    slippage: Decimal = Decimal(0)
    carry: tuple[Carry, ...] = ()
    residuals: tuple[Residual, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
