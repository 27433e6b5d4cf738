"""Evaluates many policies, or one over many markets, as one batch."""

from collections.abc import Sequence

from rebalancer.evaluation.batch_desk import BatchDesk
from rebalancer.evaluation.columns import run_layout
from rebalancer.evaluation.evaluate import open_run, open_start, period_of
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.results import evaluation_of
from rebalancer.evaluation.stops import pass_history
from rebalancer.evaluation.timeline import build_timeline
from rebalancer.evaluation.variant import prepare_variants
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
    found: dict[int, Evaluation] = {}
    for rows in _same_columns(policies, markets, book):
        chosen = [policies[row] for row in rows]
        own = [markets[row] for row in rows] if len(markets) > 1 else [markets[0]]
        made = _evaluate_batch(chosen, own, book=book, start_us=start_us, end_us=end_us, fill=fill)
        found.update(zip(rows, made, strict=True))
    return tuple(found[row] for row in range(len(policies)))


def _same_columns(
    policies: Sequence[Policy], markets: Sequence[Market], book: Book
) -> list[list[int]]:
    """Return the policies in groups whose runs have the same columns in the same order."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, policy in enumerate(policies):
        market = markets[row if len(markets) > 1 else 0]
        layout = run_layout(policy, market.instruments, book=book)
        key = (layout.quote, *layout.symbols)
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _evaluate_batch(
    policies: Sequence[Policy],
    markets: Sequence[Market],
    *,
    book: Book,
    start_us: int | None,
    end_us: int | None,
    fill: FillRule,
) -> list[Evaluation]:
    """Return the evaluations of policies that share their columns."""
    layout = run_layout(policies[0], markets[0].instruments, book=book)
    start_us, end_us = period_of(markets[0], layout, start_us=start_us, end_us=end_us)
    timeline = build_timeline(markets, layout, start_us=start_us, end_us=end_us)
    holdings, carried = open_start(markets[0], layout, book=book, start_us=start_us)
    span = (start_us, end_us)
    variants = prepare_variants(policies, markets, span=span, opened=(book, carried))
    slippage = [float(policy.slippage) for policy in policies]
    run = open_run(timeline, layout, holdings=holdings, slippage=slippage)
    desk = BatchDesk(run, variants, fill)
    pass_history(run, variants, decide=desk.decide)
    return [
        evaluation_of(run, variant, row=row, fill=fill, plans=())
        for row, variant in enumerate(variants)
    ]
