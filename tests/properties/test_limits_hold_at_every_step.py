"""The promise: no trade of a plan, whole or half filled, breaks a limit or worsens a broken one.

Under the `ci` profile the four shards plan 4 x 100 x 250 = 100,000 random books, many of them
outside their limits at the start; `nightly` plans 10 million. Every plan is replayed by the
independent calculator, which also holds it to its targets, lots, minimums, fees and cash.
"""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.arithmetic import EXACT, FLOAT
from tests.properties.held_to_the_oracle import broken_promises, plan_randomly, random_oracle

CASES, BOOKS = 5, 50
SEEDS = st.integers(min_value=0, max_value=2**48)


@pytest.mark.no_cover  # a hundred thousand plans: tracing them would double the time
@pytest.mark.property
@pytest.mark.parametrize("shard", range(4))
@given(seed=SEEDS)
def test_every_plan_keeps_its_promise(shard: int, seed: int) -> None:
    for planned in plan_randomly(4 * seed + shard, cases=CASES, books=BOOKS):
        oracle = random_oracle(planned.case, arithmetic=FLOAT)

        found = broken_promises(oracle, zip(planned.books, planned.plans, strict=True))

        assert found == [], planned.case.policy


@pytest.mark.no_cover
@pytest.mark.property
@given(seed=SEEDS)
def test_every_plan_keeps_its_promise_in_exact_arithmetic(seed: int) -> None:
    for planned in plan_randomly(seed, cases=1, books=10):
        oracle = random_oracle(planned.case, arithmetic=EXACT)

        found = broken_promises(oracle, zip(planned.books, planned.plans, strict=True))

        assert found == [], planned.case.policy


def test_the_random_books_are_worth_planning_for() -> None:
    # a law over quiet books proves little: these seeds show what the generator makes
    seen: Counter[str] = Counter()
    for planned in plan_randomly(7, cases=40, books=25):
        for plan in planned.plans:
            seen["plans"] += 1
            seen[plan.status.value] += 1
            seen["limits"] += bool(plan.limits)
            outside = any(
                line.before is None
                or (line.maximum is not None and line.before > line.maximum)
                or (line.minimum is not None and line.before < line.minimum)
                for line in plan.limits
                if line.name != "liquidation_distance" or line.before is not None
            )
            seen["outside at the start"] += outside
            seen["forced"] += any("forces more" in trade.reason for trade in plan.trades)
            seen["clips"] += len(plan.trades) > len({getattr(t, "symbol", t) for t in plan.trades})

    assert seen["plans"] == 1000
    assert seen["limits"] >= 700
    assert seen["outside at the start"] >= 250
    assert seen["forced"] >= 100
    assert seen["clips"] >= 50
    assert seen["refused"] <= 150
