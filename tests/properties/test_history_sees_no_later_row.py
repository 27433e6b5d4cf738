"""Cutting a market at any time leaves everything before it unchanged, byte for byte."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.events import Breach, DataGap, Event
from rebalancer.model.instant import HOUR_US
from rebalancer.model.market_until import market_until
from tests.properties.random_histories import DrawnHistory, drawn_histories
from tests.unit.evaluation.small_histories import FIRST_US, run_of

ARRAYS = (
    "time_us", "nav", "weights", "wallet_weights", "parts",
    "gross_leverage", "margin_utilization", "liquidation_distance",
)  # fmt: skip


def differences(whole: Evaluation, cut: Evaluation) -> Iterator[str]:
    """Yield what of the cut run is not what the whole run says of the same time."""
    rows, until_us = len(cut.time_us), cut.end_us
    for name in ARRAYS:
        if getattr(whole, name)[:rows].tobytes() != getattr(cut, name).tobytes():
            yield name
    if whole.regimes[:rows] != cut.regimes:
        yield "regimes"
    if tuple(plan for plan in whole.plans if plan.as_of_us <= until_us) != cut.plans:
        yield "plans"
    if tuple(fill for fill in whole.fills if fill.at_us < until_us) != cut.fills:
        yield "fills"
    if list(_said_by(whole, until_us)) != list(_said_by(cut, until_us)):
        yield "events"


def _said_by(evaluation: Evaluation, until_us: int) -> Iterator[Event | tuple[str, int]]:
    """Yield the events before a time; of those that still last, what is known of them.

    Funding of eight hours is not missed before twelve have passed, nor a daily bar before it is
    twelve hours late.
    """
    for event in evaluation.events:
        lasts = isinstance(event, Breach | DataGap) and event.until_us >= until_us
        waited_us = 12 * HOUR_US if lasts and isinstance(event, DataGap) else 0
        if event.at_us + waited_us < until_us:
            yield (type(event).__name__, event.at_us) if lasts else event


@pytest.mark.property
@given(
    drawn=drawn_histories(),
    hours=st.integers(24 * 3, 24 * 44),
    fill=st.sampled_from(list(FillRule)),
)
def test_a_cut_market_tells_the_same_past(drawn: DrawnHistory, hours: int, fill: FillRule) -> None:
    market = drawn.market()
    known = market_until(market, FIRST_US + hours * HOUR_US)
    if len(known.bars["BTC/USDT"].time_us) < 2:
        return

    whole = run_of(drawn.policy, market, book=drawn.book, fill=fill)
    cut = run_of(drawn.policy, known, book=drawn.book, fill=fill)

    assert list(differences(whole, cut)) == []
    assert len(cut.time_us) <= len(whole.time_us)
    assert np.isfinite(cut.nav).all()
