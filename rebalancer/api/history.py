"""What a policy would have done over a market's history, once or in many variants."""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TypedDict, Unpack

from rebalancer.adapters.record_file import read_file
from rebalancer.adapters.scalars import parse_positive
from rebalancer.adapters.workers import OpensExecutor, choose_workers
from rebalancer.api.inputs import (
    FilePath,
    Number,
    Time,
    as_book,
    as_market,
    as_microseconds,
    as_policy,
)
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
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy

CAPITAL = Decimal(100_000)
"""What an evaluation starts with in the quote coin, unless its caller says otherwise."""


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
            policy names has a price. The regime is replayed from the market's first row anyway.
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
    rules, observed = as_policy(policy), as_market(market)
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
        as_market(market),
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
    for name, number in (("number of paths", asked.paths), ("seed", asked.seed)):
        if number is not None and not isinstance(number, int):
            raise UsageError(f"the {name} must be a whole number, was {number!r}")
    if asked.paths is not None:
        return Draws(asked.paths, asked.seed or 0)
    if asked.seed is not None:
        raise UsageError("a seed draws paths; say how many, or leave it out")
    return None


def _period(asked: _Asked) -> tuple[int | None, int | None]:
    """Return the first and last time that were asked for."""
    return (
        None if asked.start is None else as_microseconds(asked.start, "start"),
        None if asked.end is None else as_microseconds(asked.end, "end"),
    )


def _first_book(asked: _Asked, policy: Policy) -> Book:
    """Return what an evaluation starts with; its date is the caller's to set."""
    if asked.portfolio is not None:
        if asked.capital is not None:
            raise UsageError("capital and portfolio are two ways to say one thing; give one")
        return as_book(asked.portfolio)
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
