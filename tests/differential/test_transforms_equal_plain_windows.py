"""Every transform against a few lines of numpy that look at one window at a time."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.coverage import Window, covered_rows
from rebalancer.model.instant import DAY_US, YEAR_DAYS
from rebalancer.model.market import Floats, Market, Times
from rebalancer.policy.compiled import TransformKind
from rebalancer.signals.compute import compute_signals
from tests.small_policies import MARKET_OF, bars, days, price_signal

pytestmark = pytest.mark.property
WINDOW_DAYS = 6

Plain = Callable[[Floats, Floats], float]
"""From the days and closes of a window to one number."""

PLAIN: dict[TransformKind, Plain] = {
    TransformKind.MEAN: lambda _, x: float(np.mean(x)),
    TransformKind.MEDIAN: lambda _, x: float(np.median(x)),
    TransformKind.MIN: lambda _, x: float(np.min(x)),
    TransformKind.MAX: lambda _, x: float(np.max(x)),
    TransformKind.STD: lambda _, x: float(np.std(x, ddof=1)) if len(x) > 1 else math.nan,
    TransformKind.QUANTILE: lambda _, x: float(np.quantile(x, 0.3)),
    TransformKind.RANK: lambda _, x: float(np.mean(x <= x[-1])),
    TransformKind.DRAWDOWN: lambda _, x: float(x[-1] / np.max(x) - 1),
    TransformKind.RALLY: lambda _, x: float(x[-1] / np.min(x) - 1),
    TransformKind.OVER_MEAN: lambda _, x: float(x[-1] / np.mean(x) - 1),
    TransformKind.DAYS_SINCE_LOW: lambda t, x: float(t[-1] - t[x == x.min()][-1]),
    TransformKind.DAYS_SINCE_HIGH: lambda t, x: float(t[-1] - t[x == x.max()][-1]),
}

PLAIN_CHANGES: dict[TransformKind, Callable[[float, float], float]] = {
    TransformKind.LAG: lambda _, before: before,
    TransformKind.CHANGE: lambda now, before: now / before - 1,
    TransformKind.DIFFERENCE: lambda now, before: now - before,
    TransformKind.LOG_CHANGE: lambda now, before: math.log(now / before),
}


@st.composite
def closes(draw: st.DrawFn) -> tuple[list[int], list[float], list[float]]:
    """Days with a few missing, and two prices on each."""
    spacings = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 5]), min_size=1, max_size=25))
    price = st.integers(97, 103).map(float)  # few enough to meet the same extreme twice
    count = len(spacings)
    return (
        np.cumsum(spacings).tolist(),
        draw(st.lists(price, min_size=count, max_size=count)),
        draw(st.lists(price, min_size=count, max_size=count)),
    )


def computed(kind: TransformKind, at: list[int], mine: list[float], other: list[float]) -> Floats:
    market = Market(
        {}, MARKET_OF, bars={"BTC/USDT": bars(days(*at), mine), "ETH/USDT": bars(days(*at), other)}
    )
    to = "ETH/USDT" if kind in {TransformKind.BETA, TransformKind.CORRELATION} else None
    q = "0.3" if kind is TransformKind.QUANTILE else None
    signal = price_signal(kind, f"{WINDOW_DAYS}d", q=q, to=to)
    history = compute_signals(market, [signal])["measured"]
    known = np.ones(len(at), dtype=np.bool_)
    covered = covered_rows(history.observations, known, window=Window(WINDOW_DAYS * DAY_US))
    assert not (~np.isnan(history.value) & ~covered).any()
    return history.value


def assert_equal_where_known(values: Floats, plain: list[float]) -> None:
    known = ~np.isnan(values)
    assert values[known].tolist() == pytest.approx(np.array(plain)[known].tolist(), abs=1e-9)


def windows(at: list[int]) -> list[list[int]]:
    """The rows of each row's window."""
    return [[row for row, day in enumerate(at) if end - WINDOW_DAYS < day <= end] for end in at]


@pytest.mark.parametrize("kind", list(PLAIN))
@given(history=closes())
def test_a_transform_equals_a_plain_window(
    kind: TransformKind, history: tuple[list[int], list[float], list[float]]
) -> None:
    at, mine, other = history
    prices, times = np.array(mine), np.array(at, dtype=float)
    plain = [PLAIN[kind](times[rows], prices[rows]) for rows in windows(at)]
    assert_equal_where_known(computed(kind, at, mine, other), plain)


@pytest.mark.parametrize("kind", list(PLAIN_CHANGES))
@given(history=closes())
def test_a_change_is_against_the_last_row_at_or_before_the_window(
    kind: TransformKind, history: tuple[list[int], list[float], list[float]]
) -> None:
    at, mine, other = history
    plain = []
    for day, now in zip(at, mine, strict=True):
        before = [price for then, price in zip(at, mine, strict=True) if then <= day - WINDOW_DAYS]
        plain.append(PLAIN_CHANGES[kind](now, before[-1]) if before else math.nan)
    assert_equal_where_known(computed(kind, at, mine, other), plain)


def returns(at: Times, prices: Floats) -> Floats:
    """Simple returns, NaN for the first row."""
    return np.concatenate(([np.nan], prices[1:] / prices[:-1] - 1))[: len(at)]


@given(history=closes())
def test_beta_and_correlation_equal_numpys_covariances(
    history: tuple[list[int], list[float], list[float]],
) -> None:
    at, mine, other = history
    first, second = (returns(days(*at), np.array(prices)) for prices in (mine, other))
    beta, correlation = [], []
    for rows in windows(at):
        known = [row for row in rows if row > 0]
        sample = np.array([first[known], second[known]])
        with np.errstate(all="ignore"):
            cov = np.cov(sample, ddof=1) if len(known) > 1 else np.full((2, 2), np.nan)
            beta.append(float(cov[0, 1] / cov[1, 1]))
            correlation.append(float(cov[0, 1] / math.sqrt(cov[0, 0]) / math.sqrt(cov[1, 1])))
    assert_equal_where_known(computed(TransformKind.BETA, at, mine, other), beta)
    assert_equal_where_known(computed(TransformKind.CORRELATION, at, mine, other), correlation)


@given(history=closes())
def test_volatility_equals_the_deviation_of_returns_per_root_of_time(
    history: tuple[list[int], list[float], list[float]],
) -> None:
    at, mine, other = history
    logs = np.log1p(returns(days(*at), np.array(mine)))
    spans = np.diff(at, prepend=at[0] - 1)
    yearly = logs * np.sqrt(YEAR_DAYS / spans)
    plain = []
    for rows in windows(at):
        known = [row for row in rows if row > 0]
        plain.append(float(np.std(yearly[known], ddof=1)) if len(known) > 1 else math.nan)
    assert_equal_where_known(computed(TransformKind.VOLATILITY, at, mine, other), plain)


@given(history=closes())
def test_an_exponential_mean_equals_its_recursion(
    history: tuple[list[int], list[float], list[float]],
) -> None:
    at, mine, other = history
    plain = [mine[0]]
    for row in range(1, len(at)):
        alpha = 1 - 0.5 ** ((at[row] - at[row - 1]) / WINDOW_DAYS)
        plain.append(alpha * mine[row] + (1 - alpha) * plain[-1])
    assert_equal_where_known(computed(TransformKind.EMA, at, mine, other), plain)
