"""The crashes of 2020 to 2022: ten times long is liquidated, a capped policy is not."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.events import Liquidation
from rebalancer.model.instant import DAY_US, parse_instant
from rebalancer.model.market import Market
from tests.unit.evaluation.small_histories import book_of, closes_accounts, policy_of

SWAP = "BTC/USDT:USDT"
BOLD = policy_of(
    "bull: {kind: long, leverage: 10}", "bull: 20%, cash: 80%", rebalance="every: 1w, band: 1%"
)
CAPPED = policy_of(
    "bull: {kind: long, leverage: 1}", "bull: 50%, cash: 50%",
    rebalance="every: 1w, band: 1%",
    limits="{futures_leverage: 1.25, liquidation_distance: 60%}",
)  # fmt: skip


@pytest.fixture(scope="module")
def market(real_daily: Path) -> Market:
    """The daily market with a venue setting of 25: ten times is not its own limit."""
    known = load_market(real_daily)
    instruments = dict(known.instruments)
    instruments[SWAP] = replace(instruments[SWAP], leverage=Decimal(25))
    return replace(known, instruments=instruments)


def run(market: Market, start: str, *, capped: bool) -> Evaluation:
    """Three weeks from a Monday with 50,000."""
    start_us = parse_instant(start)
    return evaluate(
        CAPPED if capped else BOLD,
        market,
        book=book_of(USDT="50000"),
        start_us=start_us,
        end_us=start_us + 21 * DAY_US,
    )


def liquidations(found: Evaluation) -> list[Liquidation]:
    return [event for event in found.events if isinstance(event, Liquidation)]


@pytest.mark.parametrize(
    ("start", "stamp"),
    [
        ("2020-03-09", "2020-03-13"),
        ("2021-05-17", "2021-05-18"),
        ("2022-06-06", "2022-06-13"),
        ("2022-11-07", "2022-11-09"),
    ],
)
def test_ten_times_long_is_liquidated_at_the_price_of_its_tier(
    market: Market, start: str, stamp: str
) -> None:
    found = run(market, start, capped=False)

    event = liquidations(found)[0]
    bars = market.bars[SWAP]
    row = int(np.searchsorted(bars.time_us, event.at_us))
    (position,) = event.positions
    notional = float(position.contracts) * position.price
    # the folder's tiers: 0.4 %, from 50,000 on 0.5 % less 50
    needed = notional * 0.004 if notional < 50_000 else notional * 0.005 - 50
    assert event.at_us == parse_instant(stamp)
    assert bars.low[row] <= position.price < bars.close[row - 1]
    assert event.maintenance == pytest.approx(needed, rel=1e-9)
    assert event.equity == pytest.approx(event.maintenance, rel=1e-9)
    assert event.fee == pytest.approx(min(0.0125 * notional, event.equity), rel=1e-9)
    assert found.attribution.liquidation == pytest.approx(
        sum(each.fee for each in liquidations(found))
    )
    assert closes_accounts(found)


@pytest.mark.parametrize("start", ["2020-03-09", "2021-05-17", "2022-06-06", "2022-11-07"])
def test_a_capped_policy_comes_through(market: Market, start: str) -> None:
    found = run(market, start, capped=True)
    assert liquidations(found) == []
    assert found.book.positions
    assert found.nav.min() > 30_000
    assert closes_accounts(found)
