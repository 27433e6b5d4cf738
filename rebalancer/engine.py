"""The stages in order: what a market says under a policy, and what a book should trade."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from rebalancer import __version__
from rebalancer.errors import UsageError
from rebalancer.model.book import Book
from rebalancer.model.calendar import next_calendar_time
from rebalancer.model.decimals import decimal_text
from rebalancer.model.digest import digest_book, digest_instruments, digest_lines, digest_market
from rebalancer.model.history import History
from rebalancer.model.instant import format_duration
from rebalancer.model.market import Market
from rebalancer.model.market_until import market_until
from rebalancer.model.plan import Inputs, Plan, RegimeLine
from rebalancer.model.status import Status, TransitionStatus
from rebalancer.model.truth import truth_now
from rebalancer.planner.plan_books import plan_books
from rebalancer.planner.reading import book_symbols
from rebalancer.planner.request import (
    PlanRequest,
    find_stale_prices,
    last_row_us,
    latest_funding_apr,
    latest_marks,
)
from rebalancer.policy.compiled import Policy, Transition
from rebalancer.regime.attempts import list_attempts
from rebalancer.regime.replay import replay_path
from rebalancer.regime.table import compile_table
from rebalancer.signals.compute import compute_signals
from rebalancer.signals.freshness import find_stale_signals, read_signal
from rebalancer.signals.named import named_range, named_series, named_symbols
from rebalancer.targets.build import build_targets
from rebalancer.triggers.evaluate import compute_truths
from rebalancer.triggers.evidence import collect_evidence


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


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """When to decide, and what the caller sets by hand instead of the market.

    `regime` names the regime to plan for (None: the replayed one); `prices` override closes.
    """

    as_of_us: int
    regime: str | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)


def decide(
    policy: Policy, market: Market, *, history: History, books: Sequence[Book], moment: Moment
) -> tuple[Plan, ...]:
    """Return one plan per book, in order, from rows stamped at or before the moment.

    Raises UsageError for a regime that the policy does not have.
    """
    plans = plan_books(_request(policy, market, history=history, books=books, moment=moment), books)
    market_digests: dict[frozenset[str], str] = {}
    named = named_symbols(policy)
    identified = []
    for plan, book in zip(plans, books, strict=True):
        symbols = named | book_symbols(book, policy.quote)
        if symbols not in market_digests:
            market_digests[symbols] = digest_market(
                market, symbols, series=named_series(policy), as_of_us=moment.as_of_us
            )
        inputs = Inputs(
            policy=policy.digest,
            portfolio=digest_book(book),
            market=market_digests[symbols],
            instruments=digest_instruments(market.instruments, symbols),
            version=__version__,
        )
        identified.append(replace(plan, inputs=inputs, plan_id=_plan_id(inputs, moment)))
    return tuple(identified)


def _plan_id(inputs: Inputs, moment: Moment) -> str:
    """Return the digest of all that a plan is a function of."""
    prices = [f"price {name} {decimal_text(moment.prices[name])}" for name in sorted(moment.prices)]
    parts = (inputs.policy, inputs.portfolio, inputs.market, inputs.instruments, inputs.version)
    return digest_lines((*parts, f"{moment.as_of_us}", f"regime {moment.regime}", *prices))


def _request(
    policy: Policy, market: Market, *, history: History, books: Sequence[Book], moment: Moment
) -> PlanRequest:
    """Return what the planner is asked for: the regime, its targets, and the market's last rows."""
    line = _regime_line(policy, history, moment)
    regime = policy.regime(line.name)
    as_of_us = moment.as_of_us
    symbols = named_symbols(policy).union(*(book_symbols(book, policy.quote) for book in books))
    settle = {name: str(each.settle) for name, each in market.instruments.items() if each.is_future}
    priced = symbols - set(moment.prices)
    stale = find_stale_signals(history.signals.values(), as_of_us)
    return PlanRequest(
        policy=policy,
        regime=regime,
        targets=build_targets(policy, regime, settle=settle),
        regime_line=line,
        instruments=market.instruments,
        instruments_as_of=market.instruments_as_of,
        marks=latest_marks(market, symbols, as_of_us=as_of_us, prices=moment.prices),
        funding_apr=latest_funding_apr(market, symbols, as_of_us=as_of_us),
        as_of_us=as_of_us,
        observed_us=last_row_us(market, named_symbols(policy), as_of_us=as_of_us),
        stale_signals=tuple(
            f"signal `{each.signal}` is {format_duration(each.age_us or 0)} old, over its "
            f"`max_age` of {format_duration(each.max_age_us or 0)}"
            for each in stale
        ),
        stale_prices=find_stale_prices(
            market, priced, as_of_us=as_of_us, max_age_us=policy.max_age_us
        ),
    )


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
