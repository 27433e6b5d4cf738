"""How many times over a hedge shorts an asset: once, or as often as its beta says."""

from dataclasses import dataclass
from fractions import Fraction

from rebalancer.model.beta import Betas, HedgedPair
from rebalancer.model.decimals import from_float
from rebalancer.model.hedging import hedge_effectiveness


@dataclass(frozen=True, slots=True)
class BetaFactor:
    """A factor on a hedge's ratio, and what is to be said of it.

    `note` goes with the short itself and `warning` with the plan; `unknown` says which beta the
    factor hangs on and nobody knows. INVARIANT: value ≥ 0, and 0 where it is unknown.
    """

    value: Fraction = Fraction(1)
    note: str = ""
    warning: str = ""
    unknown: str = ""


def read_factor(pair: HedgedPair, betas: Betas) -> BetaFactor:
    """Return the factor that the beta of a pair is; a hedge never turns long, so at least 0.

    What a short of another size than beta times the holding leaves unhedged is more than the
    share that the note names.
    """
    beta = betas.get(pair)
    if beta is None:
        return BetaFactor(Fraction(0), unknown=f"{pair} is unknown")
    if beta.value < 0:
        warning = (
            f"{pair} is {beta.value:.2g} and counts as 0: a short of {pair.contract} would not "
            f"hedge {pair.spot}"
        )
        return BetaFactor(Fraction(0), warning=warning)
    unhedged = 1 - hedge_effectiveness(beta.correlation)
    note = (
        f"beta {beta.value:.2f} of {pair.spot} over {pair.window} leaves at least "
        f"1 − ρ² = {unhedged:.1%} of its variance unhedged"
    )
    return BetaFactor(Fraction(from_float(beta.value)), note=note)
