"""A sweep as tables: its variants side by side, or how far each of them spreads over paths."""

import math

from rebalancer.evaluation.summary import COUNTS, MONEY
from rebalancer.evaluation.sweep import EVENTS
from rebalancer.evaluation.sweep_result import LEVEL_NAMES, SweepResult, measure_quantiles
from rebalancer.model.instant import DAY_US, format_duration
from rebalancer.reports.figures import clock, counted, limit_figure, money, percent
from rebalancer.reports.layout import (
    WIDTH,
    Column,
    Line,
    Row,
    Span,
    Table,
    Tone,
    bullets,
    entry,
    table,
    title,
)

_SIDE_BY_SIDE = {
    "total_return": "return",
    "cagr": "CAGR",
    "volatility": "volatility",
    "sharpe": "Sharpe",
    "max_drawdown": "drawdown",
    "turnover_per_year": "turnover",
    "largest_gross_leverage": "leverage",
    "breaches": "breaches",
    "liquidations": "liquidations",
}
_SPREAD = {
    "total_return": "total return",
    "cagr": "CAGR, a year",
    "volatility": "volatility, a year",
    "sharpe": "Sharpe, a year",
    "sortino": "Sortino, a year",
    "calmar": "Calmar",
    "max_drawdown": "max drawdown",
    "max_drawdown_days": "  its days",
    "turnover_per_year": "turnover, a year",
    "fees": "fees",
    "funding_on_capital": "funding on capital, a year",
    "largest_gross_leverage": "largest gross leverage",
    "largest_margin_utilization": "largest margin use",
    "smallest_liquidation_distance": "smallest distance to liquidation",
    "breaches": "limit breaches",
    "liquidations": "liquidations",
    "end_nav": "NAV at the end",
}
_UNDEFINED = "n/a"
_MONEY = {*MONEY, "end_nav"}
_PLAIN = {"sharpe", "sortino", "calmar"}
_COUNTED = {*COUNTS, *EVENTS, "max_drawdown_days"}
_READABLE = 1e6
_LISTED = 20
"""How many missing runs are named; the tables name them all."""


def sweep_lines(result: SweepResult, *, width: int = WIDTH) -> list[Line]:
    """Return a sweep as lines of text."""
    lines: list[Line] = [(Span(_headline(result), Tone.TITLE),), (), *_head(result, width=width)]
    if result.draws is None:
        lines += table(_side_by_side(result), width=width)
    else:
        for variant in range(len(result.labels)):
            lines += table(_spread(result, variant), width=width)
    return [*lines, *_problems(result, width=width), *_missing(result, width=width)]


def _headline(result: SweepResult) -> str:
    days = (result.end_us - result.start_us) / DAY_US
    return (
        f"{counted(len(result.labels), 'variant')} of {result.policy_name} from "
        f"{clock(result.start_us)} to {clock(result.end_us)}: {days:,.1f} days"
    ).replace(".0 days", " days")


def _head(result: SweepResult, *, width: int) -> list[Line]:
    """Return what the numbers below rest on."""
    careful = result.fill == "same_close"
    fills = "same_close: NOT TRADABLE" if careful else result.fill
    lines = entry("Fills", fills, width=width, tone=Tone.BAD if careful else Tone.PLAIN)
    lines += entry("Rates", "a year is 365 days; what is not defined is n/a", width=width)
    if result.draws is not None:
        draws = result.draws
        lines += entry(
            "Paths",
            f"{counted(draws.paths, 'path')} of blocks of {format_duration(draws.block_us)}, drawn "
            f"from history with seed {draws.seed}; the same for every variant",
            width=width,
        )
    return lines


def _side_by_side(result: SweepResult) -> Table:
    """Return a row for each variant."""
    rows = []
    for variant, label in enumerate(result.labels):
        cells = (_figure(name, float(result.metrics[name][variant, 0])) for name in _SIDE_BY_SIDE)
        rows.append(Row((label, *cells)))
    columns = (Column("variant", is_number=False), *map(Column, _SIDE_BY_SIDE.values()))
    return Table("Variants", columns, tuple(rows))


def _spread(result: SweepResult, variant: int) -> Table:
    """Return the quantiles of a variant over its paths."""
    rows = []
    for name, label in _SPREAD.items():
        quantiles = measure_quantiles(result.metrics[name][[variant]])
        cells = (_figure(name, value) for value in quantiles.values[0].tolist())
        rows.append(Row((label, f"{quantiles.defined[0]:,}", *cells)))
    columns = (Column("", is_number=False), Column("paths"), *map(Column, LEVEL_NAMES))
    return Table(f"Over paths: {result.labels[variant]}", columns, tuple(rows))


def _figure(name: str, value: float) -> str:
    """Return a number in its unit."""
    if not math.isfinite(value):
        return _UNDEFINED
    if name in _COUNTED:
        return f"{value:,.1f}".removesuffix(".0")
    return _in_unit(name, value)


def _in_unit(name: str, value: float) -> str:
    if name in _MONEY:
        return money(value)
    if name == "largest_gross_leverage":
        return limit_figure("gross_leverage", value)
    if abs(value) >= _READABLE:
        return f"{value:.1e}"
    return f"{value:,.2f}" if name in _PLAIN else percent(value)


def _problems(result: SweepResult, *, width: int) -> list[Line]:
    if not result.problems:
        return []
    texts = [f"{result.run_label(*run)}: {text}" for run, text in result.problems.items()]
    return [
        *title("Could not be evaluated"),
        *bullets(_shortened(texts), width=width, tone=Tone.BAD),
    ]


def _missing(result: SweepResult, *, width: int) -> list[Line]:
    if not result.missing:
        return []
    heading = f"Missing, {len(result.missing):,} of {result.finished.size:,}: {result.stopped}"
    return [
        *title(heading),
        *bullets(_shortened(list(result.missing)), width=width, tone=Tone.CAREFUL),
    ]


def _shortened(texts: list[str]) -> list[str]:
    more = len(texts) - _LISTED
    return texts if more <= 0 else [*texts[:_LISTED], f"and {more:,} more"]
