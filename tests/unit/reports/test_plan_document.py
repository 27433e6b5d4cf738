import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rebalancer.model.plan import Plan
from rebalancer.model.regime_path import Evidence
from rebalancer.model.truth import Truth
from rebalancer.reports.json_text import json_text
from rebalancer.reports.plan_document import plan_document
from rebalancer.reports.plan_schema import plan_schema
from tests.unit.reports.sample_plans import DIGEST, EVERY_PLAN, HOLDING, REFUSED, TRADING


@pytest.fixture
def document() -> dict[str, Any]:
    return plan_document(TRADING)


def test_the_head_says_what_the_plan_is(document: dict[str, Any]) -> None:
    head = {key: document[key] for key in ("plan_id", "status", "as_of", "observed_at", "quote")}
    assert head == {
        "plan_id": DIGEST,
        "status": "trade",
        "as_of": "2023-12-31T00:00:00Z",
        "observed_at": "2023-12-30T00:00:00Z",
        "quote": "USDT",
    }
    assert (document["nav"], document["nav_after"]) == ("83738.605", "83735.463077")
    assert document["policy"] == {"name": "dynamic-rebalancing"}


def test_the_regime_comes_with_its_evidence(document: dict[str, Any]) -> None:
    assert document["regime"] == {
        "name": "yield_optimization",
        "since": "2023-11-20T00:00:00Z",
        "because": "premium pays",
        "next_calendar": "2024-01-01T00:00:00Z",
        "evidence": [
            {
                "signal": "funding_apr",
                "value": "0.1642",
                "condition": "above 10% for 14d",
                "truth": "true",
                "held_for": "21d",
            }
        ],
    }


def test_targets_leave_out_sleeves_without_capital(document: dict[str, Any]) -> None:
    assert document["targets"] == [
        {"sleeve": "core", "weight": "0.40"},
        {"sleeve": "hedged_yield", "weight": "0.45"},
        {"sleeve": "liquidity", "weight": "0.15"},
    ]


def test_instruments_are_named_by_symbol_and_wallets_by_coin(document: dict[str, Any]) -> None:
    future, wallet = document["instruments"][1:]
    assert future == {
        "symbol": "BTC/USDT:USDT",
        "before": "0",
        "target": "-0.1620",
        "low": "-0.0644",
        "high": "-0.0644",
        "after": "-0.0644",
    }
    assert wallet["wallet"] == "USDT"
    assert "symbol" not in wallet


def test_an_order_has_exact_numbers(document: dict[str, Any]) -> None:
    assert document["trades"][0] == {
        "step": 1,
        "kind": "order",
        "symbol": "BTC/USDT",
        "side": "sell",
        "amount": "0.01063",
        "unit": "base",
        "quantity_base": "0.01063",
        "notional": "447.523",
        "price": "42100",
        "reduce_only": False,
        "leg_group": None,
        "fee": "0.447523",
        "fee_coin": "USDT",
        "slippage": "0",
        "weight_before": "0.4273",
        "weight_after": "0.4220",
        "reason": "core: 42.73% is over its band; regime yield_optimization since 2023-11-20",
    }


def test_a_transfer_says_from_where_to_where(document: dict[str, Any]) -> None:
    assert document["trades"][1] == {
        "step": 2,
        "kind": "transfer",
        "coin": "USDT",
        "amount": "8383.59",
        "from": "spot",
        "to": "futures",
        "reason": "margin of hedged_yield; regime yield_optimization since 2023-11-20",
    }


def test_limits_print_an_open_end_and_an_infinite_number_as_null(document: dict[str, Any]) -> None:
    gross, _, distance = document["limits"]
    assert gross == {
        "name": "gross_leverage",
        "min": None,
        "max": "1.5",
        "before": "0.7889",
        "worst_during": "0.9511",
        "after": "0.9511",
        "holds": True,
    }
    assert (distance["min"], distance["before"]) == ("0.25", None)


def test_the_book_after_lists_what_is_held(document: dict[str, Any]) -> None:
    assert document["book_after"] == {
        "spot": {"BTC": "0.83937", "USDT": "13563.485477"},
        "wallets": {"USDT": "13580.8956"},
        "positions": [{"symbol": "BTC/USDT:USDT", "contracts": "-0.128", "entry_price": "42100"}],
    }


def test_what_is_unknown_is_null(document: dict[str, Any]) -> None:
    assert document["carry"] == [
        {"sleeve": "hedged_yield", "expected_apr": "0.0985", "break_even_days": "7.2"},
        {"sleeve": "other", "expected_apr": None, "break_even_days": None},
    ]
    assert plan_document(REFUSED)["observed_at"] is None


def test_unknown_evidence_has_no_value() -> None:
    unknown = Evidence("trend", None, "below 0%", Truth.UNKNOWN, None)
    plan = replace(TRADING, regime=replace(TRADING.regime, evidence=(unknown,)))
    assert plan_document(plan)["regime"]["evidence"] == [
        {
            "signal": "trend",
            "value": None,
            "condition": "below 0%",
            "truth": "unknown",
            "held_for": None,
        }
    ]


def test_a_refused_plan_says_who_refuses() -> None:
    document = plan_document(REFUSED)
    assert document["trades"] == []
    assert document["refusals"] == [
        {"guard": "unmanaged", "message": "the portfolio holds 12 DOGE, which no asset names"}
    ]


@pytest.mark.parametrize("plan", EVERY_PLAN.values(), ids=EVERY_PLAN)
def test_every_plan_fits_the_schema_after_a_round_trip(plan: Plan) -> None:
    stored = json.loads(json_text(plan_document(plan)))
    assert list(Draft202012Validator(plan_schema()).iter_errors(stored)) == []


def test_the_same_plan_is_the_same_text() -> None:
    assert json_text(plan_document(HOLDING)) == json_text(plan_document(replace(HOLDING)))
