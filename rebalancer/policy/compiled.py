"""The compiled policy: frozen, checked, exact values that every later stage reads."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

Weight = Decimal


class SourceKind(StrEnum):
    """Where a signal's numbers come from."""

    PRICE = "price"
    FUNDING = "funding"
    BASIS = "basis"
    SERIES = "series"
    PORTFOLIO = "portfolio"


class TransformKind(StrEnum):
    """What a transform computes over its window (t - D, t]."""

    MEAN = "mean"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"
    STD = "std"
    EMA = "ema"
    QUANTILE = "quantile"
    ZSCORE = "zscore"
    RANK = "rank"
    CHANGE = "change"
    DIFFERENCE = "difference"
    LOG_CHANGE = "log_change"
    LAG = "lag"
    DRAWDOWN = "drawdown"
    RALLY = "rally"
    OVER_MEAN = "over_mean"
    DAYS_SINCE_LOW = "days_since_low"
    DAYS_SINCE_HIGH = "days_since_high"
    VOLATILITY = "volatility"
    BETA = "beta"
    CORRELATION = "correlation"


@dataclass(frozen=True, slots=True)
class Source:
    """A signal's source: a symbol (price, funding, basis), a series or a portfolio number.

    `over` is the spot symbol that a basis is measured against.
    """

    kind: SourceKind
    name: str
    over: str | None = None


@dataclass(frozen=True, slots=True)
class Transform:
    """One transform: its window in microseconds, `q` for a quantile, `to` for beta, correlation."""

    kind: TransformKind
    window_us: int
    q: Decimal | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """A named number per observation time: one source, then transforms in order.

    `cadence_us` and `max_age_us` are None where the policy leaves them to the data; the default
    `max_age` is three cadences. `range` bounds the signal in proofs.
    """

    name: str
    source: Source
    transforms: tuple[Transform, ...] = ()
    cadence_us: int | None = None
    max_age_us: int | None = None
    range: tuple[Decimal, Decimal] | None = None


class Comparison(StrEnum):
    """How a leaf compares its signal; `between` includes its ends, `outside` is its negation."""

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"
    BETWEEN = "between"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class SignalReference:
    """Another signal used as a threshold."""

    signal: str


Operand = Decimal | SignalReference


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a condition must hold, over (t - for, t], and what counts as covered."""

    for_us: int
    share: Decimal = Decimal(1)
    coverage: Decimal = Decimal("0.9")
    max_gap: int = 3


@dataclass(frozen=True, slots=True)
class Leaf:
    """A comparison of one signal; `operands` has two values for between and outside, else one.

    `text` is the condition as a person reads it, such as `above 10% for 14d`.
    """

    signal: str
    comparison: Comparison
    operands: tuple[Operand, ...]
    timing: Timing | None = None
    text: str = ""


class Connective(StrEnum):
    """How a composite condition joins its parts; `not` has exactly one."""

    ALL = "all"
    ANY = "any"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Composite:
    """Conditions joined by all, any or not, with an optional timing of the whole."""

    connective: Connective
    parts: tuple["Condition", ...]
    timing: Timing | None = None


Condition = Leaf | Composite


@dataclass(frozen=True, slots=True)
class Transition:
    """A step between regimes: from any of `sources` to `target` when `when` is true."""

    name: str
    sources: tuple[str, ...]
    target: str
    when: Condition
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Asset:
    """What a sleeve may hold of one coin; `share` is its default split inside a sleeve.

    `future` is a contract's symbol, or `FAMILY-*` for the dated contracts that a policy rolls
    through, such as `BTC/USDT:USDT-*`.
    """

    name: str
    spot: str | None
    future: str | None
    share: Decimal


class SleeveKind(StrEnum):
    """What a sleeve does with its capital."""

    SPOT = "spot"
    CASH = "cash"
    BASIS = "basis"
    SHORT = "short"
    LONG = "long"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Sleeve:
    """A part of capital: its kind, leverage over the margin it is given, and split by asset.

    `shares` are (asset name, share), summing to 1 (empty for cash); `futures` are
    (asset name, contract symbol or `FAMILY-*`) for the sleeves that need one. `on_coin` marks a
    basis sleeve whose collateral is the coin itself: coins in the coin-margined wallet and an
    inverse short of coins × mark.
    """

    name: str
    kind: SleeveKind
    leverage: Decimal = Decimal(1)
    shares: tuple[tuple[str, Decimal], ...] = ()
    futures: tuple[tuple[str, str], ...] = ()
    on_coin: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """A target weight or hedge ratio with its range; `low` and `high` are None without one."""

    target: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


OWN = "own"
"""The value of `Hedge.instrument` that hedges each asset with its own future."""


@dataclass(frozen=True, slots=True)
class Hedge:
    """A short of `ratio` times the spot value of sleeve `of`, in `instrument` (a symbol or `own`).

    Its margin, notional / leverage, comes out of the weight of the cash sleeve `margin_from`.
    With `beta_us` each asset's part is times its beta to the instrument over that window.
    """

    of: str
    ratio: Amount
    instrument: str
    leverage: Decimal
    margin_from: str
    beta_us: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that hold at the target, after the plan and at every step; None means no limit.

    `liquidation_distance` is a minimum, `net_exposure` an interval, the others maxima.
    """

    gross_leverage: Decimal | None = None
    net_exposure: tuple[Decimal, Decimal] | None = None
    futures_leverage: Decimal | None = None
    margin_utilization: Decimal | None = None
    liquidation_distance: Decimal | None = None
    asset_weight: Decimal | None = None
    turnover: Decimal | None = None
    order_notional: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Regime:
    """A mode of the policy: target weights by sleeve, hedges, and its own (tighter) limits.

    `targets` lists every sleeve of the policy, zero where the file leaves it out; `limits` are
    the policy's tightened by the regime's.
    """

    name: str
    targets: tuple[tuple[str, Amount], ...]
    hedges: tuple[Hedge, ...] = ()
    limits: Limits = field(default_factory=Limits)
    min_dwell_us: int = 0
    description: str = ""


class TradeTo(StrEnum):
    """Where a breach of the band is traded back to."""

    EDGE = "edge"
    TARGET = "target"


class OnBreach(StrEnum):
    """Whether a broken limit waits for the calendar or asks for a plan at once."""

    WAIT = "wait"
    AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True)
class Rebalance:
    """The calendar and the band. Times are `offset_us` after whole multiples of `every_us`.

    Multiples count from Monday 1970-01-05 00:00 UTC; 0 ≤ offset_us < every_us.
    """

    every_us: int
    offset_us: int
    band: Decimal = Decimal(0)
    to: TradeTo = TradeTo.EDGE
    min_trade: Decimal = Decimal(0)
    on_breach: OnBreach = OnBreach.WAIT


class WhenStale(StrEnum):
    """What a plan does when its data is older than it may be."""

    REDUCE_ONLY = "reduce_only"
    HOLD = "hold"
    ERROR = "error"


class Unmanaged(StrEnum):
    """What a plan does with holdings that the policy does not name."""

    REFUSE = "refuse"
    IGNORE = "ignore"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy, checked. `digest` is the SHA-256 of its canonical form, `sha256:…`.

    `stress` rows are (asset name, low move, high move), one per asset, or empty for none.
    `rolls` gives for each `FAMILY-*` of the policy how long before expiry it moves on.
    """

    name: str
    description: str
    quote: str
    assets: tuple[Asset, ...]
    signals: tuple[Signal, ...]
    sleeves: tuple[Sleeve, ...]
    regimes: tuple[Regime, ...]
    initial_regime: str
    transitions: tuple[Transition, ...]
    limits: Limits
    stress: tuple[tuple[str, Decimal, Decimal], ...]
    rebalance: Rebalance
    slippage: Decimal
    max_age_us: int
    when_stale: WhenStale
    unmanaged: Unmanaged
    digest: str
    rolls: tuple[tuple[str, int], ...] = ()
    max_leg_imbalance: Decimal = Decimal("0.05")
    price_collar: Decimal | None = None

    def regime(self, name: str) -> Regime:
        """Return the regime of that name; KeyError where there is none."""
        return {regime.name: regime for regime in self.regimes}[name]

    def sleeve(self, name: str) -> Sleeve:
        """Return the sleeve of that name; KeyError where there is none."""
        return {sleeve.name: sleeve for sleeve in self.sleeves}[name]

    def asset(self, name: str) -> Asset:
        """Return the asset of that name; KeyError where there is none."""
        return {asset.name: asset for asset in self.assets}[name]
