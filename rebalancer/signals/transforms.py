"""The registry of transforms, and the rule they share: an uncovered window is unknown."""

from collections.abc import Callable, Mapping

import numpy as np

from rebalancer.model.coverage import Window, covered_rows
from rebalancer.model.market import Floats, Series
from rebalancer.model.observations import Observations
from rebalancer.policy.compiled import Transform, TransformKind
from rebalancer.signals import averages, changes, extremes, order, risk
from rebalancer.signals.windows import Frame

TRANSFORMS: Mapping[TransformKind, Callable[[Frame], Floats]] = {
    TransformKind.MEAN: averages.mean,
    TransformKind.MEDIAN: order.median,
    TransformKind.MIN: extremes.lowest,
    TransformKind.MAX: extremes.highest,
    TransformKind.STD: averages.deviation,
    TransformKind.EMA: averages.exponential_mean,
    TransformKind.QUANTILE: order.quantile,
    TransformKind.ZSCORE: averages.zscore,
    TransformKind.RANK: order.rank,
    TransformKind.CHANGE: changes.change,
    TransformKind.DIFFERENCE: changes.difference,
    TransformKind.LOG_CHANGE: changes.log_change,
    TransformKind.LAG: changes.lag,
    TransformKind.DRAWDOWN: extremes.drawdown,
    TransformKind.RALLY: extremes.rally,
    TransformKind.OVER_MEAN: averages.over_mean,
    TransformKind.DAYS_SINCE_LOW: extremes.days_since_low,
    TransformKind.DAYS_SINCE_HIGH: extremes.days_since_high,
    TransformKind.VOLATILITY: risk.volatility,
    TransformKind.BETA: risk.beta,
    TransformKind.CORRELATION: risk.correlation,
}


def apply_transform(
    transform: Transform,
    observations: Observations,
    *,
    value: Floats,
    other: Series | None = None,
) -> Floats:
    """Return a transform of values at their own observations, arrays (row,); NaN is unknown.

    `other` are the prices of the transform's `to`. Where the window (t - D, t] of the values it
    can use is not covered, and where the formula has no finite result, the result is unknown.
    """
    with np.errstate(all="ignore"):
        frame = _frame(transform, observations, value, other)
        result = TRANSFORMS[transform.kind](frame)
    covered = covered_rows(observations, frame.known, window=Window(transform.window_us))
    return np.where(covered & np.isfinite(result), result, np.nan)


def _frame(
    transform: Transform, observations: Observations, value: Floats, other: Series | None
) -> Frame:
    """Return what a transform reads: values, or the returns that risk is measured on."""
    time_us = observations.time_us
    second: Floats | None = None
    if transform.kind is TransformKind.VOLATILITY:
        value = risk.yearly_log_returns(time_us, value)
    elif other is not None:
        value, second = risk.joint_returns(time_us, value, theirs=_prices_at(observations, other))
    return Frame(
        time_us=time_us,
        value=value,
        start=np.searchsorted(time_us, time_us - transform.window_us, side="right"),
        window_us=transform.window_us,
        quantile=float("nan") if transform.q is None else float(transform.q),
        other=second,
    )


def _prices_at(observations: Observations, other: Series) -> Floats:
    """Return the other prices stamped exactly at the observations, NaN where there is none."""
    prices = np.full(len(observations.time_us), np.nan)
    _, mine, theirs = np.intersect1d(
        observations.time_us, other.time_us, assume_unique=True, return_indices=True
    )
    prices[mine] = other.value[theirs]
    return prices
