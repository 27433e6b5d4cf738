"""Sweeps: every variant of a policy over history, or over resampled paths of it.

The runs are numbered and independent, so that any worker may take any of them and the result is
the same: variant by variant, on each path in turn. All variants see the same paths, over the same
dates, from the same book.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rebalancer import __version__
from rebalancer.errors import RebalancerError, UsageError
from rebalancer.evaluation.blocks import find_block_starts
from rebalancer.evaluation.bootstrap import DEFAULT_BLOCK_US, resample_market
from rebalancer.evaluation.columns import run_layout
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.events import Breach, CutOrder, DataGap, Event, Expiry, Liquidation
from rebalancer.evaluation.period import choose_period
from rebalancer.evaluation.policy_variant import PolicyVariant
from rebalancer.evaluation.run_setting import Setting
from rebalancer.evaluation.summarize_many import RunSummary, summarize_many
from rebalancer.model.book import Book
from rebalancer.model.instant import format_duration
from rebalancer.model.market import Market
from rebalancer.model.market_until import market_until
from rebalancer.planner.reading import book_symbols
from rebalancer.policy.compiled import Policy
from rebalancer.signals.named import named_series, named_symbols

MOST_RUNS = 1_000_000
"""Each is a run over all of history; more is a mistyped number."""

EVENTS: Mapping[str, type[Event]] = {
    "breaches": Breach,
    "liquidations": Liquidation,
    "data_gaps": DataGap,
    "cut_orders": CutOrder,
    "expiries": Expiry,
}
"""The events that a run counts."""


@dataclass(frozen=True, slots=True)
class Draws:
    """How many resampled paths, what they are drawn with, and how long their blocks are."""

    paths: int
    seed: int
    block_us: int = DEFAULT_BLOCK_US


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What every run of a sweep shares; without `draws` each variant runs over history itself.

    `market` holds what the variants and the book name, until the end. Run number n is variant
    n // paths on path n % paths.
    """

    variants: tuple[PolicyVariant, ...]
    market: Market
    setting: Setting
    draws: Draws | None = None
    version: str = __version__

    @property
    def path_count(self) -> int:
        """Return on how many paths each variant runs; history itself is one."""
        return self.draws.paths if self.draws else 1

    @property
    def run_count(self) -> int:
        """Return how many runs there are."""
        return len(self.variants) * self.path_count


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to: its numbers by name, or why it could not be made.

    A number that is not defined is None.
    """

    number: int
    numbers: Mapping[str, float | None]
    problem: str = ""


def open_sweep(
    variants: Sequence[PolicyVariant],
    market: Market,
    *,
    book: Book,
    within: tuple[int | None, int | None] = (None, None),
    fill: FillRule = FillRule.NEXT_OPEN,
    draws: Draws | None = None,
) -> Sweep:
    """Return the sweep of these variants, checked as far as that can be done without running it.

    `within` are the first and the last time of every run. Where one is None it is the one that
    suits all variants: the latest of their first times, the earliest of their last. Paths are
    drawn from rows stamped at or before the end.

    Raises UsageError for variants of several quote coins, for a period, a number of paths, a seed
    or a block that cannot be, and for a history so short that every path would be the same.
    """
    _require_one_quote(variants)
    start_us, end_us = _common_period(variants, market, within=within)
    policies = [variant.policy for variant in variants]
    known = market_until(_narrow(market, policies, book=book), end_us)
    setting = Setting(replace(book, as_of_us=start_us), start_us, end_us, fill)
    sweep = Sweep(tuple(variants), known, setting, draws)
    if draws is not None:
        _require_drawable(sweep, draws)
    return sweep


def evaluate_runs(sweep: Sweep, numbers: Iterable[int]) -> tuple[Run, ...]:
    """Return what each of these runs comes to, as one batch.

    The batch may move the last digit of a number, and nothing more.

    Raises UsageError where another version of this package opened the sweep.
    """
    if sweep.version != __version__:
        raise UsageError(
            f"a worker has version {__version__} and the sweep is of version {sweep.version}; "
            "install the same on both"
        )
    wanted = list(numbers)
    markets = [_path_market(sweep, number % sweep.path_count) for number in wanted]
    try:
        return _evaluate_batch(sweep, wanted, markets)
    except RebalancerError:
        # one of them is to blame, and the others are not to go with it
        return tuple(_evaluate_alone(sweep, *each) for each in zip(wanted, markets, strict=True))


def _evaluate_batch(
    sweep: Sweep, numbers: Sequence[int], markets: Sequence[Market]
) -> tuple[Run, ...]:
    policies = [sweep.variants[number // sweep.path_count].policy for number in numbers]
    setting = sweep.setting
    found = summarize_many(
        policies,
        markets if sweep.draws else [sweep.market],
        book=setting.book,
        start_us=setting.start_us,
        end_us=setting.end_us,
        fill=setting.fill,
    )
    return tuple(Run(number, _numbers(each)) for number, each in zip(numbers, found, strict=True))


def _evaluate_alone(sweep: Sweep, number: int, market: Market) -> Run:
    try:
        return _evaluate_batch(sweep, [number], [market])[0]
    except RebalancerError as problem:
        return Run(number, {}, str(problem))


def _path_market(sweep: Sweep, path: int) -> Market:
    if sweep.draws is None:
        return sweep.market
    draws = sweep.draws
    return resample_market(sweep.market, seed=draws.seed, path=path, block_us=draws.block_us)


def _numbers(found: RunSummary) -> dict[str, float | None]:
    """Return every number of a run: of its summary, regimes, events and end."""
    summary = found.summary
    shares = {f"time_in_regime.{name}": share for name, share in summary.time_in_regime.items()}
    return {
        **summary.by_name(),
        "plans": float(found.plans),
        **{name: float(found.events.get(kind, 0)) for name, kind in EVENTS.items()},
        "end_nav": found.end_nav,
        **shares,
    }


def _require_one_quote(variants: Sequence[PolicyVariant]) -> None:
    quotes = sorted({variant.policy.quote for variant in variants})
    if len(quotes) > 1:
        listed = ", ".join(f"`{quote}`" for quote in quotes)
        raise UsageError(f"variants in different quote coins do not compare: {listed}")


def _common_period(
    variants: Sequence[PolicyVariant], market: Market, *, within: tuple[int | None, int | None]
) -> tuple[int, int]:
    """Return the period in which every variant can run."""
    start_us, end_us = within
    periods = [
        choose_period(each.policy, market, start_us=start_us, end_us=end_us) for each in variants
    ]
    return max(start for start, _ in periods), min(end for _, end in periods)


def _narrow(market: Market, policies: Iterable[Policy], *, book: Book) -> Market:
    """Return the market with the rows that the policies and the book name alone."""
    symbols: set[str] = set()
    series: set[str] = set()
    for policy in policies:
        symbols |= named_symbols(policy) | book_symbols(book, policy.quote)
        symbols.update(run_layout(policy, market.instruments, book=book).symbols)
        series |= named_series(policy)
    return replace(
        market,
        bars={name: each for name, each in market.bars.items() if name in symbols},
        funding={name: each for name, each in market.funding.items() if name in symbols},
        series={name: each for name, each in market.series.items() if name in series},
    )


def _require_drawable(sweep: Sweep, draws: Draws) -> None:
    """Draw the first path, so that what keeps all of them from being drawn is said at once."""
    if draws.paths < 1:
        raise UsageError(f"the number of paths must be at least 1, was {draws.paths}")
    if sweep.run_count > MOST_RUNS:
        raise UsageError(
            f"{len(sweep.variants):,} variants on {draws.paths:,} paths make "
            f"{sweep.run_count:,} runs, more than {MOST_RUNS:,}"
        )
    _path_market(sweep, 0)
    starts = find_block_starts(sweep.market, block_us=draws.block_us)
    if starts.is_one_path:
        block, span = format_duration(draws.block_us), format_duration(starts.span_us)
        raise UsageError(
            f"paths are drawn in blocks of {block}, and the {span} of history up to the end leave "
            "no choice: every path would be the same; give a longer history"
        )
