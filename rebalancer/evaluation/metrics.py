"""What an equity curve says about earning and risk, annualised on 365 days.

One definition per number, for one path or a batch of them. A day is a UTC day and includes the
midnight that ends it, because market rows are stamped at their close: a daily bar of 31 January is
stamped 1 February 00:00 and belongs to January. A day's return is its last equity over the last
equity of the day before; a day without observations keeps the equity it found; the first day counts
from the first observation. So the days' returns multiply to the total return.

A number that is not defined is NaN, never an exception:

- every number without an observation or from an equity that does not start above zero;
- CAGR and Calmar over less than a day, and where the yearly growth is too large to write down;
- volatility, Sharpe and Sortino of fewer than two daily returns, skew of fewer than three, kurtosis
  of fewer than four; tails, best and worst of none;
- Sharpe, skew and kurtosis where the daily returns do not differ, Sortino where no day loses,
  Calmar where nothing was ever lost;
- all that needs every daily return, where a path has no equity left before its last day and so
  no return after it; best and worst are then those of the returns there are.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from rebalancer.model.instant import DAY_US, YEAR_DAYS
from rebalancer.model.market import Floats, Times

_TAIL = 20
"""One day in twenty lies in the tail: 95 % confidence."""

_ROUNDING = 1e-14
"""Daily returns that differ by less do so only because a double has sixteen digits."""

_YEARLY = math.sqrt(YEAR_DAYS)


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """Earning and risk of equity curves; arrays (batch,), or () for a single curve.

    Returns, drawdowns and tails are fractions: 0.1 is 10 %, and a loss is negative. Ratios set no
    riskless rate against the return. The module says where a number is NaN.

    - `total_return`: last equity / first equity − 1.
    - `cagr`: total growth to the power 1 / years, less one; years are elapsed time / 365 days.
    - `volatility`: standard deviation (n − 1) of simple daily returns × √365.
    - `sharpe`: mean daily return / its standard deviation × √365.
    - `sortino`: mean daily return / root of the mean squared loss over all days × √365; NaN and
      not empyrical's infinity where no day loses, since a report cannot compare infinities.
    - `calmar`: `cagr` / the size of `max_drawdown`.
    - `max_drawdown`: the lowest point of `drawdown`, so over every observation; quantstats and
      empyrical see the days' ends that they are given.
    - `max_drawdown_days`: elapsed days from the last time at the peak before that point to the
      first time the peak is reached again, or to the end; of equally deep drawdowns the first.
      quantstats counts the days below the peak: one less where the peak is reached again.
    - `var_95`: the daily return that 5 % of the days fall below, interpolated between the days of
      history as in empyrical; quantstats fits a bell curve, which crypto's tails do not follow.
    - `cvar_95`: mean of the worst 5 % of the n days, (n − 1) // 20 + 1 of them as in empyrical;
      quantstats adds days that tie with the last of them, which would soften the mean.
    - `skew`, `kurtosis`: of daily returns, corrected for the size of the sample; kurtosis is in
      excess of the normal distribution's 3.
    - `best_day`, `worst_day`, `best_month`, `worst_month`: of UTC days and months; the first and
      the last month count as far as the history covers them.
    """

    total_return: Floats
    cagr: Floats
    volatility: Floats
    sharpe: Floats
    sortino: Floats
    calmar: Floats
    max_drawdown: Floats
    max_drawdown_days: Floats
    var_95: Floats
    cvar_95: Floats
    skew: Floats
    kurtosis: Floats
    best_day: Floats
    worst_day: Floats
    best_month: Floats
    worst_month: Floats

    def of(self, path: int) -> "Metrics":
        """Return one path's numbers, arrays ()."""
        return Metrics(*(getattr(self, field.name).reshape(-1)[path] for field in fields(self)))

    def by_name(self, path: int = 0) -> dict[str, float | None]:
        """Return one path's numbers in the order above; None where a number is not defined."""
        numbers = {
            field.name: float(getattr(self, field.name).reshape(-1)[path]) for field in fields(self)
        }
        return {name: None if math.isnan(number) else number for name, number in numbers.items()}


def measure(equity: Floats, time_us: Times) -> Metrics:
    """Return the metrics of equity curves that share their times.

    Shapes: `equity` (batch, time) or (time,) in money; `time_us` (time,) in microseconds since 1970
    UTC, rising. A path's numbers do not depend on the batch around it, to the bit. Raises
    ValueError for times that do not fit the equity or do not rise.

    >>> metrics = measure(np.array([100.0, 75.0, 90.0, 110.0]), np.arange(4) * DAY_US)
    >>> metrics.max_drawdown.item(), metrics.max_drawdown_days.item()
    (-0.25, 3.0)
    """
    if equity.shape[-1:] != time_us.shape:
        raise ValueError(f"equity of shape {equity.shape} does not fit {time_us.shape} times")
    if (np.diff(time_us) <= 0).any():
        raise ValueError("the times of equity must rise")
    paths = np.atleast_2d(equity)
    if len(time_us):
        numbers = _numbers(paths, time_us)
    else:
        numbers = {field.name: np.full(len(paths), np.nan) for field in fields(Metrics)}
    return Metrics(**{name: of.reshape(equity.shape[:-1]) for name, of in numbers.items()})


def drawdown(equity: Floats) -> Floats:
    """Return equity / the highest equity so far − 1, NaN while that is not above zero.

    Shapes: `equity` (batch, time) or (time,); the result has the same shape.

    >>> drawdown(np.array([100.0, 120.0, 90.0])).tolist()
    [0.0, 0.0, -0.25]
    """
    return _quotient(equity, np.maximum.accumulate(equity, axis=-1)) - 1.0


def _numbers(paths: Floats, time_us: Times) -> dict[str, Floats]:
    """Return every metric by its name; `paths` are (batch, time) with at least one time."""
    growth = _quotient(paths[:, -1], paths[:, 0])
    cagr = _yearly_growth(growth, int(time_us[-1] - time_us[0])) - 1.0
    lowest, days = _deepest_drawdown(paths, time_us)
    at, days_1970 = _day_ends(time_us)
    returns = _changes(paths[:, at])
    months = _changes(paths[:, at[_month_ends(days_1970)]])
    return {
        "total_return": growth - 1.0,
        "cagr": cagr,
        "calmar": _quotient(cagr, -lowest),
        "max_drawdown": lowest,
        "max_drawdown_days": days,
        **_moments(returns),
        **_tail(returns),
        "best_day": np.fmax.reduce(returns, axis=1, initial=np.nan),
        "worst_day": np.fmin.reduce(returns, axis=1, initial=np.nan),
        "best_month": np.fmax.reduce(months, axis=1, initial=np.nan),
        "worst_month": np.fmin.reduce(months, axis=1, initial=np.nan),
    }


def _quotient(dividend: Floats, divisor: Floats | float) -> Floats:
    """Return dividend / divisor, NaN where the divisor is not above zero.

    The result lies row by row, whatever the layout of the dividend, so that every row is added up
    in the same order, alone or in a batch.
    """
    quotient: Floats = np.full(np.shape(dividend), np.nan)
    np.divide(dividend, divisor, out=quotient, where=np.greater(divisor, 0.0))
    return quotient


def _changes(ends: Floats) -> Floats:
    """Return each value's simple return on the one before; (batch, n) becomes (batch, n − 1)."""
    return _quotient(ends[:, 1:], ends[:, :-1]) - 1.0


def _yearly_growth(growth: Floats, elapsed_us: int) -> Floats:
    """Return growth to the power 1 / years, NaN under a day and beyond the largest number.

    Taken one by one: vector routines may round differently by a value's position in the array.
    """
    if elapsed_us < DAY_US:
        return np.full(len(growth), np.nan)
    per_year = YEAR_DAYS * DAY_US / elapsed_us
    with np.errstate(invalid="ignore", over="ignore"):
        powers = np.array([one**per_year for one in growth], dtype=np.float64)
    return np.where(np.isfinite(powers), powers, np.nan)


def _deepest_drawdown(paths: Floats, time_us: Times) -> tuple[Floats, Floats]:
    """Return the lowest drawdown and its days from the peak to recovery or the end; (batch,)."""
    depth = drawdown(paths)
    rows, low = np.arange(len(paths)), np.argmin(depth, axis=1)
    lowest = depth[rows, low]
    peak = np.maximum.accumulate(paths, axis=1)[rows, low]
    at, last = np.arange(len(time_us)), len(time_us) - 1
    before = (at <= low[:, None]) & (paths == peak[:, None])
    start = last - np.argmax(before[:, ::-1], axis=1)
    after = (at > low[:, None]) & (paths >= peak[:, None])
    end = np.where(after.any(axis=1), np.argmax(after, axis=1), last)
    days = (time_us[end] - time_us[start]) / DAY_US
    return lowest, np.where(lowest < 0.0, days, lowest)


def _day_ends(time_us: Times) -> tuple[Times, Times]:
    """Return the first observation and each day's last, as rows and as days since 1970.

    A day without observations repeats the row before it.
    """
    first, last = ((int(time) - 1) // DAY_US for time in time_us[[0, -1]])
    days = np.arange(first, last + 1)
    at = np.searchsorted(time_us, (days + 1) * DAY_US, side="right") - 1
    if at[0] == 0:
        return at, days
    return np.concatenate([[0], at]), np.concatenate([days[:1], days])


def _month_ends(days_1970: Times) -> Times:
    """Return the places of the first day and of each month's last."""
    months = days_1970.astype("datetime64[D]").astype("datetime64[M]")
    ends = np.flatnonzero(months[1:] != months[:-1])
    return np.unique(np.concatenate([[0], ends, [len(months) - 1]]))


def _moments(returns: Floats) -> dict[str, Floats]:
    """Return what the mean and the spread of daily returns (batch, day) say."""
    n = returns.shape[1]
    mean = _quotient(returns.sum(axis=1), n)
    off = returns - mean[:, None]
    square = off * off
    deviation = _without_rounding(np.sqrt(_quotient(square.sum(axis=1), n - 1)))
    variance = deviation * deviation
    third = _quotient((square * off).sum(axis=1), variance * deviation)
    fourth = _quotient((square * square).sum(axis=1), variance * variance)
    above_normal = _quotient(n * (n + 1) * fourth, n - 1) - 3 * (n - 1) ** 2
    return {
        "volatility": deviation * _YEARLY,
        "sharpe": _quotient(mean, deviation) * _YEARLY,
        "sortino": _quotient(mean, _downside(returns)) * _YEARLY,
        "skew": _quotient(n * third, (n - 1) * (n - 2)),
        "kurtosis": _quotient(above_normal, (n - 2) * (n - 3)),
    }


def _downside(returns: Floats) -> Floats:
    """Return the root of the mean squared loss; (batch,), NaN with fewer than two returns."""
    losses = np.minimum(returns, 0.0)
    n = returns.shape[1]
    return _without_rounding(np.sqrt(_quotient((losses * losses).sum(axis=1), n if n > 1 else 0)))


def _without_rounding(deviation: Floats) -> Floats:
    return np.where(deviation < _ROUNDING, 0.0, deviation)


def _tail(returns: Floats) -> dict[str, Floats]:
    """Return the historical quantile and the mean of the worst daily returns (batch, day)."""
    n = returns.shape[1]
    if n == 0:
        return dict.fromkeys(("var_95", "cvar_95"), np.full(len(returns), np.nan))
    whole, rest = divmod(n - 1, _TAIL)
    above = min(whole + 1, n - 1)
    # sorted, so that the mean adds up in an order that the batch cannot change
    worst = np.sort(np.partition(returns, above, axis=1)[:, : above + 1], axis=1)
    quantile = worst[:, whole] + rest / _TAIL * (worst[:, above] - worst[:, whole])
    mean = worst[:, : whole + 1].sum(axis=1) / (whole + 1)
    complete = ~np.isnan(returns).any(axis=1)
    return {
        "var_95": np.where(complete, quantile, np.nan),
        "cvar_95": np.where(complete, mean, np.nan),
    }
