"""Books planned together by different rules of one shape send what each sends by its own rules."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.evaluation.rules_in_force import Rules, StackedRules, find_rules
from rebalancer.evaluation.sent import Sent, send_orders
from rebalancer.model.book import Account, Book
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.layout import Layout
from rebalancer.planner.plan_books import build_request_layout, stack_holdings
from rebalancer.planner.reading import read_book
from rebalancer.planner.request import PlanRequest
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Amount, Policy, Regime
from rebalancer.policy.resolve_contracts import resolve_contracts
from tests.properties.mixed_cases import mixed_books, mixed_case
from tests.properties.random_cases import (
    AS_OF_US,
    RandomCase,
    Rng,
    random_books,
    random_case,
    random_shares,
)
from tests.small_plans import request_of

VARIANTS, BOOKS = 4, 12


@dataclass(frozen=True, slots=True)
class Together:
    """Books of one kind of account, and rules of one shape for them."""

    layout: Layout
    holdings: Holdings
    rules: list[Rules]
    prices: NDArray[np.float64]

    def send(self, rules: list[Rules]) -> Sent:
        """Return what all books send by each of these rules, rules by rules."""
        stacked, count = StackedRules(rules[0]), len(self.holdings.cash)
        places = np.repeat([stacked.add(each) for each in rules], count)
        holdings = self.holdings.take(np.tile(np.arange(count), len(rules)))
        case = stacked.case(holdings, prices=self.prices, places=places)
        return send_orders(case, self.layout, places=range(len(self.layout.symbols)))


def another(rng: Rng, policy: Policy, *, ranged: bool) -> Policy:
    """Return the policy with other targets, some of them zero, and other ratios of its hedges.

    The ratios of a `ranged` policy have a range around them.
    """
    (regime,) = policy.regimes
    shares = random_shares(rng, len(regime.targets), least=3)
    if rng.random() < 0.4:
        left_out = int(rng.integers(len(shares) - 1))
        shares[-1], shares[left_out] = shares[-1] + shares[left_out], 0
    targets = tuple(
        (name, Amount(Decimal(share) / 100))
        for (name, _), share in zip(regime.targets, shares, strict=True)
    )
    ratio, room = Decimal(int(rng.integers(2, 10))) / 10, Decimal(int(rng.integers(1, 20))) / 100
    asked = Amount(ratio, ratio - room, ratio + room) if ranged else Amount(ratio)
    hedges = tuple(replace(hedge, ratio=asked) for hedge in regime.hedges)
    changed: Regime = replace(regime, targets=targets, hedges=hedges)
    return replace(policy, regimes=(changed,))


def draw_together(seed: int, *, mixed: bool) -> Iterator[Together]:
    """Yield rules of one shape, two of them or more, that variants of a random policy have."""
    rng = np.random.default_rng(seed)
    case: RandomCase = mixed_case(rng) if mixed else random_case(rng)
    policy, _ = read_policy(case.policy.encode(), "random.yaml")
    if policy is None:
        return
    drawn = mixed_books(rng, case, BOOKS) if mixed else random_books(rng, case, BOOKS)
    known = resolve_contracts(policy, case.market, as_of_us=AS_OF_US).policy
    ranged = bool(rng.random() < 0.5)
    variants = [another(rng, known, ranged=ranged) for _ in range(VARIANTS)]
    requests = [request_of(variant, case.market) for variant in variants]
    for account in Account:
        yield from _shapes(requests, [book for book in drawn if book.account is account])


def _shapes(requests: list[PlanRequest], books: list[Book]) -> Iterator[Together]:
    first = requests[0]
    readings = [read_book(first, book) for book in books]
    sound = [each for each in readings if not (each.refusals or each.extra)]
    if not sound:
        return
    layout = build_request_layout(first, account=sound[0].book.account)
    shapes: dict[Hashable, list[Rules]] = {}
    for request in requests:
        rules = find_rules(request, layout, run_layout=layout)
        shapes.setdefault(rules.shape, []).append(rules)
    prices = np.array([[float(first.marks[symbol]) for symbol in layout.symbols]])
    for alike in shapes.values():
        if len(alike) > 1:
            yield Together(layout, stack_holdings(layout, sound), alike, prices)


@pytest.mark.property
@pytest.mark.parametrize("mixed", [False, True])
@given(seed=st.integers(min_value=0, max_value=2**48))
def test_each_book_sends_what_it_sends_by_its_rules_alone(*, mixed: bool, seed: int) -> None:
    for drawn in draw_together(seed, mixed=mixed):
        together, count = drawn.send(drawn.rules), len(drawn.holdings.cash)
        for number, rules in enumerate(drawn.rules):
            alone = drawn.send([rules])
            mine = together.take(together.rows // count == number)
            assert (mine.rows % count).tolist() == alone.rows.tolist()
            for name in (field.name for field in fields(Sent) if field.name != "rows"):
                np.testing.assert_array_equal(getattr(mine, name), getattr(alone, name))


def test_the_drawn_rules_size_shorts_in_different_ratios() -> None:
    ratios = ranges = 0
    for seed in range(60):
        for drawn in draw_together(seed, mixed=seed % 2 == 1):
            first, *others = (each.wanted for each in drawn.rules)
            ratios += any((first.sized != other.sized).any() for other in others)
            ranges += bool((first.least < first.most).any()) and any(
                (first.least != other.least).any() for other in others
            )

    assert ratios >= 20
    assert ranges >= 5
