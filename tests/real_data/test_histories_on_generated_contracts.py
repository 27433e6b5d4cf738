"""The shipped policies on dated and coin-margined contracts, over the generated history."""

from pathlib import Path

import numpy as np
import pytest

from rebalancer.engine import Moment, decide, prepare
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.model.market_until import market_until
from tests.properties.test_history_sees_no_later_row import differences
from tests.real_data.test_shipped_policies_on_generated_contracts import (
    DAYS,
    Ground,
    ground_of,
)
from tests.unit.evaluation.small_histories import book_of, closes_accounts

NAMES = ("coin-margined-sculpting", "dated-cash-and-carry", "synthetic-dollar")
BOOK = book_of(USDT="100000")
CUTS = 4


@pytest.fixture(scope="module", params=NAMES)
def ground(
    request: pytest.FixtureRequest, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Ground:
    return ground_of(request.param, repository, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def whole(ground: Ground) -> Evaluation:
    return evaluate(ground.policy, ground.market, book=BOOK)


def test_accounts_close_at_every_bar(whole: Evaluation) -> None:
    won, paid = whole.parts[:, :3].sum(axis=1), whole.parts[:, 3:].sum(axis=1)
    start = whole.attribution.start_nav

    assert start == 100_000
    assert np.abs(start + won - paid - whole.nav).max() <= 1e-9 * start
    assert closes_accounts(whole)
    assert len(whole.time_us) >= DAYS
    assert len(set(whole.regimes)) > 1
    assert any(":" in fill.symbol for fill in whole.fills)
    funding = sum(whole.funding.values())
    assert funding == pytest.approx(whole.attribution.funding, abs=1e-9 * start)


def test_a_market_cut_at_random_times_tells_the_same_past(
    ground: Ground, whole: Evaluation
) -> None:
    times = whole.time_us
    for cut_us in np.random.default_rng(8).integers(times[20], times[-2], size=CUTS).tolist():
        cut = evaluate(ground.policy, market_until(ground.market, cut_us), book=BOOK)

        assert list(differences(whole, cut)) == []


def test_the_last_plan_is_the_one_for_the_book_at_the_end(
    ground: Ground, whole: Evaluation
) -> None:
    end_us = whole.end_us
    known = market_until(ground.market, end_us)

    (plan,) = decide(
        ground.policy,
        known,
        history=prepare(ground.policy, known),
        books=[whole.book],
        moment=Moment(end_us),
    )

    assert whole.plans[-1].as_of_us == end_us
    assert plan == whole.plans[-1]
