"""Every shipped policy over all of the real daily history, and two over the hourly one.

Accounts close at every bar. Under the `nightly` profile the market is cut at twenty random times,
which changes nothing before the cut; every day `test_evaluated_policies.py` cuts half a year once.
"""

import os
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.engine import prepare
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluation import PARTS, Evaluation
from rebalancer.model.market import Market
from rebalancer.model.market_until import market_until
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.properties.test_history_sees_no_later_row import differences
from tests.unit.evaluation.small_histories import book_of, closes_accounts

DAILY = (
    "balance-sheet-zones",
    "beta-alpha",
    "cash-and-carry",
    "collateralised-leverage",
    "dynamic-rebalancing",
    "full-hedge",
    "outlook-hedge",
    "volatility-sculpting",
)
HOURLY = ("dynamic-rebalancing", "full-hedge")
BOOK = book_of(USDT="250000")
CUTS = 20

pytestmark = pytest.mark.slow


class Whole:
    """A shipped policy's run over all of a folder."""

    def __init__(self, policy: Policy, market: Market) -> None:
        self.policy, self.market = policy, market

    @cached_property
    def found(self) -> Evaluation:
        # made by the first test that asks: coverage traces fixtures, also those of `no_cover`
        return self.run(self.market)

    def run(self, market: Market) -> Evaluation:
        return evaluate(self.policy, market, book=BOOK)


@pytest.fixture(
    scope="module",
    params=[*(("daily", name) for name in DAILY), *(("hourly", name) for name in HOURLY)],
    ids="-".join,
)
def whole(request: pytest.FixtureRequest, repository: Path) -> Whole:
    folder, name = request.param
    market = load_market(request.getfixturevalue(f"real_{folder}"))
    policy, _ = read_policy((repository / "policies" / f"{name}.yaml").read_bytes(), name)
    assert policy is not None
    return Whole(policy, market)


def test_accounts_close_at_every_bar(whole: Whole) -> None:
    found = whole.found

    won, paid = found.parts[:, :3].sum(axis=1), found.parts[:, 3:].sum(axis=1)

    assert PARTS == ("spot", "futures", "funding", "fees", "slippage", "liquidation")
    assert closes_accounts(found)
    start = found.attribution.start_nav
    assert np.abs(start + won - paid - found.nav).max() <= 1e-9 * start
    assert found.fills
    assert {regime.name for regime in whole.policy.regimes} >= set(found.regimes)


def test_the_regimes_are_those_of_the_machine(whole: Whole) -> None:
    # `prepare` steps the machine of the `transitions` library
    path = prepare(whole.policy, whole.market).path

    assert [path.regime_at(at).name for at in whole.found.time_us.tolist()] == list(
        whole.found.regimes
    )


@pytest.mark.property
@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "nightly",
    reason="two hundred runs of whole histories: run with the nightly profile",
)
def test_a_market_cut_at_random_times_tells_the_same_past(whole: Whole) -> None:
    times = whole.found.time_us
    for cut_us in np.random.default_rng(20).integers(times[50], times[-2], size=CUTS).tolist():
        cut = whole.run(market_until(whole.market, cut_us))

        assert list(differences(whole.found, cut)) == []
