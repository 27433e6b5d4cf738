"""Random contracts, positions and wallets, and their margin counted bracket by bracket."""

from dataclasses import dataclass
from itertools import pairwise
from math import inf

from hypothesis import strategies as st

from rebalancer.model.margin import MarginTiers, margin_tiers
from tests.small_plans import perpetual

Bracket = tuple[float, float, float]
"""From a notional, to a notional, at a rate."""

RATES = ("0.4%", "0.5%", "1%", "2%", "2.5%", "5%", "10%", "12.5%", "25%", "50%")


@dataclass(frozen=True, slots=True)
class Ladder:
    """A contract's tiers, and the same as brackets."""

    tiers: MarginTiers
    brackets: tuple[Bracket, ...]

    def maintenance(self, notional: float) -> float:
        """The margin of a notional as taxes are counted: each bracket's part at its own rate."""
        return sum(
            rate * max(0.0, min(notional, end) - start) for start, end, rate in self.brackets
        )


@st.composite
def ladders(draw: st.DrawFn, *, unit: float) -> Ladder:
    """Up to six tiers of rising rates whose floors are around `unit`."""
    count = draw(st.integers(1, 6))
    steps = draw(st.lists(st.integers(1, 400), min_size=count - 1, max_size=count - 1))
    chosen = sorted(draw(st.sets(st.integers(0, len(RATES) - 1), min_size=count, max_size=count)))
    floors, rates = [0.0], [RATES[index] for index in chosen]
    for step in steps:
        floors.append(floors[-1] + step * unit / 100)
    rows = [(f"{floor:.12f}", rate, "1") for floor, rate in zip(floors, rates, strict=True)]
    shares = [float(rate.removesuffix("%")) / 100 for rate in rates]
    brackets = [(*ends, rate) for ends, rate in zip(pairwise([*floors, inf]), shares, strict=True)]
    return Ladder(margin_tiers(perpetual("BTC", tiers=rows)), tuple(brackets))


prices = st.floats(0.001, 100_000.0)
sides = st.sampled_from([-1.0, 1.0])
