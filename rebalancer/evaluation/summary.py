"""The numbers of an evaluation that need more than its equity: turnover, funding, regimes, risk."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rebalancer.evaluation.course import Course, course_of
from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.metrics import Metrics, measure
from rebalancer.model.instant import DAY_US, YEAR_DAYS
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Floats
from rebalancer.model.plan import PlanStatus
from rebalancer.model.regime_path import RegimePath

MONEY = ("fees", "slippage", "funding")
"""The numbers of a summary that are sums of money in the quote coin."""

COUNTS = ("plans", "trades")
"""The numbers of a summary that count something."""

_YEAR_US = YEAR_DAYS * DAY_US
_RATES = ("turnover", "turnover_per_year")
_EXTREMES = (
    "largest_gross_leverage",
    "largest_margin_utilization",
    "smallest_liquidation_distance",
)


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """All numbers of one evaluation; rates a year are simple, on 365 days. NaN: not defined.

    - `equity`: what the equity curve alone says.
    - `turnover`: ½ Σ |traded notional| / NAV of each decision, NAV at the last bar up to it, summed
      over all decisions; `turnover_per_year` is that sum over the years of the run.
    - `fees`, `slippage`, `funding`: sums in the quote coin; funding received is positive.
    - `funding_on_notional`, `funding_on_capital`: funding a year over the mean size of all
      perpetual positions, and over the mean NAV. A mean counts each bar for the time since the
      one before it, so it is of what was held while funding was earned.
    - `time_in_regime`: the share of the run spent in each regime of the policy.
    - `plans`: how many were made, by status; `trades`: how many orders were filled.
    - `largest_gross_leverage`, `largest_margin_utilization`, `smallest_liquidation_distance`: the
      extremes over all bars; infinite where nothing liquidates, or where no equity was left.
    """

    equity: Metrics
    turnover: float
    turnover_per_year: float
    fees: float
    slippage: float
    funding: float
    funding_on_notional: float
    funding_on_capital: float
    time_in_regime: Mapping[str, float]
    plans: Mapping[PlanStatus, int]
    trades: int
    largest_gross_leverage: float
    largest_margin_utilization: float
    smallest_liquidation_distance: float

    @property
    def plan_count(self) -> int:
        """Return how many plans were made, those that hold or are refused included."""
        return sum(self.plans.values())

    def by_name(self) -> dict[str, float | None]:
        """Return every number that is one, those of the equity first; None: not finite.

        Sums in the quote coin are those of `MONEY`, counts those of `COUNTS`, the rest are ratios.
        """
        numbers = {
            **{name: float(getattr(self, name)) for name in _RATES},
            **{name: float(getattr(self, name)) for name in MONEY},
            "funding_on_notional": self.funding_on_notional,
            "funding_on_capital": self.funding_on_capital,
            "plans": float(self.plan_count),
            "trades": float(self.trades),
            **{name: float(getattr(self, name)) for name in _EXTREMES},
        }
        finite = {name: each if math.isfinite(each) else None for name, each in numbers.items()}
        return {**self.equity.by_name(), **finite}


def summarize(
    evaluation: Evaluation, regimes: Iterable[str], *, instruments: Mapping[str, Instrument]
) -> Summary:
    """Return the numbers of an evaluation; `regimes` are the names of its policy's regimes."""
    return summarize_courses([course_of(evaluation, instruments)], [tuple(regimes)])[0]


def summarize_courses(courses: Sequence[Course], regimes: Sequence[Sequence[str]]) -> list[Summary]:
    """Return the numbers of runs that share their bars, each with its policy's regimes."""
    equity = measure(np.stack([course.nav for course in courses]), courses[0].time_us)
    listed = zip(courses, regimes, strict=True)
    return [
        _summarize(course, names, equity=equity.of(row))
        for row, (course, names) in enumerate(listed)
    ]


def _summarize(course: Course, regimes: Iterable[str], *, equity: Metrics) -> Summary:
    start_us, end_us = int(course.time_us[0]), int(course.time_us[-1])
    years = (end_us - start_us) / _YEAR_US
    turnover = _turnover(course)
    per_year = _quotient(course.funding, years)
    lengths = np.diff(course.time_us).astype(np.float64)
    return Summary(
        equity=equity,
        turnover=turnover,
        turnover_per_year=_quotient(turnover, years),
        fees=course.fees,
        slippage=course.slippage,
        funding=course.funding,
        funding_on_notional=_quotient(per_year, _mean(course.perpetual, lengths)),
        funding_on_capital=_quotient(per_year, _mean(course.nav, lengths)),
        time_in_regime=_time_in_regime(course.path, regimes, span=(start_us, end_us)),
        plans={status: course.statuses.count(status) for status in PlanStatus},
        trades=len(course.traded),
        largest_gross_leverage=_extreme(np.fmax, course.gross_leverage),
        largest_margin_utilization=_extreme(np.fmax, course.margin_utilization),
        smallest_liquidation_distance=_extreme(np.fmin, course.liquidation_distance),
    )


def _turnover(course: Course) -> float:
    """Return half of what was traded, each fill as a share of NAV at the bar it was decided on."""
    bars = np.searchsorted(course.time_us, course.decided_us, side="right") - 1
    return math.fsum((course.traded / course.nav[bars]).tolist()) / 2


def _mean(values: Floats, lengths: Floats) -> float:
    """Return the mean of values (bar,), each counted for the time since the bar before it."""
    return _quotient(float((values[1:] * lengths).sum()), float(lengths.sum()))


def _time_in_regime(
    path: RegimePath, regimes: Iterable[str], *, span: tuple[int, int]
) -> dict[str, float]:
    """Return the share of the time from start to end that each regime was in force."""
    start_us, end_us = span
    steps = [step for step in path.steps if start_us < step.at_us < end_us]
    edges = [start_us, *(step.at_us for step in steps), end_us]
    names = [path.regime_at(start_us).name, *(step.target for step in steps)]
    spent = dict.fromkeys(regimes, 0)
    for name, since_us, until_us in zip(names, edges, edges[1:], strict=False):
        spent[name] = spent.get(name, 0) + until_us - since_us
    return {name: _quotient(each, end_us - start_us) for name, each in spent.items()}


def _extreme(choose: np.ufunc, values: Floats) -> float:
    """Return the largest or smallest of the numbers that are defined."""
    return float(choose.reduce(values))


def _quotient(dividend: float, divisor: float) -> float:
    return dividend / divisor if divisor > 0 else math.nan
