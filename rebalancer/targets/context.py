"""What one regime's parts are built from, and the exact amounts they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rebalancer.model.beta import Betas
from rebalancer.model.target_parts import Part
from rebalancer.policy.compiled import Amount, Policy, Regime, Sleeve, SleeveKind
from rebalancer.policy.symbols import parse_contract

ONE, ZERO = Fraction(1), Fraction(0)


@dataclass(frozen=True, slots=True)
class Context:
    """A policy's regime with the settle coin of each contract and the betas that are known."""

    policy: Policy
    regime: Regime
    settle: Mapping[str, str]
    betas: Betas

    def amount_of(self, sleeve: str) -> Amount:
        """Return the capital that the regime gives a sleeve."""
        return dict(self.regime.targets)[sleeve]

    def wallet_of(self, contract: str) -> str:
        """Return the coin of a contract's wallet; its name says it where the market does not."""
        return self.settle.get(contract) or str(parse_contract(contract).settle)


@dataclass(frozen=True, slots=True)
class Scaled:
    """An amount times exact factors, with its range; None where it has none.

    INVARIANT: low ≤ target ≤ high.
    """

    target: Fraction
    low: Fraction | None = None
    high: Fraction | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether neither the target nor any of its range is other than zero."""
        return not (self.target or self.low or self.high)

    def times(self, factor: Decimal | Fraction) -> "Scaled":
        """Return the amount times a factor; a negative one swaps the ends of the range."""
        exact = Fraction(factor)
        if self.low is None or self.high is None:
            return Scaled(self.target * exact)
        ends = self.low * exact, self.high * exact
        return Scaled(self.target * exact, min(ends), max(ends))

    def as_part(self, source: str, name: str, *, note: str = "") -> Part:
        """Return the amount as what a sleeve or hedge asks of an instrument or wallet."""
        return Part(source, name, self.target, self.low, self.high, note)


def scale_amount(amount: Amount) -> Scaled:
    """Return an amount of the policy as exact fractions."""
    if amount.low is None or amount.high is None:
        return Scaled(Fraction(amount.target))
    return Scaled(Fraction(amount.target), Fraction(amount.low), Fraction(amount.high))


def spot_share(sleeve: Sleeve) -> Fraction:
    """Return how much of a sleeve's capital is spot outside the wallets.

    The rest of a basis sleeve is margin, and all of one that lies in a coin's wallet.
    """
    if sleeve.kind is SleeveKind.SPOT:
        return ONE
    if sleeve.kind is SleeveKind.BASIS and not sleeve.on_coin:
        leverage = Fraction(sleeve.leverage)
        return leverage / (leverage + 1)
    return ZERO
