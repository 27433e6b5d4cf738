"""Passes many policies, or one over many markets, through their timeline as one batch."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from rebalancer.evaluation.batch_desk import BatchDesk
from rebalancer.evaluation.columns import run_layout
from rebalancer.evaluation.evaluate import open_run, open_start, period_of
from rebalancer.evaluation.filling import FillRows
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.span import Span
from rebalancer.evaluation.stops import pass_history
from rebalancer.evaluation.timeline import build_timeline, calendar_symbols
from rebalancer.evaluation.variant import Variant, prepare_variants
from rebalancer.model.book import Book
from rebalancer.model.market import Market
from rebalancer.planner.layout import column_symbols, policy_symbols
from rebalancer.policy.compiled import Policy


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """A finished run, with the number of each account's policy and its variant."""

    numbers: Sequence[int]
    run: HistoryRun
    variants: Sequence[Variant]


def pass_together(
    policies: Sequence[Policy],
    markets: Sequence[Market],
    *,
    span: Span,
    note_fills: Callable[[FillRows], None],
    keeps_money: bool = True,
) -> Iterator[Passed]:
    """Yield finished runs, one for all policies whose accounts have the same columns.

    `markets` is one market for all policies, or one for each that share their stamps. Runs that
    keep no money cannot be attributed.
    """
    for rows in _same_columns(policies, markets, span.book):
        chosen = [policies[row] for row in rows]
        own = [markets[row] for row in rows] if len(markets) > 1 else [markets[0]]
        run, variants = _open(chosen, own, span, note_fills)
        run.record.keeps_money = keeps_money
        pass_history(run, variants, decide=BatchDesk(run, variants, span.fill).decide)
        yield Passed(rows, run, variants)


def _same_columns(
    policies: Sequence[Policy], markets: Sequence[Market], book: Book
) -> list[list[int]]:
    """Return the policies in groups whose runs have the same columns and the same bars."""
    groups: dict[tuple[str, ...], list[int]] = {}
    known: dict[Hashable, tuple[str, ...]] = {}
    for row, policy in enumerate(policies):
        market = markets[row if len(markets) > 1 else 0]
        columns = column_symbols(policy, market.instruments)
        named = (policy_symbols(policy), columns, policy.rolls, policy.unmanaged, policy.quote)
        key = (id(market.instruments), named)
        if key not in known:
            layout = run_layout(policy, market.instruments, book=book)
            known[key] = (layout.quote, *layout.symbols, *calendar_symbols(policy, layout))
        groups.setdefault(known[key], []).append(row)
    return list(groups.values())


def _open(
    policies: Sequence[Policy],
    markets: Sequence[Market],
    span: Span,
    note_fills: Callable[[FillRows], None],
) -> tuple[HistoryRun, list[Variant]]:
    """Return a run of policies that share their columns, at its start."""
    book = span.book
    layout = run_layout(policies[0], markets[0].instruments, book=book)
    symbols = calendar_symbols(policies[0], layout)
    start_us, end_us = period_of(markets[0], symbols, start_us=span.start_us, end_us=span.end_us)
    timeline = build_timeline(markets, layout, symbols=symbols, span=(start_us, end_us))
    holdings, carried = open_start(markets[0], layout, book=book, start_us=start_us)
    variants = prepare_variants(policies, markets, span=(start_us, end_us), opened=(book, carried))
    slippage = [float(policy.slippage) for policy in policies]
    run = open_run(timeline, layout, holdings=holdings, slippage=slippage, note_fills=note_fills)
    return run, variants
