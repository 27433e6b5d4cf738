"""The stages in order: what a market says under a policy, and what a book should trade."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import localcontext

from rebalancer.errors import UsageError
from rebalancer.model.book import Book
from rebalancer.model.calendar import next_calendar_time
from rebalancer.model.decimals import EXACT
from rebalancer.model.history import History
from rebalancer.model.instrument import settle_coins
from rebalancer.model.market import Market
from rebalancer.model.market_until import market_until
from rebalancer.model.plan import Plan, RegimeLine
from rebalancer.model.status import Status, TransitionStatus
from rebalancer.model.target_parts import RegimeTargets
from rebalancer.model.truth import truth_now
from rebalancer.planner.identity import identify_plans
from rebalancer.planner.plan_books import plan_books
from rebalancer.planner.reading import book_symbols
from rebalancer.planner.request import Moment, build_request
from rebalancer.policy.compiled import Policy, Transition
from rebalancer.policy.resolve_contracts import resolve_contracts
from rebalancer.regime.attempts import list_attempts
from rebalancer.regime.replay import replay_path
from rebalancer.regime.table import compile_table
from rebalancer.signals.betas import measure_betas
from rebalancer.signals.compute import compute_signals
from rebalancer.signals.freshness import describe_unseen, find_stale_signals, read_signal
from rebalancer.signals.named import named_range, named_series, named_symbols
from rebalancer.targets.build import build_targets
from rebalancer.triggers.evaluate import compute_truths
from rebalancer.triggers.evidence import collect_evidence

__all__ = ["Moment", "decide", "describe_status", "prepare"]


def prepare(policy: Policy, market: Market, *, as_of_us: int | None = None) -> History:
    """Return all that a policy and a market say before a book is looked at, up to `as_of_us`.

    Without `as_of_us` the history ends at the last row that the policy names. What it says of a
    time t depends on rows stamped ≤ t alone, so one history serves every t.
    """
    known = market if as_of_us is None else market_until(market, as_of_us)
    start_us, last_us = named_range(policy, known) or (as_of_us or 0, as_of_us or 0)
    until_us = last_us if as_of_us is None else as_of_us
    signals = compute_signals(known, policy.signals)
    truths = compute_truths(policy.transitions, signals)
    attempts = list_attempts(
        policy.rebalance,
        [truths[transition.name] for transition in policy.transitions],
        observed_us=[history.time_us for history in signals.values()],
        start_us=start_us,
        until_us=until_us,
    )
    path = replay_path(compile_table(policy), attempts, start_us=start_us, until_us=until_us)
    return _with_evidence(policy, History(signals, truths, path))


def _with_evidence(policy: Policy, history: History) -> History:
    """Return the history with the evidence that each step of its path was taken on."""
    when = {transition.name: transition.when for transition in policy.transitions}
    steps = [
        replace(
            step,
            evidence=collect_evidence(
                when[step.because],
                history.truths[step.because],
                signals=history.signals,
                at_us=step.at_us,
            ),
        )
        for step in history.path.steps
    ]
    return replace(history, path=replace(history.path, steps=tuple(steps)))


def describe_status(policy: Policy, history: History, *, as_of_us: int) -> Status:
    """Return the signals as of a time, and each way out of the present regime with what it needs.

    Raises ValueError for a time after the history's end.
    """
    present = history.path.regime_at(as_of_us)
    dwells_until_us = present.since_us + policy.regime(present.name).min_dwell_us

    def describe(transition: Transition) -> TransitionStatus:
        truths = history.truths[transition.name]
        waits = not transition.urgent and as_of_us < dwells_until_us
        return TransitionStatus(
            name=transition.name,
            target=transition.target,
            urgent=transition.urgent,
            truth=truth_now(truths, as_of_us),
            evidence=collect_evidence(
                transition.when, truths, signals=history.signals, at_us=as_of_us
            ),
            waits_until_us=dwells_until_us if waits else None,
        )

    rebalance = policy.rebalance
    return Status(
        as_of_us=as_of_us,
        regime=present,
        next_calendar_us=next_calendar_time(
            rebalance.every_us, rebalance.offset_us, after_us=as_of_us
        ),
        signals=tuple(read_signal(each, as_of_us) for each in history.signals.values()),
        transitions=tuple(
            describe(each) for each in policy.transitions if present.name in each.sources
        ),
    )


def decide(
    policy: Policy, market: Market, *, history: History, books: Sequence[Book], moment: Moment
) -> tuple[Plan, ...]:
    """Return one plan per book, in order, from rows stamped at or before the moment.

    Raises UsageError for a regime that the policy does not have, and for a price set by hand for
    a symbol that neither the policy nor a book names.
    """
    as_of_us = moment.as_of_us
    line = _regime_line(policy, history, moment)
    rolled = resolve_contracts(policy, market, as_of_us=as_of_us)
    symbols = named_symbols(rolled.policy).union(rolled.left)
    with localcontext(EXACT):
        request = build_request(
            rolled,
            market,
            moment=moment,
            symbols=symbols.union(*(book_symbols(book, policy.quote) for book in books)),
            line=line,
            targets=_targets(rolled.policy, market, regime=line.name, as_of_us=as_of_us),
        )
        stale = find_stale_signals(history.signals.values(), as_of_us)
        request = replace(
            request,
            stale_signals=tuple(each.staleness for each in stale),
            notes=(*rolled.warnings, *describe_unseen(policy, history, as_of_us=as_of_us)),
        )
        return identify_plans(
            zip(plan_books(request, books), books, strict=True),
            policy,
            market=market,
            named=(symbols, named_series(policy)),
            chosen=(moment.regime, moment.prices),
        )


def _targets(policy: Policy, market: Market, *, regime: str, as_of_us: int) -> RegimeTargets:
    """Return what a regime asks for, its hedges by beta sized on rows stamped by then."""
    asked = policy.regime(regime)
    settle = settle_coins(market.instruments)
    betas = measure_betas(policy, asked, market=market, as_of_us=as_of_us)
    return build_targets(policy, asked, settle=settle, betas=betas)


def _regime_line(policy: Policy, history: History, moment: Moment) -> RegimeLine:
    """Return the regime to plan for: the replayed one, or the one chosen by hand."""
    next_us = next_calendar_time(
        policy.rebalance.every_us, policy.rebalance.offset_us, after_us=moment.as_of_us
    )
    if moment.regime is not None:
        names = [regime.name for regime in policy.regimes]
        if moment.regime not in names:
            raise UsageError(
                f"policy `{policy.name}` has no regime `{moment.regime}`, it has {', '.join(names)}"
            )
        return RegimeLine(moment.regime, moment.as_of_us, "chosen by hand", next_us)
    present = history.path.regime_at(moment.as_of_us)
    evidence = present.step.evidence if present.step else ()
    because = present.because or "the initial regime"
    return RegimeLine(present.name, present.since_us, because, next_us, evidence)
