"""Replay: same policy, book, market and time in, the same bytes and the same id out."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Book
from rebalancer.model.plan import Plan
from rebalancer.policy import read_policy
from rebalancer.reports.plan_document import plan_document
from tests.properties.held_to_the_oracle import plan_randomly
from tests.properties.random_cases import AS_OF_US, RandomCase

SEEDS = st.integers(min_value=0, max_value=2**48)

_AGAIN = """
import json, sys
from rebalancer.reports.plan_document import plan_document
from tests.properties.held_to_the_oracle import plan_randomly
plans = [plan for planned in plan_randomly(int(sys.argv[1]), cases=3, books=5)
         for plan in planned.plans]
print(json.dumps([plan_document(plan) for plan in plans]))
"""


def plan_alone(case: RandomCase, book: Book) -> Plan:
    policy, _ = read_policy(case.policy.encode(), "random.yaml")
    assert policy is not None
    history = prepare(policy, case.market, as_of_us=AS_OF_US)
    return decide(policy, case.market, history=history, books=[book], moment=Moment(AS_OF_US))[0]


@pytest.mark.property
@pytest.mark.parametrize(("books", "mixed"), [(8, False), (3, True)])
@given(seed=SEEDS)
def test_a_book_planned_alone_gets_the_plan_it_gets_in_a_batch(
    books: int, *, mixed: bool, seed: int
) -> None:
    for planned in plan_randomly(seed, cases=1, books=books, mixed=mixed):
        for book, plan in zip(planned.books, planned.plans, strict=True):
            assert plan_document(plan_alone(planned.case, book)) == plan_document(plan)


@pytest.mark.property
@pytest.mark.parametrize(("books", "mixed"), [(4, False), (2, True)])
@given(seed=SEEDS)
def test_the_order_of_what_a_book_holds_does_not_matter(
    books: int, *, mixed: bool, seed: int
) -> None:
    for planned in plan_randomly(seed, cases=1, books=books, mixed=mixed):
        for book, plan in zip(planned.books, planned.plans, strict=True):
            turned = replace(
                book,
                spot=dict(reversed(list(book.spot.items()))),
                positions=tuple(reversed(book.positions)),
            )
            assert plan_alone(planned.case, turned) == plan


@pytest.mark.parametrize("seed", [3, 11])
def test_another_process_makes_the_same_plans(seed: int) -> None:
    again = subprocess.run(
        [sys.executable, "-c", _AGAIN, str(seed)], capture_output=True, text=True, check=True
    )

    here = [
        plan_document(plan)
        for planned in plan_randomly(seed, cases=3, books=5)
        for plan in planned.plans
    ]
    assert json.loads(again.stdout) == json.loads(json.dumps(here))
