"""Published and hand-derived numbers, each from its inputs to its tolerance.

`vectors.json` beside this file has the cases with their sources: payloads and pages of venues, the
test suites of freqtrade and NautilusTrader, Hull.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rebalancer.model.contracts import (
    delta_beside_equity,
    delta_beside_wallet,
    equity,
    funding_received,
    margin_at_leverage,
    notional,
    profit,
)
from rebalancer.model.hedging import carry_short, locked_carry, minimum_variance_ratio
from rebalancer.model.liquidation import Backing, liquidation_price
from rebalancer.model.margin import MarginTiers, margin_tiers
from rebalancer.model.rates import basis
from tests.small_plans import perpetual

Case = Mapping[str, Any]

CASES: list[Case] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
LADDER = "cum of a tier"


def one_tier(maintenance: float, cum: float) -> MarginTiers:
    """The tier that a case gives, over one without margin that makes it continuous."""
    columns = ([0.0, cum / maintenance], [0.0, maintenance], [0.0, cum], [1.0, 1.0])
    return MarginTiers(*map(np.array, columns))


def liquidated_at(given: Mapping[str, float], *, inverse: bool) -> float:
    size, entry = given["size"], given["entry"]
    wallet = given.get("wallet")
    if wallet is None:
        leverage = given["leverage"]
        wallet = margin_at_leverage(size, entry, leverage=leverage, inverse=inverse)
    return liquidation_price(
        size,
        entry,
        backing=Backing(wallet),
        tiers=one_tier(given["maintenance"], given["cum"]),
        inverse=inverse,
        close_fee=given.get("close_fee", 0.0),
    )


def move_to_liquidation(given: Mapping[str, float], *, inverse: bool) -> float:
    entry = 50_000.0
    at = liquidated_at({**given, "size": given["side"], "entry": entry}, inverse=inverse)
    return at / entry - 1


def coins_of(given: Mapping[str, float]) -> float:
    """A coin wallet's equity: its coins and the profit of the inverse position it backs."""
    size, entry, mark = given["size"], given["entry"], given["mark"]
    return equity(given["coins"], profit(size, entry=entry, mark=mark, inverse=True))


def synthetic_delta(given: Mapping[str, float]) -> float:
    beside_equity = delta_beside_equity(given["size"], given["mark"], inverse=True)
    beside_wallet = delta_beside_wallet(given["size"], given["entry"], inverse=True)
    assert coins_of(given) + beside_equity == pytest.approx(given["coins"] + beside_wallet)
    return coins_of(given) + beside_equity


def carried_to_expiry(given: Mapping[str, float]) -> float:
    coins = given["cost"] / given["spot"]
    short = carry_short(coins, given["future"], inverse=True)
    assert short == pytest.approx(given["size"])
    gained = profit(short, entry=given["future"], mark=given["mark"], inverse=True)
    return equity(coins, gained) * given["mark"]


FORMULAS: dict[str, Callable[[Mapping[str, float]], float]] = {
    "linear profit": lambda given: profit(**given, inverse=False),
    "inverse profit": lambda given: profit(**given, inverse=True),
    "inverse notional": lambda given: notional(**given, inverse=True),
    "equity": lambda given: equity(**given),
    "inverse delta": lambda given: delta_beside_equity(**given, inverse=True),
    "linear funding": lambda given: funding_received(**given, inverse=False),
    "basis": lambda given: basis(**given),
    "minimum-variance ratio": lambda given: minimum_variance_ratio(**given),
    "linear liquidation price": lambda given: liquidated_at(given, inverse=False),
    "inverse liquidation price": lambda given: liquidated_at(given, inverse=True),
    "linear move to liquidation": lambda given: move_to_liquidation(given, inverse=False),
    "inverse move to liquidation": lambda given: move_to_liquidation(given, inverse=True),
    "synthetic dollar in coins": coins_of,
    "synthetic dollar": lambda given: coins_of(given) * given["mark"],
    "synthetic dollar delta": synthetic_delta,
    "inverse carry at expiry": carried_to_expiry,
    "locked carry": lambda given: locked_carry(
        given["cost"] / given["spot"], spot=given["spot"], future=given["future"]
    ),
}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["formula"] != LADDER], ids=lambda case: str(case["id"])
)
def test_a_formula_gives_the_published_number(case: Case) -> None:
    found = FORMULAS[case["formula"]](case["inputs"])

    assert found == pytest.approx(case["expected"], rel=0, abs=case["tolerance"])


def test_the_tiers_of_a_venue_give_its_published_amounts() -> None:
    ladder = [case for case in CASES if case["formula"] == LADDER]
    rows = [(case["inputs"]["floor"], case["inputs"]["maintenance"]) for case in ladder]

    contract = perpetual(
        "BTC", tiers=[(str(floor), f"{100 * mmr:.10g}%", "1") for floor, mmr in rows]
    )

    assert len(ladder) == 12
    for case, cum in zip(ladder, margin_tiers(contract).cum, strict=True):
        assert cum == pytest.approx(case["expected"], rel=0, abs=case["tolerance"]), case["id"]


def test_every_case_is_run_once() -> None:
    ids = [case["id"] for case in CASES]
    assert len(ids) == len(set(ids)) == 48
    assert {case["formula"] for case in CASES} == {*FORMULAS, LADDER}
