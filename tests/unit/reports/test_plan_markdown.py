from dataclasses import replace

from rebalancer.reports.plan_markdown import plan_markdown
from tests.unit.reports.sample_plans import REDUCING, REFUSED, TRADING


def test_trades_are_a_table_with_the_reason_last() -> None:
    text = plan_markdown(TRADING)
    assert text.startswith("## dynamic-rebalancing as of 2023-12-31 00:00 UTC: 3 trades\n\n")
    assert (
        "| 2 | move spot to futures | 8,383.59 USDT |  |  |  |  |  | margin of hedged_yield |\n"
    ) in text
    assert "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n" in text


def test_names_cannot_break_out_of_their_cell() -> None:
    order = replace(TRADING.trades[0], reason="a|b *c* <d>\n_e_")
    text = plan_markdown(replace(TRADING, trades=(order,)))
    assert r"a\|b \*c\* \<d\> \_e\_ |" in text


def test_a_broken_limit_is_marked() -> None:
    assert "| gross_leverage (!) | at most 1.5x | 1.90x | 1.90x | 1.80x | BROKEN |" in (
        plan_markdown(REDUCING)
    )


def test_a_refused_plan_lists_its_refusals_and_no_tables() -> None:
    text = plan_markdown(REFUSED)
    assert text.endswith(
        "### Refused\n\n- unmanaged: the portfolio holds 12 DOGE, which no asset names\n"
    )
    assert "|" not in text
