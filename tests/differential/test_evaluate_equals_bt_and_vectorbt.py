"""Weekly fixed weights of coins: equity of `evaluate` against bt and against vectorbt.

Both fill at the close that they decide on, and so does `same_close`. Their equity at a bar is that
after its trades; ours is that before them, so the bar's fees are added to theirs.

bt's own `Rebalance` counts the fee into what it spends on a coin, so that a buy falls short of its
weight by the fee; ours pays fees out of cash. Without fees there is nothing to differ in; with them
bt is sent the quantities that miss to the weights, and prices, charges and keeps them itself.
vectorbt's target percents are weights as ours are.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import bt
import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # ships no types
import pytest

from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.model.market import Floats
from tests.small_plans import spot_pair
from tests.unit.evaluation.small_histories import daily, market_of, policy_of, run_of

BARS = 1827
CAPITAL = 100_000.0
ASSETS = (
    "{BTC: {spot: BTC/USDT, share: 50%}, ETH: {spot: ETH/USDT, share: 30%},"
    " SOL: {spot: SOL/USDT, share: 20%}}"
)
WEIGHTS = {"BTC": 0.4, "ETH": 0.24, "SOL": 0.16}
"""80 % of the shares; the rest is the cash that fees come out of."""

FEES = (0.0, 0.001)


class SendMissing(bt.Algo):  # type: ignore[misc]  # ships no types
    """Sends what misses to the weights of the value before the first of these trades."""

    def __call__(self, target: Any) -> bool:
        value, prices = target.value, target.universe.loc[target.now]
        for coin, weight in WEIGHTS.items():
            held = target.children[coin].position if coin in target.children else 0.0
            target.transact(weight * value / prices[coin] - held, child=coin)
        return True


@pytest.fixture(scope="module")
def closes() -> pd.DataFrame:
    """Five years of daily closes from a Monday on, three coins that move apart."""
    steps = np.random.default_rng(11).normal(0.0005, [0.03, 0.04, 0.06], (BARS, 3))
    prices = np.array([40_000.0, 2_000.0, 100.0]) * np.exp(np.cumsum(steps, axis=0))
    index = pd.date_range("2024-01-01", periods=BARS, freq="D")
    return pd.DataFrame(prices, index=index, columns=list(WEIGHTS))


def ours(closes: pd.DataFrame, *, fee: float) -> Evaluation:
    """The run in lots of 1e-10 coins, worth 4e-11 of the book at the most."""
    pairs = [
        replace(spot_pair(coin, step="0.0000000001"), taker_fee=Decimal(str(fee)))
        for coin in WEIGHTS
    ]
    market = market_of(
        *pairs, bars={pair.symbol: daily(closes[pair.base].tolist()) for pair in pairs}
    )
    policy = policy_of(
        "core: {kind: spot}",
        "core: 80%, cash: 20%",
        assets=ASSETS,
        rebalance="every: 1w, band: 0%, to: target",
    )
    return run_of(policy, market, fill=FillRule.SAME_CLOSE)


def equity_of_bt(closes: pd.DataFrame, *, fee: float) -> Floats:
    """Equity before each bar's trades, by bt on its own calendar of weeks."""
    sends = [SendMissing()] if fee else [bt.algos.WeighSpecified(**WEIGHTS), bt.algos.Rebalance()]
    algos = [bt.algos.RunWeekly(run_on_first_date=True), bt.algos.SelectAll(), *sends]
    run = bt.Backtest(
        bt.Strategy("weekly", algos),
        closes,
        initial_capital=CAPITAL,
        commissions=lambda amount, price: fee * abs(amount) * price,
        integer_positions=False,
        progress_bar=False,
    )
    run.run()
    # its first row is the money alone, a day before the first bar
    history = run.strategy.data.loc[closes.index[0] :]
    return np.asarray(history["value"] + history["fees"], dtype=np.float64)


def equity_of_vectorbt(closes: pd.DataFrame, *, fee: float) -> Floats:
    """Equity before each bar's trades, by vectorbt with sells before buys."""
    vectorbt = pytest.importorskip("vectorbt", reason="vectorbt comes with the extra `bench`")
    mondays = np.arange(BARS) % 7 == 0
    sizes = np.where(mondays[:, None], list(WEIGHTS.values()), np.nan)
    run = vectorbt.Portfolio.from_orders(
        closes,
        sizes,
        size_type="targetpercent",
        fees=fee,
        init_cash=CAPITAL,
        cash_sharing=True,
        group_by=True,
        call_seq="auto",
    )
    orders = run.orders.records
    paid = np.bincount(orders["idx"], weights=orders["fees"], minlength=BARS)
    return np.asarray(run.value().to_numpy() + paid, dtype=np.float64)


@pytest.mark.parametrize("fee", FEES)
def test_weekly_weights_earn_what_they_earn_in_bt(closes: pd.DataFrame, fee: float) -> None:
    found = ours(closes, fee=fee)

    np.testing.assert_allclose(found.nav, equity_of_bt(closes, fee=fee), rtol=1e-9)
    assert len(found.fills) == 3 * 261


@pytest.mark.parametrize("fee", FEES)
def test_weekly_weights_earn_what_they_earn_in_vectorbt(closes: pd.DataFrame, fee: float) -> None:
    found = ours(closes, fee=fee)

    np.testing.assert_allclose(found.nav, equity_of_vectorbt(closes, fee=fee), rtol=1e-9)
    assert (found.attribution.fees > 0) == (fee > 0)
