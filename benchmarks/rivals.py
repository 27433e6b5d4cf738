"""The same weekly weights in bt and vectorbt, which know no limits, margin, funding or lots."""

from typing import Any

import bt
import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # ships no types
import vectorbt

from benchmarks.histories import CAPITAL, FEE, FIRST_US, SHARES
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Floats, Market

_METRICS = (
    "total_return",
    "annualized_return",
    "annualized_volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "max_drawdown",
    "value_at_risk",
    "cond_value_at_risk",
)


def close_table(market: Market) -> pd.DataFrame:
    """Return the spot closes by asset, as both libraries read them."""
    times = market.bars["BTC/USDT"].time_us
    closes = {asset: market.bars[f"{asset}/USDT"].close for asset in SHARES}
    return pd.DataFrame(closes, index=pd.to_datetime(times, unit="us"))


def run_bt(closes: pd.DataFrame, *, spot: float) -> Any:
    """Return bt's result with its statistics: weekly weights, `spot` of NAV by the shares."""
    weights = {asset: spot * share / 100 for asset, share in SHARES.items()}
    strategy = bt.Strategy(
        "weekly",
        [
            bt.algos.RunWeekly(run_on_first_date=True),
            bt.algos.SelectAll(),
            bt.algos.WeighSpecified(**weights),
            bt.algos.Rebalance(),
        ],
    )
    run = bt.Backtest(
        strategy,
        closes,
        initial_capital=CAPITAL,
        commissions=lambda amount, price: FEE * abs(amount) * price,
        integer_positions=False,
        progress_bar=False,
    )
    return bt.run(run)


def run_vectorbt(closes: pd.DataFrame, *, spots: Floats) -> list[Any]:
    """Return vectorbt's metrics of weekly weights, a group of columns for each of `spots`."""
    shares = np.array(list(SHARES.values())) / 100
    times = closes.index.as_unit("us").asi8
    mondays = (times - FIRST_US) % (7 * DAY_US) == 0
    weights = (spots[:, None] * shares).reshape(1, -1)
    columns = pd.MultiIndex.from_product([range(len(spots)), closes.columns])
    prices = pd.DataFrame(
        np.tile(closes.to_numpy(), (1, len(spots))), index=closes.index, columns=columns
    )
    run = vectorbt.Portfolio.from_orders(
        prices,
        np.where(mondays[:, None], weights, np.nan),
        size_type="targetpercent",
        fees=FEE,
        init_cash=CAPITAL,
        cash_sharing=True,
        group_by=0,
        call_seq="auto",
        freq=closes.index[1] - closes.index[0],
    )
    return [getattr(run, name)() for name in _METRICS]
