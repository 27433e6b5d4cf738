"""At an edge of its band a weight may stay or go to its target, and end nowhere in between."""

from fractions import Fraction

import pytest

from tests.oracle.deviations import Deviation
from tests.oracle.intervals import Interval

LOW, TARGET, HIGH = Fraction("0.1"), Fraction("0.2"), Fraction("0.3")
HAIR = Fraction(1, 10**15)


def off_base(present: Fraction, *, final: Fraction, to_target: bool = True) -> float:
    bases = Interval(LOW, TARGET, HIGH).settles(present, to_target=to_target)
    return float(
        Deviation(
            name="BTC/USDT",
            present=present,
            final=final,
            roundings=tuple((base,) for base in bases),
            target=TARGET,
            low=LOW,
            high=HIGH,
            allowance=Fraction(0),
            minimum=Fraction(0),
            is_forced=False,
        ).off_base
    )


@pytest.mark.parametrize("edge", [LOW, HIGH], ids=["low", "high"])
@pytest.mark.parametrize("hair", [-HAIR, 0, HAIR])
def test_at_an_edge_it_may_stay_or_go_to_the_target(edge: Fraction, hair: Fraction) -> None:
    present = edge + hair

    assert off_base(present, final=present) <= 0
    assert off_base(present, final=TARGET) <= 0
    assert off_base(present, final=(present + TARGET) / 2) > 0.04


def test_away_from_an_edge_there_is_one_place() -> None:
    inside, outside = LOW + Fraction("0.01"), LOW - Fraction("0.01")

    assert off_base(inside, final=inside) <= 0
    assert off_base(inside, final=TARGET) > 0
    assert off_base(outside, final=TARGET) <= 0
    assert off_base(outside, final=outside) > 0
    assert off_base(outside, final=LOW, to_target=False) <= 0
