import csv
from dataclasses import replace
from io import StringIO

from rebalancer.reports.plan_csv import COLUMNS, plan_csv
from tests.unit.reports.sample_plans import DIGEST, HOLDING, TRADING


def test_every_trade_is_a_row_under_the_header() -> None:
    lines = plan_csv(TRADING).splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[2] == (
        "2,transfer,,,8383.59,,,,,,,,,,,,USDT,spot,futures,"
        f"margin of hedged_yield; regime yield_optimization since 2023-11-20,{DIGEST}"
    )
    assert len(lines) == 4


def test_a_table_program_reads_back_the_same_values() -> None:
    reason = 'says "core, again"\nand more'
    order = replace(TRADING.trades[0], reason=reason)
    (row,) = csv.DictReader(StringIO(plan_csv(replace(TRADING, trades=(order,)))))
    assert (row["reason"], row["reduce_only"], row["leg_group"]) == (reason, "false", "")


def test_a_reason_that_a_spreadsheet_would_run_is_made_text() -> None:
    order = replace(TRADING.trades[0], reason="=1+1")
    (row,) = csv.DictReader(StringIO(plan_csv(replace(TRADING, trades=(order,)))))
    assert row["reason"] == "'=1+1"


def test_a_plan_without_trades_is_a_header_alone() -> None:
    assert plan_csv(HOLDING) == ",".join(COLUMNS) + "\n"
