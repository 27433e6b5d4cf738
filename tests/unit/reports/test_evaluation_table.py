from dataclasses import replace

import pytest

from rebalancer.evaluation.comparison import EvaluatedPolicy
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.reports.evaluation_events import MOST_ROWS
from rebalancer.reports.evaluation_table import MOST_WARNINGS, evaluation_lines
from rebalancer.reports.layout import Tone, plain_text
from tests.unit.evaluation.small_evaluations import BREACH, EVALUATED, EVALUATION

TEXT = plain_text(evaluation_lines(EVALUATED))


def row(label: str, text: str = TEXT) -> list[str]:
    """The cells of the first line that starts with a label."""
    (line, *_) = [line for line in text.splitlines() if line.startswith(label)]
    return line.removeprefix(label).split()


def with_fill(fill: FillRule) -> EvaluatedPolicy:
    return replace(EVALUATED, evaluation=replace(EVALUATION, fill=fill))


def test_the_first_line_says_the_policy_and_the_period() -> None:
    assert TEXT.startswith("small from 2024-01-01 00:00 UTC to 2024-01-05 00:00 UTC: 4 days\n")


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("total return", "4.50%"),
        ("max drawdown", "-10.00%"),
        ("worst day", "-10.00%"),
        ("turnover, half of traded / NAV", "50.00%"),
        ("funding on capital, a year", "35.31%"),
        ("orders filled", "4"),
        ("largest gross leverage", "0.80x"),
        ("largest margin use", "45.00%"),
        ("smallest distance to liquidation", "40.00%"),
        ("breaches of limits", "1"),
        ("liquidations", "1"),
    ],
)
def test_a_number_stands_beside_those_it_is_compared_with(label: str, cell: str) -> None:
    assert row(label) == [cell, cell, cell]


def test_numbers_a_year_say_so_and_how_long_a_year_is() -> None:
    assert "a year is 365 days" in TEXT
    for label in ("CAGR", "volatility", "Sharpe", "Sortino", "turnover"):
        assert f"{label}, a year" in TEXT


def test_the_lines_between_the_two_navs_have_the_sign_they_have_in_the_sum() -> None:
    labels = (
        "NAV at the start",
        "spot",
        "futures",
        "funding   ",
        "fees",
        "slippage",
        "liquidation  ",
    )
    cells = [row(label)[0] for label in labels]
    assert cells == ["1,000.00", "+50.00", "-5.00", "+4.00", "-2.00", "-1.00", "-1.00"]
    assert row("NAV at the end")[0] == "1,045.00"


def test_funding_is_told_by_contract_where_any_was_paid() -> None:
    table = TEXT[TEXT.index("Funding by contract, USDT\n") :]
    assert row("BTC/USDT:USDT", table) == ["+4.00", "+4.00", "+4.00"]
    evaluation = replace(EVALUATION, funding={"BTC/USDT:USDT": 0.0})
    measured = replace(EVALUATED.comparison["buy_and_hold"], evaluation=evaluation)
    beside = dict.fromkeys(EVALUATED.comparison, measured)
    quiet = replace(EVALUATED, evaluation=evaluation, comparison=beside)
    assert "Funding by contract" not in plain_text(evaluation_lines(quiet))


def test_a_number_that_is_not_defined_says_so() -> None:
    summary = replace(EVALUATED.summary, funding_on_notional=float("nan"))
    text = plain_text(evaluation_lines(replace(EVALUATED, summary=summary)))
    assert row("funding on notional, a year", text)[0] == "n/a"


def test_a_refused_plan_says_why_above_the_numbers() -> None:
    said = "- 1 plan from 2023-12-31 00:00 UTC on: unmanaged: the portfolio holds 12 DOGE"
    assert 0 < TEXT.index(said) < TEXT.index("Result\n")


def test_a_run_without_refused_plans_says_nothing_of_them() -> None:
    sound = replace(EVALUATION, plans=EVALUATION.plans[:1])
    text = plain_text(evaluation_lines(replace(EVALUATED, evaluation=sound)))
    assert "Refused" not in text


def warned(*warnings: str) -> str:
    """The report of a run with one plan for each warning."""
    plans = tuple(replace(EVALUATION.plans[0], warnings=(each,)) for each in warnings)
    evaluation = replace(EVALUATION, plans=plans)
    return plain_text(evaluation_lines(replace(EVALUATED, evaluation=evaluation)))


def test_a_warning_of_plans_is_said_once_above_the_numbers() -> None:
    text = warned("signal `mood` has no observation yet", "signal `mood` has no observation yet")
    said = "Warnings\n- 2 plans from 2023-12-31 00:00 UTC on: signal `mood` has no observation yet"
    assert 0 < text.index(said) < text.index("Result\n")


def test_a_run_whose_plans_do_not_warn_has_no_warnings() -> None:
    quiet = replace(EVALUATION, plans=(replace(EVALUATION.plans[0], warnings=()),))
    text = plain_text(evaluation_lines(replace(EVALUATED, evaluation=quiet)))
    assert "Warnings" not in text


def test_many_warnings_are_counted_and_the_most_frequent_shown() -> None:
    text = warned(*(f"signal `s{number}` is stale" for number in range(9)), "signal `s8` is stale")
    assert "- 2 plans from 2023-12-31 00:00 UTC on: signal `s8` is stale\n" in text
    assert text.count("is stale") == MOST_WARNINGS
    assert "- and 4 more: --format json lists them\n" in text


def test_fills_at_the_next_open_need_no_warning() -> None:
    assert "next_open" in TEXT
    assert "NOT TRADABLE" not in TEXT


def test_fills_at_the_same_close_are_marked_as_not_tradable() -> None:
    lines = evaluation_lines(with_fill(FillRule.SAME_CLOSE))
    (span,) = [span for line in lines for span in line if "same_close" in span.text]
    assert "NOT TRADABLE" in span.text
    assert span.tone is Tone.BAD


def test_time_in_each_regime_and_the_steps_between_them_are_listed() -> None:
    assert [row(name)[0] for name in ("calm  ", "storm  ", "rest  ")] == [
        "25.00%",
        "75.00%",
        "0.00%",
    ]
    assert "Steps, from calm at the start\n- 2024-01-02 00:00 UTC: calm to storm" in TEXT


def test_a_liquidation_says_when_what_and_what_it_cost() -> None:
    assert row("2024-01-03 00:00 UTC") == ["USDT", "wallet", "12.50", "1.00"]
    closed = "BTC/USDT:USDT: -2.5 contracts of entry 100 closed at 140.25"
    assert closed in " ".join(TEXT.split())


def test_a_breach_says_for_how_long_and_by_how_much() -> None:
    cells = row("gross_leverage")
    assert cells[:3] == ["2024-01-02", "00:00", "UTC"]
    assert cells[3:7] == ["2d", "0.50x", "0.80x", "0.30x"]
    assert " ".join(cells[7:]) == "the market, after a fill"


@pytest.mark.parametrize(
    ("name", "worst", "cells"),
    [
        ("gross_leverage", 3.00004, ["3.00000x", "3.00004x", "0.00004x"]),
        ("gross_leverage", 3.004, ["3.000x", "3.004x", "0.004x"]),
        ("net_exposure", 3.0000081, ["300.0000%", "300.0008%", "0.0008%"]),
        ("net_exposure", 3.002, ["300.00%", "300.20%", "0.20%"]),
    ],
)
def test_a_breach_has_the_digits_that_show_it(name: str, worst: float, cells: list[str]) -> None:
    breach = replace(BREACH, name=name, allowed=3.0, worst=worst)
    evaluation = replace(EVALUATION, events=(breach,))
    text = plain_text(evaluation_lines(replace(EVALUATED, evaluation=evaluation)))
    assert row(f"{name} ", text)[4:7] == cells


def test_gaps_cuts_and_expiries_are_listed() -> None:
    gap = "BTC/USDT:USDT  funding  2024-01-02 00:00 UTC   1d    -2\n"
    assert gap in TEXT[TEXT.index("Data gaps: missing funding counts as none") :]
    assert "cash pays for no more" in TEXT
    assert row("BTC/USDT:USDT-240329")[-1] == "99.5"


def test_a_quiet_run_lists_no_events() -> None:
    quiet = replace(EVALUATED, evaluation=replace(EVALUATION, events=()))
    text = plain_text(evaluation_lines(quiet))
    for heading in ("Breaches of limits\n", "Liquidations\n", "Data gaps:", "Expiries\n"):
        assert heading not in text
    assert row("liquidations", text)[0] == "0"


def test_a_long_table_of_events_says_how_many_more_there_are() -> None:
    many = replace(EVALUATED, evaluation=replace(EVALUATION, events=(BREACH,) * 40))
    text = plain_text(evaluation_lines(many))
    assert text.count("gross_leverage  2024") == MOST_ROWS
    assert "and 28 more: --format json lists them" in text


def test_a_book_without_equity_is_infinitely_levered() -> None:
    broken = replace(BREACH, worst=float("inf"))
    evaluation = replace(EVALUATION, events=(broken,))
    text = plain_text(evaluation_lines(replace(EVALUATED, evaluation=evaluation)))
    assert row("gross_leverage", text)[4:7] == ["0.50x", "infinite", "infinite"]


def test_a_rate_too_large_to_read_has_an_exponent() -> None:
    summary = replace(EVALUATED.summary, turnover_per_year=2.5e9)
    text = plain_text(evaluation_lines(replace(EVALUATED, summary=summary)))
    assert row("turnover, a year", text)[0] == "2.5e+11%"
