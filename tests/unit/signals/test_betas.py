"""The beta of a hedge is the one a signal of the policy would measure, as of one time."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.beta import Beta, HedgedPair
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Floats, Market
from rebalancer.model.market_until import market_until
from rebalancer.policy.compiled import (
    OWN,
    Amount,
    Asset,
    Hedge,
    Policy,
    Regime,
    Sleeve,
    SleeveKind,
)
from rebalancer.signals.betas import measure_betas
from tests.small_policies import MARKET_OF, MONDAY, bars, days, policy_of

WINDOW_US = 10 * DAY_US
ROWS = 12
SOL_TO_BTC = HedgedPair("SOL/USDT", "BTC/USDT:USDT", WINDOW_US)
SOL_TO_OWN = HedgedPair("SOL/USDT", "SOL/USDT:USDT", WINDOW_US)


def hedged(*hedges: Hedge) -> Policy:
    assets = (
        Asset("BTC", "BTC/USDT", "BTC/USDT:USDT", Decimal(0)),
        Asset("SOL", "SOL/USDT", "SOL/USDT:USDT", Decimal(1)),
    )
    sleeves = (
        Sleeve("alts", SleeveKind.SPOT, shares=(("SOL", Decimal(1)),)),
        Sleeve("cash", SleeveKind.CASH),
    )
    half = Amount(Decimal("0.5"))
    regime = Regime("only", (("alts", half), ("cash", half)), hedges)
    return replace(policy_of([], [], regimes=(regime,)), assets=assets, sleeves=sleeves)


def hedge(instrument: str, beta_us: int | None = WINDOW_US) -> Hedge:
    return Hedge("alts", Amount(Decimal(1)), instrument, Decimal(1), "cash", beta_us)


def closes(seed: int, rows: int = ROWS) -> Floats:
    """A price that walks at random."""
    steps = np.random.default_rng(seed).normal(0, 0.03, rows)
    return np.asarray(100 * np.cumprod(1 + steps), dtype=np.float64)


def market_of(rows: int = ROWS) -> Market:
    times = days(*range(rows))
    prices = ("SOL/USDT", "SOL/USDT:USDT", "BTC/USDT:USDT")
    found = {symbol: bars(times, closes(seed)[:rows]) for seed, symbol in enumerate(prices)}
    return Market({}, MARKET_OF, bars=found)


def measured(
    policy: Policy, market: Market, *, day: float = ROWS - 1
) -> dict[HedgedPair, Beta | None]:
    as_of_us = MONDAY + round(day * DAY_US)
    return measure_betas(policy, policy.regimes[0], market=market, as_of_us=as_of_us)


def test_a_beta_is_the_covariance_of_returns_over_their_variance() -> None:
    # the ten days to the last row end ten returns
    mine, theirs = (np.diff(closes(seed)) / closes(seed)[:-1] for seed in (0, 2))
    covariance = np.cov(mine[-10:], theirs[-10:])

    (found,) = measured(hedged(hedge("BTC/USDT:USDT")), market_of()).items()

    assert found[0] == SOL_TO_BTC
    assert found[1] is not None
    assert found[1].value == pytest.approx(covariance[0, 1] / covariance[1, 1], rel=1e-12)
    correlation = np.corrcoef(mine[-10:], theirs[-10:])[0, 1]
    assert found[1].correlation == pytest.approx(correlation, rel=1e-12)


def test_a_hedge_of_each_asset_with_its_own_contract_is_measured_against_it() -> None:
    assert list(measured(hedged(hedge(OWN)), market_of())) == [SOL_TO_OWN]


def test_each_pair_and_window_is_measured_once() -> None:
    policy = hedged(hedge(OWN), hedge("SOL/USDT:USDT"), hedge(OWN, 5 * DAY_US))

    betas = measured(policy, market_of())

    assert list(betas) == [SOL_TO_OWN, HedgedPair("SOL/USDT", "SOL/USDT:USDT", 5 * DAY_US)]
    assert len(set(betas.values())) == 2


def test_a_hedge_without_beta_measures_nothing() -> None:
    assert measured(hedged(hedge(OWN, None)), market_of()) == {}


def test_a_window_that_the_market_does_not_fill_is_unknown() -> None:
    policy = hedged(hedge("BTC/USDT:USDT"))

    assert measured(policy, market_of(10), day=9) == {SOL_TO_BTC: None}
    assert measured(policy, market_of(11), day=10)[SOL_TO_BTC] is not None


def test_a_beta_is_carried_for_three_days_of_daily_prices() -> None:
    policy = hedged(hedge("BTC/USDT:USDT"))

    last = measured(policy, market_of())[SOL_TO_BTC]
    assert measured(policy, market_of(), day=ROWS + 2)[SOL_TO_BTC] == last
    assert measured(policy, market_of(), day=ROWS + 2.01) == {SOL_TO_BTC: None}


def test_a_contract_without_prices_has_no_beta() -> None:
    policy = hedged(hedge("BTC/USD:BTC-240628"))

    assert list(measured(policy, market_of()).values()) == [None]


@pytest.mark.parametrize("resting", ["SOL/USDT", "BTC/USDT:USDT"])
def test_a_price_that_rests_has_no_beta(resting: str) -> None:
    market = market_of()
    still = {**market.bars, resting: bars(days(*range(ROWS)), [7.0] * ROWS)}

    betas = measured(hedged(hedge("BTC/USDT:USDT")), replace(market, bars=still))

    assert betas == {SOL_TO_BTC: None}


def test_what_is_observed_later_changes_no_beta() -> None:
    policy = hedged(hedge("BTC/USDT:USDT"))
    known = market_until(market_of(), MONDAY + 10 * DAY_US)

    betas = measured(policy, market_of(), day=10)

    assert betas[SOL_TO_BTC] is not None
    assert betas == measured(policy, known, day=10)
