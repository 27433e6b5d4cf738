"""Shipped policies over real history: accounts close, plans are those of `plan`, no hindsight."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.engine import Moment, decide, prepare
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.events import DataGap, Missing
from rebalancer.evaluation.made_plans import notices_of
from rebalancer.evaluation.openings import Openings
from rebalancer.model.instant import DAY_US, parse_instant
from rebalancer.model.market import Market
from rebalancer.model.market_until import market_until
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from rebalancer.reports.evaluation_warnings import WarningCount, count_warnings
from tests.properties.test_a_batch_of_histories_equals_single_ones import net_fills
from tests.properties.test_history_sees_no_later_row import differences
from tests.unit.evaluation.small_histories import book_of, closes_accounts

POLICIES = (
    "balance-sheet-zones",
    "beta-alpha",
    "cash-and-carry",
    "collateralised-leverage",
    "dynamic-rebalancing",
    "full-hedge",
    "outlook-hedge",
    "volatility-sculpting",
)
"""Those that the folder's instruments serve; the others trade contracts that it does not have."""

BOOK = book_of(USDT="250000")
DAILY_SINCE, DAILY_UNTIL = parse_instant("2022-08-22"), parse_instant("2023-02-20")
HOURLY_SINCE, HOURLY_UNTIL = parse_instant("2021-08-09"), parse_instant("2021-10-11")


@pytest.fixture(scope="module")
def daily(real_daily: Path) -> Market:
    return load_market(real_daily)


@pytest.fixture(scope="module")
def hourly(real_hourly: Path) -> Market:
    return load_market(real_hourly)


def shipped(repository: Path, name: str) -> Policy:
    policy, _ = read_policy((repository / "policies" / f"{name}.yaml").read_bytes(), name)
    assert policy is not None
    return policy


def run(policy: Policy, market: Market, *, since_us: int, until_us: int) -> Evaluation:
    return evaluate(policy, market, book=BOOK, start_us=since_us, end_us=until_us)


@pytest.mark.parametrize("name", POLICIES)
def test_half_a_year_with_a_crash_closes_and_sees_nothing_later(
    repository: Path, daily: Market, name: str
) -> None:
    policy = shipped(repository, name)
    rng = np.random.default_rng(11)
    cut_us = DAILY_SINCE + int(rng.integers(20, 160)) * DAY_US + int(rng.integers(0, 24)) * 10**9

    whole = run(policy, daily, since_us=DAILY_SINCE, until_us=DAILY_UNTIL)
    cut = run(policy, market_until(daily, cut_us), since_us=DAILY_SINCE, until_us=DAILY_UNTIL)

    assert closes_accounts(whole)
    assert whole.fills
    assert list(differences(whole, cut)) == []
    assert set(whole.regimes) <= {regime.name for regime in policy.regimes}


@pytest.mark.parametrize("name", ["dynamic-rebalancing", "cash-and-carry"])
def test_plans_are_those_of_the_same_book_on_the_rows_known_then(
    repository: Path, daily: Market, name: str
) -> None:
    policy = shipped(repository, name)
    found = run(policy, daily, since_us=DAILY_SINCE, until_us=DAILY_SINCE + 30 * DAY_US)
    for row in range(1, len(found.plans), 5):
        plan = found.plans[row]
        until_us = plan.as_of_us
        known = market_until(daily, until_us)
        earlier = run(policy, known, since_us=DAILY_SINCE, until_us=until_us)
        moment = Moment(until_us)
        history = prepare(policy, known, as_of_us=until_us)
        (made,) = decide(policy, known, history=history, books=[earlier.book], moment=moment)
        assert made == plan


@pytest.mark.parametrize("name", ["dynamic-rebalancing", "full-hedge"])
def test_hourly_bars_close_too(repository: Path, hourly: Market, name: str) -> None:
    policy = shipped(repository, name)

    found = run(policy, hourly, since_us=HOURLY_SINCE, until_us=HOURLY_UNTIL)

    opens: Mapping[str, list[int]] = {
        symbol: bars.time_us.tolist() for symbol, bars in hourly.bars.items()
    }
    assert closes_accounts(found)
    assert len(found.time_us) == 63 * 24 + 1
    assert found.fills
    assert all(fill.row_us in opens[fill.symbol] for fill in found.fills)
    assert all(fill.at_us >= fill.decided_us for fill in found.fills)
    outage_us = parse_instant("2021-08-13T03:00Z"), parse_instant("2021-08-13T07:00Z")
    gaps = [event for event in found.events if isinstance(event, DataGap)]
    assert ("BTC/USDT", Missing.PRICE, *outage_us) in [
        (gap.symbol, gap.missing, gap.at_us, gap.until_us) for gap in gaps
    ]


def test_an_order_in_an_outage_waits_for_the_first_bar_that_opens_after_it(hourly: Market) -> None:
    # no spot bar is stamped 03:00 to 06:00; the one of 07:00 opened at six
    decided_us = np.array([parse_instant("2021-08-13T03:00Z")])

    at_us, row_us, price = Openings(hourly).next_openings("BTC/USDT", decided_us)

    opens_us, stamp_us = parse_instant("2021-08-13T06:00Z"), parse_instant("2021-08-13T07:00Z")
    assert (at_us[0], row_us[0], price[0]) == (opens_us, stamp_us, 44847.27)


def test_a_policy_without_its_series_says_that_it_waits_for_it(
    repository: Path, daily: Market
) -> None:
    # the outlook is a human's, and the folder holds none
    policy = shipped(repository, "outlook-hedge")
    since_us, until_us = parse_instant("2022-01-03"), parse_instant("2022-04-04")

    found = run(policy, daily, since_us=since_us, until_us=until_us)

    unseen = "signal `outlook` has no observation yet: what depends on it is unknown"
    assert count_warnings(notices_of(found.plans)) == (WarningCount(92, since_us, unseen),)


def test_funding_that_sol_does_not_have_is_a_gap(repository: Path, daily: Market) -> None:
    policy = shipped(repository, "balance-sheet-zones")
    found = run(policy, daily, since_us=DAILY_SINCE, until_us=DAILY_UNTIL)
    gaps = [event for event in found.events if isinstance(event, DataGap)]
    assert [(gap.symbol, gap.at_us) for gap in gaps] == [
        ("SOL/USDT:USDT", parse_instant("2022-11-16"))
    ]
    assert found.fill is FillRule.NEXT_OPEN


@pytest.mark.parametrize("name", POLICIES)
def test_a_batch_makes_the_fills_of_single_runs(repository: Path, daily: Market, name: str) -> None:
    policy = shipped(repository, name)
    alone = run(policy, daily, since_us=DAILY_SINCE, until_us=DAILY_UNTIL)

    many = evaluate_many(
        [policy, policy], [daily], book=BOOK, start_us=DAILY_SINCE, end_us=DAILY_UNTIL
    )

    for found in many:
        assert net_fills(found) == net_fills(alone)
        np.testing.assert_allclose(found.nav, alone.nav, rtol=1e-12)
