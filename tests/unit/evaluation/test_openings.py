import numpy as np
import pytest

from rebalancer.evaluation.openings import Openings
from tests.unit.evaluation.small_histories import btc_market, day

MARKET = btc_market([100.0, 110.0, 120.0, 130.0])
"""Four daily bars: the first opened the day before it was stamped."""


@pytest.mark.parametrize(
    ("decided", "opens", "price"),
    [
        (-1, -1, 100.0),
        (-0.5, 0, 100.0),  # the first bar has opened by then, at what it closed at
        (0, 0, 100.0),
        (0.5, 1, 110.0),
        (1, 1, 110.0),
        (2, 2, 120.0),
        (2.01, None, None),
        (9, None, None),
    ],
)
def test_an_order_fills_at_the_first_bar_that_opens_from_its_decision_on(
    decided: float, opens: float | None, price: float | None
) -> None:
    at_us, row_us, found = Openings(MARKET).next_openings("BTC/USDT", np.array([day(decided)]))

    if opens is None:
        assert np.isnan(found).all()
    else:
        assert (at_us[0], row_us[0], found[0]) == (day(opens), day(opens + 1), price)


def test_many_times_are_looked_up_as_each_alone() -> None:
    openings, times = Openings(MARKET), np.array([day(0), day(0.5), day(1), day(2), day(3)])

    together = openings.next_openings("BTC/USDT", times)

    for place in range(len(times)):
        alone = openings.next_openings("BTC/USDT", times[[place]])
        for many, one in zip(together, alone, strict=True):
            assert np.array_equal(many[[place]], one, equal_nan=True)


def test_a_symbol_without_bars_never_opens() -> None:
    _, _, price = Openings(MARKET).next_openings("ETH/USDT", np.array([day(0)]))
    assert np.isnan(price).all()
