"""What a regime asks for, part by part: the seam between the targets and the planner."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Part:
    """A weight that one sleeve or hedge asks of one instrument or wallet.

    `source` is the sleeve, `name` the instrument's symbol or the wallet's coin; weights are signed
    shares of NAV. `low` and `high` are the part's own range, None where it shares the band. `note`
    says what a reader should know of the weight, such as the beta in it.
    """

    source: str
    name: str
    weight: Fraction
    low: Fraction | None = None
    high: Fraction | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SizedShort:
    """A short of `ratio` coins for each coin that sleeve `source` holds of instrument `spot`.

    `label` is what asks for it: the sleeve itself where `is_basis`, else its hedge. With `wallet`
    the coins are the sleeve's collateral in that coin's futures wallet, instead of in spot.
    `low` and `high` are the ratio's own range, None where the short has exactly one size. `note`
    says what a reader should know of the ratio, such as the beta in it.
    """

    label: str
    source: str
    future: str
    spot: str
    ratio: Fraction
    is_basis: bool
    wallet: str | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RegimeTargets:
    """A regime's parts: spot, plain futures, shorts sized on spot, margin by wallet coin.

    `cash` is the weight left for the quote coin outside the wallets; `warnings` says what was
    scaled. `unknown` says what the targets hang on and nobody knows: where it says anything, the
    parts leave it out and no plan may follow them.
    INVARIANT: spot weights + margin weights + cash = 1.
    """

    spot: tuple[Part, ...]
    futures: tuple[Part, ...]
    shorts: tuple[SizedShort, ...]
    margin: tuple[Part, ...]
    cash: Fraction
    warnings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
