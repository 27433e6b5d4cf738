from math import exp

import numpy as np
import pytest

from rebalancer.evaluation.blocks import Blocks
from rebalancer.evaluation.dated_prices import DatedBars, rebuild_dated_bars
from rebalancer.evaluation.rebuilt_prices import chain_scales, rebuild_bars
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Bars, Floats
from tests.small_policies import MONDAY, bars, days
from tests.unit.evaluation.small_markets import SPOT, blocks_of, market_of, wide_bars

HISTORY = 60
STEADY = wide_bars(days(*range(HISTORY + 1)), [100 + 50 * (day % 2) for day in range(HISTORY + 1)])


def contract(expiry_day: int, *, rate: float, first_day: int = 0) -> DatedBars:
    """A contract whose log premium is `rate` for each day left, until it expires."""
    rows = np.arange(first_day, min(expiry_day, HISTORY + 1))
    close = STEADY.close[rows] * np.exp(rate * (expiry_day - rows))
    return DatedBars(bars(days(*rows.tolist()), close), MONDAY + expiry_day * DAY_US)


def rebuilt(one: DatedBars, blocks: Blocks, *others: DatedBars) -> tuple[Bars, Bars]:
    """The contract's bars on the path, and the spot pair's."""
    (scale,) = chain_scales(market_of({SPOT: STEADY}), blocks).values()
    spot = rebuild_bars(STEADY, scale)
    family = (one, *others)
    path = rebuild_dated_bars(one, family, observed=STEADY, rebuilt=spot, scale=scale)
    return path, spot


def premiums(one: DatedBars, blocks: Blocks, *others: DatedBars) -> Floats:
    path, spot = rebuilt(one, blocks, *others)
    rows = np.searchsorted(spot.time_us, path.time_us)
    premium: Floats = np.log(path.close / spot.close[rows])
    return premium


def test_the_drawn_premium_runs_down_to_the_expiry() -> None:
    own, richer = contract(60, rate=0.001), contract(70, rate=0.003, first_day=30)
    # days 1 to 20 show days 31 to 50: there the own contract has 29 days left and fewer, the
    # other 39 and fewer; day 1 has 59 left, so the other is nearer
    found = premiums(own, blocks_of(20, 30, 0, 0), richer)
    assert found[1] == pytest.approx(0.003 * 59)
    assert found[20] == pytest.approx(0.003 * 40)


def test_a_contract_alone_teaches_itself() -> None:
    found = premiums(contract(60, rate=0.001), blocks_of(20, 30, -10, -30))
    left = 60 - np.arange(60)
    assert found == pytest.approx(0.001 * left)


def test_the_most_similar_time_to_expiry_counts_in_any_order() -> None:
    own, shorter = contract(60, rate=0.001), contract(52, rate=0.01)
    richer = contract(70, rate=0.003, first_day=30)
    found = premiums(own, blocks_of(20, 30, 0, 0), richer, shorter)
    assert found[1] == pytest.approx(0.003 * 59)


def test_nothing_is_learned_from_a_contract_about_to_expire() -> None:
    own, other = contract(60, rate=0.001), contract(21, rate=0.5)
    # day 40, with 20 days left, shows day 20: the own contract has 40 left there, the other one
    found = premiums(own, blocks_of(20, 0, -20, -20), other)
    assert found[40] == pytest.approx(0.001 * 20)


def test_nothing_is_learned_from_a_contract_that_no_longer_trades() -> None:
    own, other = contract(60, rate=0.001), contract(90, rate=0.05)
    rows = slice(0, 21)
    prices = (getattr(other.bars, name)[rows] for name in ("open", "high", "low", "close"))
    gone = DatedBars(Bars(other.bars.time_us[rows], *prices), other.expiry_us)
    # days 2 and 3 show days 22 and 23, two and three days after the other's last price
    found = premiums(own, blocks_of(60, 20), gone)
    assert found[2] == pytest.approx(0.05 * 58)
    assert found[3] == pytest.approx(0.001 * 57)


def test_without_any_price_at_the_drawn_time_the_own_premium_stays() -> None:
    own = contract(60, rate=0.002, first_day=40)
    found = premiums(own, blocks_of(20, 20, 0, -40))
    # days 41 to 59 show days 1 to 19, when no contract was listed
    assert found[1:] == pytest.approx(0.002 * (19 - np.arange(19)))


def test_the_bars_take_the_shape_of_the_reference() -> None:
    path, spot = rebuilt(contract(60, rate=0.001), blocks_of(20, 30, -10, -30))
    ratio = exp(0.001 * 55)
    assert path.close[5] == pytest.approx(spot.close[5] * ratio)
    assert path.open[5] == pytest.approx(spot.close[5] / 2 * ratio)
    assert path.high[5] == pytest.approx(spot.close[5] * 2 * ratio)
    assert path.low[5] == pytest.approx(spot.close[5] / 4 * ratio)


def test_history_stays_history_to_the_bit() -> None:
    own = contract(60, rate=0.00123)
    path, _ = rebuilt(own, blocks_of(60, 0))
    for name in ("time_us", "open", "high", "low", "close"):
        assert getattr(path, name).tolist() == getattr(own.bars, name).tolist()
