import json
from dataclasses import replace
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from rebalancer.evaluation.comparison import EvaluatedPolicy
from rebalancer.evaluation.evaluation import Attribution
from rebalancer.reports.evaluation_document import evaluation_document, money_decimals
from rebalancer.reports.evaluation_schema import evaluation_schema
from rebalancer.reports.json_text import json_text
from tests.unit.evaluation.small_evaluations import DATED, EVALUATED, EVALUATION

DOCUMENT = evaluation_document(EVALUATED)


def with_attribution(attribution: Attribution) -> EvaluatedPolicy:
    return replace(EVALUATED, evaluation=replace(EVALUATION, attribution=attribution))


def test_the_document_fits_its_schema() -> None:
    validator = Draft202012Validator(evaluation_schema())
    validator.check_schema(evaluation_schema())
    assert list(validator.iter_errors(json.loads(json_text(DOCUMENT)))) == []


@pytest.mark.parametrize("key", list(DOCUMENT))
def test_a_document_without_a_key_does_not_fit_its_schema(key: str) -> None:
    less = {name: value for name, value in DOCUMENT.items() if name != key}
    assert not Draft202012Validator(evaluation_schema()).is_valid(less)


def test_it_says_what_was_run() -> None:
    assert DOCUMENT["policy"] == {"name": "small", "initial_regime": "calm"}
    assert (DOCUMENT["start"], DOCUMENT["end"]) == ("2024-01-01T00:00:00Z", "2024-01-05T00:00:00Z")
    assert (DOCUMENT["fill"], DOCUMENT["quote"], DOCUMENT["year_days"]) == (
        "next_open",
        "USDT",
        365,
    )
    assert DOCUMENT["market"]["symbols"] == ["BTC/USDT", "BTC/USDT:USDT", DATED]


def test_metrics_are_decimal_text_and_counts_are_whole() -> None:
    metrics = DOCUMENT["metrics"]
    assert metrics["total_return"] == "0.045"
    assert metrics["max_drawdown"] == "-0.1"
    assert metrics["turnover"] == "0.5"
    assert metrics["fees"] == "2"
    assert (metrics["plans"], metrics["trades"]) == (2, 4)
    assert metrics["time_in_regime"] == {"calm": "0.25", "storm": "0.75", "rest": "0"}


def test_a_metric_that_is_not_defined_is_null() -> None:
    flat = replace(EVALUATED.summary, funding_on_notional=float("nan"))
    document = evaluation_document(replace(EVALUATED, summary=flat))
    assert document["metrics"]["funding_on_notional"] is None


def test_regimes_are_the_steps_of_the_run_with_their_evidence() -> None:
    assert DOCUMENT["regime_at_start"] == "calm"
    (step,) = DOCUMENT["regimes"]
    assert {key: step[key] for key in ("from", "to", "at", "because", "urgent")} == {
        "from": "calm",
        "to": "storm",
        "at": "2024-01-02T00:00:00Z",
        "because": "premium pays",
        "urgent": True,
    }
    assert [each["signal"] for each in step["evidence"]] == ["funding_apr"]


def test_plans_are_counted_and_named() -> None:
    assert DOCUMENT["plans"]["count"] == 2
    assert DOCUMENT["plans"]["by_status"]["refused"] == 1
    assert DOCUMENT["plans"]["refusals"] == [
        {
            "guard": "unmanaged",
            "count": 1,
            "first_at": "2023-12-31T00:00:00Z",
            "message": "the portfolio holds 12 DOGE, which no asset names",
        }
    ]
    assert DOCUMENT["plans"]["warnings"] == [
        {
            "count": 1,
            "first_at": "2023-12-31T00:00:00Z",
            "message": "the hedge is scaled to what its cash sleeve can carry",
        }
    ]
    assert DOCUMENT["plans"]["ids"] == [plan.plan_id for plan in EVALUATION.plans]


def test_every_kind_of_event_is_listed() -> None:
    assert DOCUMENT["events"] == {
        "breaches": [
            {
                "at": "2024-01-02T00:00:00Z",
                "until": "2024-01-04T00:00:00Z",
                "limit": "gross_leverage",
                "allowed": "0.5",
                "worst": "0.8",
                "size": "0.3",
                "bars": 2,
                "after_fill": True,
            }
        ],
        "liquidations": [
            {
                "at": "2024-01-03T00:00:00Z",
                "wallet": "USDT",
                "equity": "12.5",
                "maintenance": "12.5",
                "fee": "1",
                "positions": [
                    {
                        "symbol": "BTC/USDT:USDT",
                        "contracts": "-2.5",
                        "entry_price": "100",
                        "price": "140.25",
                    }
                ],
            }
        ],
        "data_gaps": [
            {
                "at": "2024-01-02T00:00:00Z",
                "until": "2024-01-03T00:00:00Z",
                "symbol": "BTC/USDT:USDT",
                "missing": "funding",
                "held": "-2",
            }
        ],
        "cut_orders": [
            {
                "at": "2024-01-02T00:00:00Z",
                "decided": "2024-01-01T00:00:00Z",
                "name": "BTC/USDT",
                "planned": "5",
                "filled": "4.5",
                "reason": "cash pays for no more",
            }
        ],
        "expiries": [
            {
                "at": "2024-01-05T00:00:00Z",
                "symbol": DATED,
                "contracts": "1",
                "price": "99.5",
            }
        ],
    }


def test_comparisons_have_the_same_numbers_and_counts_of_events() -> None:
    assert list(DOCUMENT["comparison"]) == ["buy_and_hold", "fixed_weights"]
    held = DOCUMENT["comparison"]["buy_and_hold"]
    assert held["metrics"] == DOCUMENT["metrics"]
    assert held["attribution"] == DOCUMENT["attribution"]
    assert held["events"] == dict.fromkeys(DOCUMENT["events"], 1)


@pytest.mark.parametrize(
    ("nav", "decimals"), [(1.0, 11), (100.0, 9), (99_999.0, 7), (100_000.0, 6), (3e9, 6)]
)
def test_money_has_twelve_digits_of_nav_and_six_decimals_at_least(
    nav: float, decimals: int
) -> None:
    attribution = replace(EVALUATION.attribution, start_nav=nav)
    assert money_decimals(replace(EVALUATION, attribution=attribution)) == decimals


@pytest.mark.parametrize("scale", [1.0, 123.456, 98_765.4321, 7.7e8])
def test_an_attribution_still_sums_once_it_is_text(scale: float) -> None:
    sum_of_parts = 0.123456789123 - 0.0312345678912 + 0.0098765432198
    sum_of_costs = 0.00123456789123 + 0.000234567891234 + 0.0001
    attribution = Attribution(
        start_nav=scale,
        spot=0.123456789123 * scale,
        futures=-0.0312345678912 * scale,
        funding=0.0098765432198 * scale,
        fees=0.00123456789123 * scale,
        slippage=0.000234567891234 * scale,
        liquidation=0.0001 * scale,
        end_nav=scale * (1 + sum_of_parts - sum_of_costs),
    )
    written = evaluation_document(with_attribution(attribution))["attribution"]
    start, spot, futures, funding, fees, slippage, liquidation, end = (
        Decimal(written[name]) for name in Attribution.__slots__
    )
    total = start + spot + futures + funding - fees - slippage - liquidation
    assert abs(total - end) <= Decimal(scale) * Decimal("1e-9")
