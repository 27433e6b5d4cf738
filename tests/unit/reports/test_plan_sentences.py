from dataclasses import replace

from rebalancer.model.plan import Plan
from rebalancer.model.regime_path import Evidence
from rebalancer.model.truth import Truth
from rebalancer.reports.layout import plain_text
from rebalancer.reports.plan_document import plan_document
from rebalancer.reports.plan_sentences import plan_sentences, sentence_lines
from tests.unit.reports.sample_plans import HOLDING, REDUCING, REFUSED, TRADING


def sentences(plan: Plan) -> list[str]:
    return [each for paragraph in plan_sentences(plan_document(plan)) for each in paragraph]


def test_the_decision_comes_first() -> None:
    assert plan_sentences(plan_document(TRADING))[0] == [
        (
            "This plan is for a portfolio of 83,738.60 USDT under the policy dynamic-rebalancing "
            "as of 2023-12-31 00:00 UTC."
        ),
        "It asks for 3 trades, each sent when the one before it is filled.",
        (
            "The last price row it used is of 2023-12-30 00:00 UTC, 1d before; trading rules are "
            "those of 2023-12-31."
        ),
    ]


def test_the_regime_is_explained_with_its_evidence() -> None:
    assert plan_sentences(plan_document(TRADING))[1] == [
        "The regime is yield_optimization since 2023-11-20 00:00 UTC: premium pays.",
        "When it started, funding_apr was 16.42%: above 10% for 14d was true and had been for 21d.",
        "It asks for core 40%, hedged_yield 45% and liquidity 15%.",
        "The next calendar time is 2024-01-01 00:00 UTC.",
    ]


def test_every_trade_is_a_sentence_with_its_reason() -> None:
    sell, move, short = plan_sentences(plan_document(TRADING))[2]
    assert sell == (
        "1. Sell 0.01063 BTC on BTC/USDT at 42,100, worth 447.52 USDT, for a fee of 0.447523 "
        "USDT: its weight goes from 42.73% to 42.20%. The reason: core: 42.73% is over its "
        "band; regime yield_optimization since 2023-11-20."
    )
    assert move.startswith("2. Move 8,383.59 USDT from spot to futures. The reason: margin of ")
    assert short.startswith("3. Sell 0.128 contracts of BTC/USDT:USDT at 42,100, ")


def test_limits_say_what_they_allow() -> None:
    assert plan_sentences(plan_document(TRADING))[3] == [
        "All 3 limits hold at the end.",
        "gross_leverage (at most 1.5x) is 0.79x before, 0.95x at its worst and 0.95x after.",
        "net_exposure (from -1% to 101%) is 57.83% before, 40.53% at its worst and 40.53% after.",
        (
            "liquidation_distance (at least 25%) is never before, 56.00% at its worst and 56.00% "
            "after."
        ),
    ]


def test_costs_carry_leftovers_and_warnings_come_last() -> None:
    assert plan_sentences(plan_document(TRADING))[4] == [
        "Fees are 3.14 USDT, which leaves a net asset value of 83,735.46 USDT.",
        ("As things stand hedged_yield earns 9.85% a year on its capital; 7.2 days pay its fees."),
        "What other earns is unknown: there is no funding rate or basis.",
        "Left over of ETH/USDT: -0.0007584, worth 1.70 USDT, because: under the minimum.",
        "Warning: the hedge is scaled to what its cash sleeve can carry.",
        f"The plan's id is {TRADING.plan_id}.",
    ]


def test_a_plan_that_holds_says_that_nothing_trades() -> None:
    assert "Nothing needs to trade." in sentences(HOLDING)


def test_a_refused_plan_says_by_whom() -> None:
    said = sentences(REFUSED)
    assert "There is no plan: a guard refuses it." in said
    assert "Refused by unmanaged: the portfolio holds 12 DOGE, which no asset names." in said
    assert "No price row existed by then." in said


def test_a_reducing_plan_names_the_limit_that_does_not_hold() -> None:
    said = sentences(REDUCING)
    assert "It asks for 1 trade and may only reduce risk." in said
    assert "The limit gross_leverage does not hold at the end." in said
    assert any("of BTC/USDT:USDT, reduce only, at 42,100" in each for each in said)


def test_evidence_without_a_value_or_a_signal_is_still_said() -> None:
    evidence = (
        Evidence("trend", None, "below 0%", Truth.UNKNOWN, None),
        Evidence("days_from_low", 33.0, "at least 21", Truth.TRUE, None),
        Evidence(None, None, "(a above 1 and b below 2) for 3d", Truth.FALSE, None),
    )
    said = sentences(replace(TRADING, regime=replace(TRADING.regime, evidence=evidence)))
    assert "When it started, trend was unknown: below 0% was unknown." in said
    assert "When it started, days_from_low was 33: at least 21 was true." in said
    assert "The condition (a above 1 and b below 2) for 3d was false." in said


def test_paragraphs_are_set_apart_and_wrapped() -> None:
    lines = sentence_lines([["One sentence that is long enough to be wrapped once."], ["Two."]])
    assert plain_text(lines) == "One sentence that is long enough to be wrapped once.\n\nTwo.\n"
    narrow = sentence_lines([["One sentence that is long enough to be wrapped once."]], width=40)
    assert plain_text(narrow) == ("One sentence that is long enough to be\n  wrapped once.\n")
