from datetime import UTC, datetime

import polars as pl
import pytest

from rebalancer.evaluation.evaluation import PARTS
from tests.unit.evaluation.small_evaluations import DATED, EVALUATED

FRAMES = EVALUATED.frames
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def test_every_table_that_has_times_has_them_in_utc() -> None:
    timeless = {"funding", "metrics"}
    timed = {name: frame for name, frame in FRAMES.by_name().items() if name not in timeless}
    assert {frame["time"].dtype for frame in timed.values()} == {pl.Datetime("us", "UTC")}
    assert FRAMES.equity["time"][0] == MONDAY


def test_equity_has_a_row_for_each_bar() -> None:
    assert FRAMES.equity["nav"].to_list() == [1000.0, 1000.0, 1100.0, 990.0, 1045.0]
    assert FRAMES.equity["drawdown"].to_list() == pytest.approx([0.0, 0.0, 0.0, -0.1, -0.05])
    assert FRAMES.equity["regime"].to_list() == ["calm", "storm", "storm", "storm", "storm"]
    assert FRAMES.equity.select(PARTS).row(4) == (50.0, -5.0, 4.0, 2.0, 1.0, 1.0)


def test_a_distance_that_is_infinite_is_null() -> None:
    assert FRAMES.equity["liquidation_distance"].to_list() == [None, 0.5, 0.4, None, None]


def test_weights_have_a_column_for_each_instrument_and_wallet() -> None:
    assert FRAMES.weights.columns == ["time", "BTC/USDT", "BTC/USDT:USDT", DATED, "USDT wallet"]
    assert FRAMES.weights.row(1)[1:] == (0.5, -0.2, 0.1, 0.1)


def test_funding_has_a_row_for_each_contract() -> None:
    assert FRAMES.funding.to_dicts() == [{"symbol": "BTC/USDT:USDT", "funding": 4.0}]


def test_a_data_gap_says_what_is_missing_and_what_was_held() -> None:
    (gap,) = FRAMES.events.filter(pl.col("kind") == "data_gap").to_dicts()
    assert (gap["name"], gap["missing"], gap["held"]) == ("BTC/USDT:USDT", "funding", -2.0)


def test_steps_before_the_start_are_no_rows() -> None:
    (step,) = FRAMES.regimes.to_dicts()
    assert (step["from"], step["to"], step["because"]) == ("calm", "storm", "premium pays")
    assert step["urgent"] is True
    assert step["evidence"] == "funding_apr = 0.1642: above 10% for 14d is true"


def test_plans_that_were_refused_are_rows_and_say_why() -> None:
    trading, refused = FRAMES.plans.to_dicts()
    assert (trading["status"], trading["trades"], trading["refusals"]) == ("trade", 3, "")
    assert (refused["status"], refused["trades"]) == ("refused", 0)
    assert refused["refusals"] == "unmanaged: the portfolio holds 12 DOGE, which no asset names"


def test_trades_are_those_that_plans_asked_for() -> None:
    sell, move, _ = FRAMES.trades.to_dicts()
    assert (sell["name"], sell["side"], sell["amount"]) == ("BTC/USDT", "sell", 0.01063)
    assert (move["name"], move["from"], move["to"]) == ("USDT", "spot", "futures")
    assert move["price"] is None


def test_fills_are_what_became_of_orders() -> None:
    assert FRAMES.fills["amount"].to_list() == [5.0, -2.0, 1.0, 2.0]
    assert FRAMES.fills["is_closing"].to_list() == [False, False, False, True]
    assert FRAMES.fills.height == 4


def test_a_cost_of_nothing_has_no_sign() -> None:
    assert str(FRAMES.fills["slippage"][0]) == "0.0"


def test_a_liquidation_is_followed_by_the_positions_it_closed() -> None:
    kinds = ["breach", "cut_order", "data_gap", "liquidation", "liquidated_position", "expiry"]
    assert FRAMES.events["kind"].to_list() == kinds
    breach, cut, gap, liquidation, position, expiry = FRAMES.events.to_dicts()
    assert (breach["name"], breach["allowed"], breach["worst"]) == ("gross_leverage", 0.5, 0.8)
    assert (breach["size"], breach["bars"], breach["after_fill"]) == (pytest.approx(0.3), 2, True)
    assert (cut["planned"], cut["filled"], cut["reason"]) == (5.0, 4.5, "cash pays for no more")
    assert (gap["name"], gap["until"]) == ("BTC/USDT:USDT", datetime(2024, 1, 3, tzinfo=UTC))
    assert (liquidation["name"], liquidation["fee"]) == ("USDT", 1.0)
    assert (position["contracts"], position["price"], position["fee"]) == (-2.5, 140.25, None)
    assert (expiry["name"], expiry["price"]) == (DATED, 99.5)


def test_metrics_have_a_column_for_each_thing_compared() -> None:
    assert FRAMES.metrics.columns == ["metric", "policy", "buy_and_hold", "fixed_weights"]
    rows = {row["metric"]: row["policy"] for row in FRAMES.metrics.to_dicts()}
    assert rows["turnover"] == pytest.approx(0.5)
    assert rows["time_in_regime.storm"] == 0.75
