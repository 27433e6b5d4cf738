"""Holds plans to the independent oracle: one door for the property and the real-data tests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from rebalancer.adapters.portfolio_file import book_to_portfolio
from rebalancer.engine import Moment, decide, prepare
from rebalancer.model.book import Book
from rebalancer.model.plan import Plan
from rebalancer.policy import read_policy
from rebalancer.reports.plan_document import plan_document
from tests.oracle.arithmetic import Arithmetic
from tests.oracle.checks import Oracle, check_plan, make_oracle
from tests.oracle.deviations import Aim
from tests.oracle.given import Given
from tests.properties.mixed_cases import mixed_books, mixed_case
from tests.properties.random_cases import AS_OF_US, RandomCase, random_books, random_case


@dataclass(frozen=True, slots=True)
class Planned:
    """A random case with its books and their plans."""

    case: RandomCase
    books: Sequence[Book]
    plans: Sequence[Plan]


def plan_randomly(seed: int, *, cases: int, books: int, mixed: bool = False) -> Iterator[Planned]:
    """Yield random cases whose policy is valid, each with as many planned books as asked for.

    `mixed` cases have inverse and dated contracts and coin wallets besides.
    """
    rng = np.random.default_rng(seed)
    while cases:
        case = mixed_case(rng) if mixed else random_case(rng)
        policy, _ = read_policy(case.policy.encode(), "random.yaml")
        if policy is None:
            continue
        held = mixed_books(rng, case, books) if mixed else random_books(rng, case, books)
        history = prepare(policy, case.market, as_of_us=AS_OF_US)
        plans = decide(policy, case.market, history=history, books=held, moment=Moment(AS_OF_US))
        yield Planned(case, held, plans)
        cases -= 1


def plain_yaml(text: str) -> Any:
    """Return a YAML text with every scalar left as text."""
    return yaml.load(text, yaml.BaseLoader)  # noqa: S506  -- builds only text, lists and mappings


def random_oracle(case: RandomCase, *, arithmetic: Arithmetic) -> Oracle:
    """Return the oracle of a random case's only regime."""
    return make_oracle(
        plain_yaml(case.policy),
        "only",
        instruments=case.rules,
        marks=case.marks,
        arithmetic=arithmetic,
        given=Given(as_of="2024-01-01T00:00:00Z"),
    )


def broken_promises(oracle: Oracle, pairs: Iterable[tuple[Book, Plan]]) -> list[str]:
    """Return everything that the oracle finds, each with the book it is about.

    Where no limit and no want of cash forces a plan, it must end exactly where the band puts it.
    """
    return [
        f"{finding} -- {book}"
        for book, plan in pairs
        for finding in check_plan(
            oracle, book_to_portfolio(book), plan_document(plan), aim=Aim.BASE
        )
    ]
