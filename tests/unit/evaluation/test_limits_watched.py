"""A limit that is clearly kept need not be measured, and one that may be broken is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.evaluation.columns import run_layout
from rebalancer.evaluation.limits_watched import broken, facts_of, numbers_at, watched_limits
from rebalancer.planner.exposure import Holdings
from tests.unit.evaluation.small_histories import BTC_SPOT, BTC_SWAP, book_of, policy_of

POLICY = policy_of(
    "core: {kind: spot}, bear: {kind: short}",
    "core: 40%, bear: 20%, cash: 40%",
    limits="{gross_leverage: 1.5, net_exposure: [-20%, 110%], liquidation_distance: 20%}",
    more="stress: {price_move: {BTC: [-60%, 70%]}}",
)
LAYOUT = run_layout(
    POLICY, {one.symbol: one for one in (BTC_SPOT, BTC_SWAP)}, book=book_of(USDT="1000")
)
WATCHED = watched_limits(POLICY, LAYOUT)
CLOSE = np.array([[100.0, 101.0]])
BARS = 50


@given(seed=st.integers(0, 2**32 - 1), has_positions=st.booleans())
def test_breaches_are_those_of_all_numbers(seed: int, *, has_positions: bool) -> None:
    rng = np.random.default_rng(seed)
    size = rng.uniform(-12, 8, (BARS, 1)) if has_positions else np.zeros((BARS, 1))
    books = Holdings(
        spot=rng.uniform(0, 15, (BARS, 1)),
        size=size,
        entry=np.where(size != 0, 100.0, 0.0),
        cash=rng.uniform(-300, 900, BARS),
        wallet=rng.uniform(-100, 900, (BARS, 1)),
    )
    facts = facts_of(books, np.repeat(CLOSE, BARS, axis=0), layout=LAYOUT)
    ceilings = np.repeat(WATCHED.ceilings["only"][None], BARS, axis=0)
    ceilings[rng.random(ceilings.shape) < 0.1] = np.inf

    every = numbers_at(facts, WATCHED.table)
    near = numbers_at(facts, WATCHED.table, ceilings=ceilings)

    over = broken(every, ceilings)
    assert np.array_equal(broken(near, ceilings), over)
    assert np.array_equal(near[over], every[over])
    assert np.isneginf(near).sum() > np.isneginf(every).sum()
