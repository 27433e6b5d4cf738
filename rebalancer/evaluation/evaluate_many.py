"""Evaluates many policies, or one over many markets, as one batch."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rebalancer.evaluation.columns import run_layout
from rebalancer.evaluation.evaluate import open_run, open_start, period_of, plan_row
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.quantities_sent import Sent, send_quantities
from rebalancer.evaluation.results import evaluation_of
from rebalancer.evaluation.stops import pass_history
from rebalancer.evaluation.tickets import Tickets, no_tickets, plan_tickets, set_due
from rebalancer.evaluation.timeline import build_timeline
from rebalancer.evaluation.variant import Variant, prepare_variant
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
    variants = [
        prepare_variant(
            policy,
            markets[row if len(markets) > 1 else 0],
            start_us=start_us,
            end_us=end_us,
            opened=(book, carried),
        )
        for row, policy in enumerate(policies)
    ]
    slippage = [float(policy.slippage) for policy in policies]
    run = open_run(timeline, layout, holdings=holdings, slippage=slippage)
    desk = _BatchDesk(run, variants, fill)
    pass_history(run, variants, decide=desk.decide)
    return [
        evaluation_of(run, variant, row=row, fill=fill, plans=())
        for row, variant in enumerate(variants)
    ]


class _BatchDesk:
    """Decides for groups of accounts whose policies differ in signals and transitions alone."""

    def __init__(self, run: HistoryRun, variants: Sequence[Variant], fill: FillRule) -> None:
        self._run, self._variants, self._fill = run, variants, fill
        rules = [(_rules(one.policy), id(one.market)) for one in variants]
        numbers = {each: number for number, each in enumerate(dict.fromkeys(rules))}
        self._group_of = [numbers[each] for each in rules]

    def decide(self, rows: Sequence[int], at_us: int) -> dict[int, Tickets]:
        """Return what each account sends."""
        found: dict[int, Tickets] = {}
        for group in self._groups(rows, at_us):
            for sent in send_quantities(self._run, self._variants, rows=group, at_us=at_us):
                found.update(self._tickets(sent, at_us))
        for row in rows:
            if row not in found:
                variant = self._variants[row]
                plan = plan_row(self._run, variant, row=row, at_us=at_us)
                layout, openings = self._run.desk.layout, variant.openings
                found[row] = plan_tickets(plan, layout, openings=openings, fill=self._fill)
        return found

    def _groups(self, rows: Sequence[int], at_us: int) -> list[list[int]]:
        """Return the accounts in groups of one market, one set of rules and one regime."""
        groups: dict[tuple[int, str], list[int]] = {}
        for row in rows:
            regime = self._variants[row].history.path.regime_at(at_us).name
            groups.setdefault((self._group_of[row], regime), []).append(row)
        return list(groups.values())

    def _tickets(self, sent: Sent, at_us: int) -> Iterator[tuple[int, Tickets]]:
        """Yield the tickets of each account of a group; all of them fill at the same bars."""
        layout = self._run.desk.layout
        if not len(sent.rows):
            return
        due = no_tickets(layout, 1)
        due.decided_us[0] = at_us
        due.opening[0] = 1.0
        variant = self._variants[int(sent.rows[0])]
        set_due(due, layout, openings=variant.openings, fill=self._fill)
        if self._fill is FillRule.SAME_CLOSE:
            path = min(int(sent.rows[0]), len(self._run.timeline.close) - 1)
            place = self._run.timeline.until(at_us) - 1
            due = replace(due, quoted=self._run.timeline.close[[path], place])
        for place, row in enumerate(sent.rows.tolist()):
            yield (
                row,
                replace(
                    due,
                    closing=sent.closing[[place]],
                    opening=sent.opening[[place]],
                    transfers=sent.transfers[[place]],
                ),
            )


def _rules(policy: Policy) -> Policy:
    """Return what of a policy its plans of one regime depend on."""
    return replace(
        policy,
        name="",
        description="",
        digest="",
        signals=(),
        transitions=(),
        initial_regime=policy.regimes[0].name,
    )
