"""Evaluates many policies, or one over many markets, as one batch."""

from collections.abc import Sequence

from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.filling import FillRows
from rebalancer.evaluation.own_numbers import learn_own_numbers
from rebalancer.evaluation.pass_together import pass_together
from rebalancer.evaluation.results import evaluation_of
from rebalancer.evaluation.span import Span
from rebalancer.model.book import Book
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy


def evaluate_many(
    policies: Sequence[Policy],
    markets: Sequence[Market],
    *,
    book: Book,
    start_us: int | None = None,
    end_us: int | None = None,
    fill: FillRule = FillRule.NEXT_OPEN,
) -> tuple[Evaluation, ...]:
    """Return one evaluation for each policy, in order, as `evaluate` makes it but without plans.

    `markets` is one market for all policies, or one for each that share their stamps (the paths of
    a bootstrap). Fills, money and events are those of `evaluate`: the planner's quantities are
    computed for all accounts of one regime together, and the order of trades is left out.

    Raises UsageError as `evaluate` does, and ValueError where markets differ in their stamps.
    """
    span = Span(book, start_us, end_us, fill)
    return _run_many(policies, know_accounts(policies, markets, span=span), span=span)


def know_accounts(
    policies: Sequence[Policy], markets: Sequence[Market], *, span: Span
) -> list[Market]:
    """Return the markets with what policies that read their own account read."""
    return learn_own_numbers(
        policies,
        markets,
        run=lambda rows, own: _run_many([policies[row] for row in rows], own, span=span),
    )


def _run_many(
    policies: Sequence[Policy], markets: Sequence[Market], *, span: Span
) -> tuple[Evaluation, ...]:
    """Return one run for each policy, their signals read from the markets as they stand."""
    fills: list[FillRows] = []
    found: dict[int, Evaluation] = {}
    for passed in pass_together(policies, markets, span=span, note_fills=fills.append):
        for row, number in enumerate(passed.numbers):
            variant = passed.variants[row]
            found[number] = evaluation_of(
                passed.run, variant, row=row, fills=fills, made=(span.fill, ())
            )
        fills.clear()
    return tuple(found[row] for row in range(len(policies)))
