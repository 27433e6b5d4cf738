"""The result of an evaluation: what a policy would have done over a history, and what it made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from rebalancer.evaluation.events import Event
from rebalancer.model.book import Book
from rebalancer.model.market import Floats, Times
from rebalancer.model.plan import Plan
from rebalancer.model.regime_path import RegimePath


class FillRule(StrEnum):
    """At which price a plan's orders fill.

    `NEXT_OPEN`: the open of the instrument's first bar that opens at or after the decision.
    `SAME_CLOSE`: the closes that the plan itself was made on, which nobody can trade at.
    """

    NEXT_OPEN = "next_open"
    SAME_CLOSE = "same_close"


@dataclass(frozen=True, slots=True)
class OrderFill:
    """What a plan's order of one instrument became: signed `amount` in base coins or contracts.

    `decided_us` is the plan's time, `at_us` the time of the fill, `row_us` the stamp of the row
    that first tells its price. `price` is what was paid: `quoted` (the open or close) moved by
    slippage. `notional` at `price`, `fee` and `slippage` are in the quote coin; `is_closing` marks
    what reduces a futures position.
    """

    decided_us: int
    at_us: int
    row_us: int
    symbol: str
    amount: Decimal
    quoted: float
    price: float
    notional: float
    fee: float
    slippage: float
    is_closing: bool


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the change of NAV came from, in the quote coin; fees, slippage, liquidation are costs.

    `spot` is the profit on coins wherever they lie, unrealised coin profit included; `futures` the
    price profit of contracts, coins at what they were worth when they were gained.
    INVARIANT: start_nav + spot + futures + funding - fees - slippage - liquidation = end_nav, to
    1e-9 of NAV.
    """

    start_nav: float
    spot: float
    futures: float
    funding: float
    fees: float
    slippage: float
    liquidation: float
    end_nav: float


PARTS = ("spot", "futures", "funding", "fees", "slippage", "liquidation")
"""The columns of `Evaluation.parts`, named and signed as in `Attribution`."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """One policy over a history. Arrays are (bar,) or (bar, column), one row per `time_us`.

    The first row is the start, every other the close of a bar, before what is decided and filled
    then. `weights` are signed notionals over NAV by `symbols`, `wallet_weights` wallets' equity
    over NAV by `wallets` (none in a unified account); NaN where NAV is not positive. `parts` are
    the attribution from the start up to each row, by `PARTS`. `gross_leverage`,
    `margin_utilization` and `liquidation_distance` are the numbers of the policy's limits, infinite
    where nothing liquidates. `funding` is by symbol, in the quote coin.

    `plans` are in order of time, every one that was made, also those that hold or refuse, some of
    them only when they are read; a batch run keeps none. `path` is the replay from the market's
    first row, steps before the start included. `book` is what is held at the end.
    INVARIANT: what is stamped at or before a time t does not depend on any row stamped after it,
    where instruments share their bars; a fill is known with the row at `row_us`, and what still
    lasts at t has t for its end.
    """

    policy_name: str
    quote: str
    fill: FillRule
    time_us: Times
    nav: Floats
    symbols: tuple[str, ...]
    weights: Floats
    wallets: tuple[str, ...]
    wallet_weights: Floats
    regimes: tuple[str, ...]
    path: RegimePath
    parts: Floats
    attribution: Attribution
    gross_leverage: Floats
    margin_utilization: Floats
    liquidation_distance: Floats
    funding: Mapping[str, float]
    book: Book
    plans: Sequence[Plan] = ()
    fills: tuple[OrderFill, ...] = ()
    events: tuple[Event, ...] = field(default_factory=tuple)

    @property
    def start_us(self) -> int:
        """Return the time of the first row."""
        return int(self.time_us[0])

    @property
    def end_us(self) -> int:
        """Return the time of the last row."""
        return int(self.time_us[-1])
