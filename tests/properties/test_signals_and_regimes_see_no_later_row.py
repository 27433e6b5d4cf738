"""No hindsight: cutting the market at t leaves everything at or before t the same, to the bit."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.engine import describe_status, prepare
from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.market import FundingHistory, Market, Series
from rebalancer.model.market_until import market_until
from rebalancer.model.truth import TruthHistory, truth_at
from rebalancer.policy.compiled import (
    Comparison,
    Composite,
    Connective,
    Policy,
    Signal,
    Source,
    SourceKind,
    Transform,
    TransformKind,
)
from tests.small_policies import (
    MARKET_OF,
    MONDAY,
    bars,
    days,
    held,
    leaf,
    policy_of,
    series_signal,
    transition,
)

pytestmark = pytest.mark.property
SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
PAIRED = {TransformKind.BETA, TransformKind.CORRELATION}


def measured(kind: TransformKind) -> Signal:
    """A signal that applies one transform over five days to the spot price."""
    to = PERPETUAL if kind in PAIRED else None
    q = Decimal("0.8") if kind is TransformKind.QUANTILE else None
    transform = Transform(kind, 5 * DAY_US, q, to)
    return Signal(kind.value, Source(SourceKind.PRICE, SPOT), (transform,))


def every_kind_of_signal() -> Policy:
    """A policy with every source and transform, and conditions of every shape."""
    weak = leaf("change", Comparison.BELOW, "0", timing=held("3d"))
    rich = leaf("apr", Comparison.ABOVE, "0.1", timing=held("2d", share="0.8"))
    dear = leaf("price", Comparison.ABOVE, "$mean")
    moody = Composite(Connective.ANY, (rich, Composite(Connective.NOT, (dear,))), held("2d"))
    return policy_of(
        [
            Signal("price", Source(SourceKind.PRICE, SPOT)),
            Signal("apr", Source(SourceKind.FUNDING, PERPETUAL)),
            Signal("basis", Source(SourceKind.BASIS, PERPETUAL, over=SPOT)),
            series_signal("mood"),
            *map(measured, TransformKind),
        ],
        [
            transition("weak", "calm", "storm", weak, urgent=True),
            transition("moody", "calm", "storm", moody),
            transition("good", "storm", "calm", leaf("mood", Comparison.AT_LEAST, "3")),
            transition("dear", "storm", "calm", Composite(Connective.ALL, (dear, rich))),
        ],
        every_us=2 * DAY_US,
        offset_us=5 * HOUR_US,
    )


POLICY = every_kind_of_signal()


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Daily prices, funding at changing intervals and a mood, all with gaps; later rows cluster.

    The commonest spacing changes on the way, so that a cadence told by later rows would show.
    """
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def times(count: int, *spacings: float) -> NDArray[np.int64]:
        return days(*np.cumsum(numbers.choice(spacings, count)).tolist())

    spot = times(draw(st.integers(0, 30)), 1, 1, 1, 2, 0.5)
    future = spot[numbers.random(len(spot)) < 0.9]
    hours = numbers.choice([8.0, 8.0, 8.0, 4.0, 30.0], draw(st.integers(0, 60)))
    funding = days(*(np.cumsum(hours) / 24).tolist())
    mood = times(draw(st.integers(0, 20)), 1, 3, 0.3)
    return Market(
        {},
        MARKET_OF,
        bars={
            SPOT: bars(spot, 100 + numbers.integers(-9, 9, len(spot))),
            PERPETUAL: bars(future, 100 + numbers.integers(-9, 9, len(future))),
        },
        funding={
            PERPETUAL: FundingHistory(
                funding, numbers.normal(1e-4, 1e-4, len(hours)), np.minimum(hours, 8)
            )
        },
        series={"mood": Series(mood, numbers.integers(0, 5, len(mood)).astype(float))},
    )


CUTS = st.integers(0, 30 * 24).map(lambda hours: MONDAY + hours * HOUR_US)


def bits(values: NDArray[np.float64]) -> list[int]:
    return [int(word) for word in values.view(np.int64)]


def assert_same_truths(cut: TruthHistory, whole: TruthHistory, until_us: int) -> None:
    times = np.arange(MONDAY - HOUR_US, until_us + 1, HOUR_US)
    assert truth_at(cut, times).tolist() == truth_at(whole, times).tolist()
    for mine, theirs in zip(cut.parts, whole.parts, strict=True):
        assert_same_truths(mine, theirs, until_us)


@given(markets(), CUTS)
def test_cutting_later_rows_changes_no_signal(market: Market, cut_us: int) -> None:
    whole, cut = prepare(POLICY, market), prepare(POLICY, market_until(market, cut_us))
    for name, history in cut.signals.items():
        rows = len(history.value)
        assert history.time_us.tolist() == whole.signals[name].time_us[:rows].tolist()
        assert bits(history.value) == bits(whole.signals[name].value[:rows])
        assert history.max_age_us.tolist() == whole.signals[name].max_age_us[:rows].tolist()


@given(markets(), CUTS)
def test_cutting_later_rows_changes_no_truth_and_no_step(market: Market, cut_us: int) -> None:
    last_us = MONDAY + 40 * DAY_US
    whole = prepare(POLICY, market, as_of_us=last_us)
    cut = prepare(POLICY, market_until(market, cut_us), as_of_us=cut_us)
    for name, history in cut.truths.items():
        assert_same_truths(history, whole.truths[name], cut_us)
    assert cut.path.steps == tuple(step for step in whole.path.steps if step.at_us <= cut_us)


@given(markets(), CUTS)
def test_the_status_needs_no_later_row(market: Market, cut_us: int) -> None:
    whole = prepare(POLICY, market, as_of_us=MONDAY + 40 * DAY_US)
    cut = prepare(POLICY, market, as_of_us=cut_us)
    mine, theirs = (describe_status(POLICY, each, as_of_us=cut_us) for each in (cut, whole))
    assert mine == theirs


@given(markets(), st.integers(1, 10))
def test_a_window_forgets_what_came_before_it(market: Market, dropped: int) -> None:
    """Most transforms give the same bits on a shorter history.

    Not the exponential mean, which remembers, and not those of returns: a first row has none.
    """
    late_us = MONDAY + dropped * DAY_US
    spot = market.bars[SPOT]
    rows = spot.time_us > late_us
    shorter = Market(
        {}, MARKET_OF, bars={**market.bars, SPOT: bars(spot.time_us[rows], spot.close[rows])}
    )
    whole, short = prepare(POLICY, market), prepare(POLICY, shorter)
    for kind in set(TransformKind) - PAIRED - {TransformKind.EMA, TransformKind.VOLATILITY}:
        mine = short.signals[kind.value].value
        theirs = whole.signals[kind.value].value[len(rows) - len(mine) :]
        both = ~np.isnan(mine) & ~np.isnan(theirs)
        assert bits(mine[both]) == bits(theirs[both])
