"""Policies whose signals read their own account, over 60 days of a random walk of BTC."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.own_numbers import own_numbers
from rebalancer.evaluation.summarize_many import summarize_many
from rebalancer.model.market import Market
from rebalancer.model.market_until import market_until
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.properties.test_history_sees_no_later_row import differences
from tests.unit.evaluation.small_histories import (
    book_of,
    btc_market,
    closes_accounts,
    day,
    run_of,
)

FALL = [100.0, 100.0, 95.0, 90.0, 85.0, 90.0, 95.0, 100.0, 100.0, 80.0, 100.0]
LOST, WON = -0.06, -0.03


def guarded(*, lost: float = LOST, won: float = WON) -> Policy:
    """Invested until it has lost 6 %, then in cash until a Monday finds it within 3 %."""
    text = f"""
rebalancer: 1
name: guarded
quote: USDT
assets: {{BTC: {{spot: BTC/USDT, future: 'BTC/USDT:USDT'}}}}
signals: {{losses: {{portfolio: drawdown}}, size: {{portfolio: gross_leverage}}}}
sleeves: {{core: {{kind: spot}}, cash: {{kind: cash}}}}
regimes:
  invested: {{targets: {{core: 80%, cash: 20%}}}}
  guarded: {{targets: {{core: 20%, cash: 80%}}}}
initial_regime: invested
transitions:
  - name: stop
    from: invested
    to: guarded
    urgent: true
    when: {{signal: losses, below: {lost:.0%}}}
  - {{name: again, from: guarded, to: invested, when: {{signal: losses, above: {won:.0%}}}}}
rebalance: {{every: 1w}}
"""
    policy, findings = read_policy(text.encode(), "guarded.yaml")
    assert policy is not None, [str(finding) for finding in findings]
    return policy


def walk(seed: int, days: int = 60) -> Market:
    moves = np.random.default_rng(seed).normal(0, 0.03, days)
    return btc_market(np.round(100 * np.exp(np.cumsum(moves)), 4).tolist())


def stepped_by_hand(found: Evaluation, *, lost: float, won: float) -> tuple[str, ...]:
    """The regimes that the account's own equity asks for, bar by bar."""
    regime, highest, regimes = "invested", 0.0, []
    for at_us, nav in zip(found.time_us.tolist(), found.nav.tolist(), strict=True):
        highest = max(highest, nav)
        drawdown = nav / highest - 1
        is_monday = (at_us - day(0)) % (day(7) - day(0)) == 0
        if regime == "invested" and drawdown < lost:
            regime = "guarded"
        elif regime == "guarded" and is_monday and drawdown > won:
            regime = "invested"
        regimes.append(regime)
    return tuple(regimes)


def test_a_stop_on_its_own_drawdown_fires_at_the_bar_that_passes_it() -> None:
    found = run_of(guarded(), btc_market(FALL))

    # 80 % of coins: 4 % are lost at 95, 8 % at 90; the way back ends above the 6 % in the red
    assert found.regimes == ("invested",) * 3 + ("guarded",) * 8
    (step,) = found.path.steps
    assert (step.because, step.at_us) == ("stop", day(3))
    assert step.evidence[0].value == pytest.approx(-0.08, abs=0.001)


@pytest.mark.property
@given(seed=st.integers(0, 2**32), lost=st.integers(3, 12), won=st.integers(1, 5))
def test_the_regimes_are_those_of_the_accounts_own_equity(seed: int, lost: int, won: int) -> None:
    lost_at, won_at = -lost / 100, -won / 100

    found = run_of(guarded(lost=lost_at, won=won_at), walk(seed))

    assert found.regimes == stepped_by_hand(found, lost=lost_at, won=won_at)
    assert closes_accounts(found)


@pytest.mark.property
@given(seed=st.integers(0, 2**32), days=st.integers(5, 55))
def test_a_cut_market_tells_the_same_past(seed: int, days: int) -> None:
    whole = run_of(guarded(), walk(seed))

    cut = run_of(guarded(), market_until(walk(seed), day(days)))

    assert list(differences(whole, cut)) == []


def test_a_batch_runs_each_policy_as_it_runs_alone() -> None:
    policies = [guarded(lost=lost) for lost in (-0.04, -0.06, -0.5)]
    market, book = walk(5), book_of(USDT="100000")

    batch = evaluate_many(policies, [market], book=book)
    counted = summarize_many(policies, [market], book=book)

    alone = [run_of(policy, market) for policy in policies]
    assert [each.regimes for each in batch] == [each.regimes for each in alone]
    assert [each.nav.tolist() for each in batch] == [each.nav.tolist() for each in alone]
    assert [each.end_nav for each in counted] == [float(each.nav[-1]) for each in alone]
    assert len({each.regimes for each in alone}) == 3


def test_numbers_of_an_account_are_those_of_its_bars() -> None:
    found = run_of(guarded(), btc_market(FALL))

    numbers = own_numbers(found)

    assert set(numbers) == {"drawdown", "margin_utilization", "gross_leverage"}
    assert numbers["gross_leverage"].value.tolist() == found.gross_leverage.tolist()
    assert numbers["drawdown"].time_us.tolist() == found.time_us.tolist()
    assert numbers["drawdown"].value.max() == 0.0
