"""The promise: no trade of a plan, whole or half filled, breaks a limit or worsens a broken one.

Under the `ci` profile the four shards plan 4 x 100 x 250 = 100,000 random books, many of them
outside their limits at the start; `nightly` plans 10 million. Mixed books, with inverse and dated
contracts and coin wallets, are 1,200 of 100 policies under `ci` and 120,000 under `nightly`, each
in exact arithmetic: floats cannot tell whole units among very many cheap coins. Every plan is
replayed by the independent calculator, which also holds it to its targets, lots, minimums, fees
and cash.
"""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.book import Account, Book
from rebalancer.model.plan import Plan, Transfer
from tests.oracle.arithmetic import EXACT, FLOAT
from tests.properties.held_to_the_oracle import broken_promises, plan_randomly, random_oracle

CASES, BOOKS = 5, 50
MIXED_BOOKS = 12
SEEDS = st.integers(min_value=0, max_value=2**48)


@pytest.mark.property
@pytest.mark.parametrize("shard", range(4))
@given(seed=SEEDS)
def test_every_plan_keeps_its_promise(shard: int, seed: int) -> None:
    for planned in plan_randomly(4 * seed + shard, cases=CASES, books=BOOKS):
        oracle = random_oracle(planned.case, arithmetic=FLOAT)

        found = broken_promises(oracle, zip(planned.books, planned.plans, strict=True))

        assert found == [], planned.case.policy


@pytest.mark.property
@given(seed=SEEDS)
def test_every_plan_keeps_its_promise_in_exact_arithmetic(seed: int) -> None:
    for planned in plan_randomly(seed, cases=1, books=10):
        oracle = random_oracle(planned.case, arithmetic=EXACT)

        found = broken_promises(oracle, zip(planned.books, planned.plans, strict=True))

        assert found == [], planned.case.policy


@pytest.mark.property
@given(seed=SEEDS)
def test_every_plan_of_a_mixed_book_keeps_its_promise_in_exact_arithmetic(seed: int) -> None:
    for planned in plan_randomly(seed, cases=1, books=MIXED_BOOKS, mixed=True):
        oracle = random_oracle(planned.case, arithmetic=EXACT)

        found = broken_promises(oracle, zip(planned.books, planned.plans, strict=True))

        assert found == [], planned.case.policy


def is_outside(plan: Plan) -> bool:
    """Whether some limit is broken before the plan."""
    return any(
        line.before is None
        or (line.maximum is not None and line.before > line.maximum)
        or (line.minimum is not None and line.before < line.minimum)
        for line in plan.limits
        if line.name != "liquidation_distance" or line.before is not None
    )


def has_clips(plan: Plan) -> bool:
    """Whether something is traded or sent more than once."""
    return len(plan.trades) > len({getattr(trade, "symbol", trade) for trade in plan.trades})


def test_the_random_books_are_worth_planning_for() -> None:
    # a law over quiet books proves little: these seeds show what the generator makes
    seen: Counter[str] = Counter()
    for planned in plan_randomly(7, cases=40, books=25):
        for plan in planned.plans:
            seen["plans"] += 1
            seen[plan.status.value] += 1
            seen["limits"] += bool(plan.limits)
            seen["outside at the start"] += is_outside(plan)
            seen["forced"] += any("the band" in trade.reason for trade in plan.trades)
            seen["clips"] += has_clips(plan)

    assert seen["plans"] == 1000
    assert seen["limits"] >= 700
    assert seen["outside at the start"] >= 250
    assert seen["forced"] >= 100
    assert seen["clips"] >= 50
    assert seen["refused"] <= 150


def count_kinds(seen: Counter[str], book: Book, plan: Plan) -> None:
    """Count what a mixed book holds, and what its plan had to do."""
    held = [position.symbol for position in book.positions]
    seen["plans"] += 1
    seen[plan.status.value] += 1
    seen["pools"] += book.account is Account.UNIFIED
    seen["inverse"] += any("/USD:" in symbol for symbol in held)
    seen["dated"] += any("-" in symbol for symbol in held)
    seen["coin wallets"] += any(
        coin != "USDT" and amount > 0 for coin, amount in book.wallets.items()
    )
    seen["outside at the start"] += is_outside(plan)
    seen["clips"] += has_clips(plan)
    seen["coins sent"] += any(
        isinstance(trade, Transfer) and trade.coin != "USDT" for trade in plan.trades
    )
    seen["realise profit"] += any("realise profit" in trade.reason for trade in plan.trades)


@pytest.mark.slow
def test_the_mixed_books_are_worth_planning_for() -> None:
    seen: Counter[str] = Counter()
    for planned in plan_randomly(7, cases=40, books=25, mixed=True):
        for book, plan in zip(planned.books, planned.plans, strict=True):
            count_kinds(seen, book, plan)

    assert seen["plans"] == 1000
    assert seen["inverse"] >= 300
    assert seen["dated"] >= 400
    assert seen["coin wallets"] >= 400
    assert seen["pools"] >= 200
    assert seen["outside at the start"] >= 250  # a quarter, as of the plain books
    assert seen["clips"] >= 500
    assert seen["coins sent"] >= 200
    assert seen["realise profit"] >= 20
    assert seen["refused"] <= 150
