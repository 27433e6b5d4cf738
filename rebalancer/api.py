"""The Python door: load the three inputs, plan for one portfolio or many, evaluate over history.

Everything here is importable from `rebalancer` itself. A path may stand wherever a policy, a
market or a portfolio does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypedDict, Unpack

from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.policy_file import check_policy, load_policy
from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.adapters.record_file import read_file
from rebalancer.adapters.scalars import parse_positive
from rebalancer.adapters.workers import OpensExecutor, choose_workers
from rebalancer.engine import Moment, decide, describe_status, prepare
from rebalancer.errors import UsageError
from rebalancer.evaluation.comparison import EvaluatedPolicy, evaluate_beside
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.executors import Report
from rebalancer.evaluation.grid import build_variants
from rebalancer.evaluation.period import choose_period
from rebalancer.evaluation.policy_variant import PolicyVariant
from rebalancer.evaluation.run_setting import Setting
from rebalancer.evaluation.run_sweep import run_sweep
from rebalancer.evaluation.sweep import Draws, open_sweep
from rebalancer.evaluation.sweep_result import SweepResult
from rebalancer.model.book import Book
from rebalancer.model.instant import format_duration, format_instant, from_datetime, parse_instant
from rebalancer.model.market import Market
from rebalancer.model.plan import Plan
from rebalancer.model.status import Status
from rebalancer.policy.compiled import Policy
from rebalancer.policy.hints import did_you_mean

__all__ = [
    "check_policy",
    "evaluate",
    "load_market",
    "load_policy",
    "load_portfolio",
    "plan",
    "plan_many",
    "status",
    "sweep",
]

FilePath = str | Path
Time = str | date | datetime
"""A date is midnight UTC; a datetime has a zone; a text is either, in ISO 8601."""

Number = Decimal | str | int | float

CAPITAL = Decimal(100_000)
"""What an evaluation starts with in the quote coin, unless its caller says otherwise."""

_EARLIEST_US, _LATEST_US = parse_instant("1000-01-01"), parse_instant("9000-01-01")
"""Calendars look ahead and zones shift: text has no years of five digits, nor any before 1."""


def plan(
    policy: Policy | FilePath,
    market: Market | FilePath,
    portfolio: Book | FilePath,
    *,
    as_of: Time | None = None,
    regime: str | None = None,
    prices: Mapping[str, Number] | None = None,
) -> Plan:
    """Return the plan that brings a portfolio to its policy, with a reason for every trade.

    Args:
        policy: The policy, or its file.
        market: The market, or its folder. Only rows stamped at or before `as_of` are used.
        portfolio: The portfolio, or its file.
        as_of: The time to decide for; the portfolio's own where left out. The two may not be
            further apart than the policy's `data.max_age`.
        regime: The regime to plan for; replayed from the market's history where left out.
        prices: Prices that override the market's closes, by symbol, in the instrument's quote
            coin.

    Raises:
        InvalidInput: A file cannot be used; its findings say where and why.
        UsageError: The times lie too far apart, the policy has no such regime, or the market has
            no such symbol.

    The same inputs give the same plan and the same `plan_id`, in any process. A plan that cannot be
    made is returned too: its status is `refused`, and its refusals say why.
    """
    portfolios = [portfolio]
    (made,) = plan_many(policy, market, portfolios, as_of=as_of, regime=regime, prices=prices)
    return made


def plan_many(
    policy: Policy | FilePath,
    market: Market | FilePath,
    portfolios: Iterable[Book | FilePath],
    *,
    as_of: Time | None = None,
    regime: str | None = None,
    prices: Mapping[str, Number] | None = None,
) -> list[Plan]:
    """Return one plan for each portfolio, in order: each is the plan that `plan` would return.

    Signals and regimes do not depend on portfolios and are computed once; the portfolios of one
    time are planned as one batch. Arguments and exceptions are those of `plan`.
    """
    rules = _policy(policy)
    observed = _market(market)
    books = [_book(each) for each in portfolios]
    if not books:
        return []
    overrides = _prices(prices or {}, observed)
    times = [_decision_time(rules, book, as_of) for book in books]
    history = prepare(rules, observed, as_of_us=max(times))
    plans: dict[int, Plan] = {}
    for as_of_us in sorted(set(times)):
        rows = [row for row, time in enumerate(times) if time == as_of_us]
        made = decide(
            rules,
            observed,
            history=history,
            books=[books[row] for row in rows],
            moment=Moment(as_of_us, regime, overrides),
        )
        plans.update(zip(rows, made, strict=True))
    return [plans[row] for row in range(len(books))]


def status(
    policy: Policy | FilePath, market: Market | FilePath, *, as_of: Time | None = None
) -> Status:
    """Return where a policy stands: signals, and what each way out of the regime still needs.

    Without `as_of` it is the time of the last row that the policy names. Raises InvalidInput for
    a file that cannot be used and UsageError for a time that cannot be read.
    """
    rules, observed = _policy(policy), _market(market)
    history = prepare(rules, observed, as_of_us=None if as_of is None else _microseconds(as_of))
    return describe_status(rules, history, as_of_us=history.path.until_us)


class EvaluateOptions(TypedDict, total=False):
    """What may be said to `evaluate` beside a policy and a market; None says nothing."""

    start: Time | None
    end: Time | None
    capital: Number | None
    portfolio: Book | FilePath | None
    fill: FillRule | str


def evaluate(
    policy: Policy | FilePath, market: Market | FilePath, **options: Unpack[EvaluateOptions]
) -> EvaluatedPolicy:
    """Return what a policy would have done over a market's history, and what it would have earned.

    Args:
        policy: The policy, or its file.
        market: The market, or its folder.
        **options: All of them may be left out.
            `start`: The first time of the run; without it, the first at which everything that the
            policy trades has a price. The regime is replayed from the market's first row anyway.
            `end`: The last time; without it, the market's last row.
            `capital`: What the run starts with in the quote coin, 100,000 if nothing else is said.
            `portfolio`: What it starts with instead, or its file; its date says nothing.
            `fill`: `next_open` fills orders at the first bar that opens at or after the decision,
            `same_close` at the close of the decision itself, which nobody can trade at.

    Raises:
        InvalidInput: A file cannot be used; its findings say where and why.
        UsageError: The period has no rows, something that is traded or held has no price, or the
            options contradict each other.

    The result has the evaluation, its numbers, the same for buy-and-hold and for fixed weights,
    and all of it as tables in `frames`. The same inputs give the same result.
    """
    _refuse_unknown(options, EvaluateOptions.__optional_keys__, name="evaluate")
    asked = _Asked(**options)
    rules, observed = _policy(policy), _market(market)
    book = _first_book(asked, rules)
    fill = _fill_rule(asked.fill)
    start_us, end_us = _period(asked)
    start_us, end_us = choose_period(rules, observed, start_us=start_us, end_us=end_us)
    setting = Setting(replace(book, as_of_us=start_us), start_us, end_us, fill)
    return evaluate_beside(rules, observed, setting=setting)


class SweepOptions(EvaluateOptions, total=False):
    """What may be said to `sweep` beside what may be said to `evaluate`."""

    set: Sequence[str]
    paths: int | None
    seed: int | None
    executor: Executor | OpensExecutor | str | None
    report: Report


def sweep(
    policy: Policy | FilePath, market: Market | FilePath, **options: Unpack[SweepOptions]
) -> SweepResult:
    """Return what every variant of a policy would have come to, over history or over many paths.

    Args:
        policy: The policy, its file, or its text of several lines.
        market: The market, or its folder.
        **options: Those of `evaluate`, and these; all of them may be left out.
            `set`: Settings `PATH=VALUE,VALUE…`, or the text of a single one; every combination of
                their values is a variant.
            `paths`: Run on so many resampled paths of history and not on history itself; all
            variants see the same ones. `seed`, 0 if nothing else is said, draws them.
            `executor`: Who does the work: `processes`, `processes:N`, the address of a Dask
            scheduler such as `tcp://host:8786`, any executor of `concurrent.futures`, or what opens
            one, which may be `MODULE:FUNCTION`. Without it, this process.
            `report`: Is called whenever runs are finished with their number, and that of all runs.

    Raises:
        InvalidInput: A file or a variant cannot be used; its findings say where and why.
        UsageError: As `evaluate` does, and for settings, paths or an executor that cannot be.

    The same inputs give the same result whoever works on it. A lost worker's part is done again;
    after Ctrl-C the result holds what was finished, and says what is missing.
    """
    _refuse_unknown(options, SweepOptions.__optional_keys__, name="sweep")
    asked = _AskedSweep(**options)
    settings = [asked.set] if isinstance(asked.set, str) else asked.set
    variants = _variants(policy, settings)
    workers = choose_workers(asked.executor)
    opened = open_sweep(
        variants,
        _market(market),
        book=_first_book(asked, variants[0].policy),
        within=_period(asked),
        fill=_fill_rule(asked.fill),
        draws=_draws(asked),
    )
    return run_sweep(opened, workers=workers, report=asked.report)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options of `evaluate` with what holds where they are left out."""

    start: Time | None = None
    end: Time | None = None
    capital: Number | None = None
    portfolio: Book | FilePath | None = None
    fill: FillRule | str = FillRule.NEXT_OPEN


@dataclass(frozen=True, slots=True)
class _AskedSweep(_Asked):
    """The options of `sweep` with what holds where they are left out."""

    set: Sequence[str] = ()
    paths: int | None = None
    seed: int | None = None
    executor: Executor | OpensExecutor | str | None = None
    report: Report = lambda _finished, _all: None


def _refuse_unknown(options: Iterable[str], known: Collection[str], *, name: str) -> None:
    """Raise what Python raises for a keyword that a function does not have."""
    for option in options:
        if option not in known:
            raise TypeError(f"{name}() got an unexpected keyword argument '{option}'")


def _variants(policy: Policy | FilePath, settings: Sequence[str]) -> tuple[PolicyVariant, ...]:
    """Return the variants that settings make of a policy."""
    if isinstance(policy, Policy):
        if settings:
            raise UsageError("settings change a policy's file; give the file or its text")
        return (PolicyVariant((), policy),)
    if isinstance(policy, str) and "\n" in policy:
        return build_variants(policy, "policy", settings=settings)
    return build_variants(read_file(Path(policy)), str(policy), settings=settings)


def _draws(asked: _AskedSweep) -> Draws | None:
    if asked.paths is not None:
        return Draws(asked.paths, asked.seed or 0)
    if asked.seed is not None:
        raise UsageError("a seed draws paths; say how many, or leave it out")
    return None


def _period(asked: _Asked) -> tuple[int | None, int | None]:
    """Return the first and last time that were asked for."""
    return (
        None if asked.start is None else _microseconds(asked.start, "start"),
        None if asked.end is None else _microseconds(asked.end, "end"),
    )


def _first_book(asked: _Asked, policy: Policy) -> Book:
    """Return what an evaluation starts with; its date is the caller's to set."""
    if asked.portfolio is not None:
        if asked.capital is not None:
            raise UsageError("capital and portfolio are two ways to say one thing; give one")
        return _book(asked.portfolio)
    try:
        capital = CAPITAL if asked.capital is None else parse_positive(str(asked.capital))
    except ValueError as error:
        raise UsageError(f"capital {error}") from None
    return Book(as_of_us=0, spot={policy.quote: capital})


def _fill_rule(fill: FillRule | str) -> FillRule:
    try:
        return FillRule(fill)
    except ValueError:
        known = " or ".join(rule.value for rule in FillRule)
        raise UsageError(f"fill must be {known}, was `{fill}`") from None


def _policy(policy: Policy | FilePath) -> Policy:
    return policy if isinstance(policy, Policy) else load_policy(policy)


def _market(market: Market | FilePath) -> Market:
    return market if isinstance(market, Market) else load_market(market)


def _book(portfolio: Book | FilePath) -> Book:
    return portfolio if isinstance(portfolio, Book) else load_portfolio(portfolio)


def _decision_time(policy: Policy, book: Book, as_of: Time | None) -> int:
    """Return the time to plan a book for; raises UsageError where the book is of another time."""
    counted_us = _require_sane(book.as_of_us, "the portfolio's `as_of`")
    if as_of is None:
        return counted_us
    as_of_us = _microseconds(as_of)
    apart_us = abs(as_of_us - counted_us)
    if apart_us > policy.max_age_us:
        raise UsageError(
            f"as of {format_instant(as_of_us)} is {format_duration(apart_us)} away from the "
            f"portfolio's {format_instant(counted_us)}, more than the policy's `data.max_age` "
            f"of {format_duration(policy.max_age_us)}; plan with a portfolio counted nearer"
        )
    return as_of_us


def _microseconds(time: Time, name: str = "as of") -> int:
    """Return a time in microseconds; raises UsageError that calls it by its name."""
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise UsageError(f"{name} {time.isoformat()} has no zone; give it one, such as UTC")
        return _require_sane(from_datetime(time), f"{name} {time}")
    if isinstance(time, date):
        midnight = datetime(time.year, time.month, time.day, tzinfo=UTC)
        return _require_sane(from_datetime(midnight), f"{name} {time}")
    try:
        time_us = parse_instant(time)
    except ValueError as error:
        raise UsageError(f"{name} {error}") from None
    return _require_sane(time_us, f"{name} {time}")


def _require_sane(time_us: int, name: str) -> int:
    """Return a time that calendars and texts can reach; raises UsageError for any other."""
    if not _EARLIEST_US <= time_us < _LATEST_US:
        raise UsageError(f"{name} must lie within the years 1000 and 8999")
    return time_us


def _prices(prices: Mapping[str, Number], market: Market) -> dict[str, Decimal]:
    """Return prices as exact decimals; raises UsageError for one that nothing can use."""
    exact: dict[str, Decimal] = {}
    for symbol, price in prices.items():
        if symbol not in market.instruments:
            hint = did_you_mean(symbol, market.instruments)
            raise UsageError(f"price of `{symbol}`: the market has no such symbol; {hint}")
        try:
            exact[symbol] = parse_positive(str(price))
        except ValueError as error:
            raise UsageError(f"price of `{symbol}` {error}") from None
    return exact
