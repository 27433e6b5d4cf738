"""Law: a position is liquidated exactly at the marks where equity is no more than it must be.

Equity and maintenance margin are counted here again, by hand and bracket by bracket, at marks
from a millionth of the entry price to a million times it.
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.liquidation import Backing, liquidation_price
from tests.properties.random_positions import Ladder, ladders, prices, sides

pytestmark = pytest.mark.property

MARKS = np.geomspace(1e-6, 1e6, 241).tolist()
"""As multiples of the entry price."""


@dataclass(frozen=True, slots=True)
class Held:
    """A position with what backs it, and whether it is margined in coins."""

    side: float
    quantity: float
    entry: float
    backing: Backing
    fee: float
    inverse: bool
    ladder: Ladder

    def room(self, mark: float) -> tuple[float, float]:
        """Equity less maintenance margin and fee at a mark, and the size of what it is made of."""
        if self.inverse:
            notional = self.quantity / mark
            gained = self.side * (self.quantity / self.entry - notional)
        else:
            notional = self.quantity * mark
            gained = self.side * (notional - self.quantity * self.entry)
        free = float(self.backing.free)
        needs = self.ladder.maintenance(notional) + notional * self.fee
        return free + gained - needs, abs(free) + abs(gained) + notional

    def liquidated_at(self) -> float:
        return float(
            liquidation_price(
                self.side * self.quantity,
                self.entry,
                backing=self.backing,
                tiers=self.ladder.tiers,
                inverse=self.inverse,
                close_fee=self.fee,
            )
        )


@st.composite
def positions(draw: st.DrawFn) -> Held:
    """Positions of 1 in the settle coin at entry, backed by -0.5 to 3 of it after the others."""
    inverse = draw(st.booleans())
    entry = draw(prices)
    maintenance = draw(st.floats(0.0, 1.0))
    profit = draw(st.floats(-1.0, 1.0))
    free = draw(st.floats(-0.5, 3.0) | st.sampled_from([0.0, 1.0]))
    return Held(
        side=draw(sides),
        quantity=entry if inverse else 1 / entry,
        entry=entry,
        backing=Backing(free + maintenance - profit, maintenance, profit),
        fee=draw(st.sampled_from([0.0, 0.0006, 0.01])),
        inverse=inverse,
        ladder=draw(ladders(unit=1.0)),
    )


@given(positions())
def test_at_the_price_equity_is_what_it_must_be(held: Held) -> None:
    price = held.liquidated_at()
    if 0 < price < math.inf:
        room, size = held.room(price)
        assert abs(room) <= 1e-9 * size


@given(positions())
def test_every_mark_on_the_far_side_liquidates_and_none_on_the_near(held: Held) -> None:
    price = held.liquidated_at()
    for multiple in MARKS:
        mark = held.entry * multiple
        room, size = held.room(mark)
        if abs(room) <= 1e-9 * size:
            continue
        is_liquidated = mark <= price if held.side > 0 else mark >= price
        assert is_liquidated == (room < 0), f"at {mark}: room {room}, liquidated at {price}"


@given(positions())
def test_an_inverse_short_is_safe_exactly_where_its_coins_cover_it(held: Held) -> None:
    if held.inverse and held.side < 0:
        covered = float(held.backing.free) - held.quantity / held.entry
        if abs(covered) > 1e-9:
            assert (held.liquidated_at() == math.inf) == (covered > 0)
