"""Each check bites: one number of the worked example is bent, one promise is named."""

from typing import Any

import pytest

from tests.oracle.arithmetic import EXACT, FLOAT, Arithmetic
from tests.oracle.checks import check_plan, make_oracle
from tests.oracle.deviations import Aim
from tests.oracle.example import (
    INSTRUMENTS,
    MARKS,
    PLAN,
    POLICY,
    PORTFOLIO,
    REGIME,
    Document,
    changed,
    order,
    transfer,
)


def findings_of(
    plan: Document, *, policy: Document = POLICY, arithmetic: Arithmetic = EXACT
) -> str:
    oracle = make_oracle(
        policy, REGIME, instruments=INSTRUMENTS, marks=MARKS, arithmetic=arithmetic
    )
    return "\n".join(check_plan(oracle, PORTFOLIO, plan, aim=Aim.BASE))


BENT: list[tuple[str, Any, str]] = [
    ("status", "done", "status is done"),
    ("nav", "83738.606", "nav is 83738.606"),
    ("nav_after", "83731.144756", "nav_after is 83731.144756"),
    ("costs.fees", "7.460244", "costs.fees is 7.460244"),
    ("costs.slippage", "1", "costs.slippage is 1"),
    ("book_after.spot.BTC", "0.83938", "book_after spot BTC"),
    ("book_after.spot.USDT", "13563.485478", "book_after spot USDT"),
    ("book_after.wallets.USDT", "13576.57729", "book_after wallet USDT"),
    ("book_after.positions.0.contracts", "-0.337", "book_after BTC/USDT:USDT is -0.337"),
    ("book_after.positions.0.entry_price", "41573", "BTC/USDT:USDT entry is 41573"),
    ("book_after.positions.0.symbol", "SOL/USDT:USDT", "unknown SOL/USDT:USDT"),
    ("trades.0.amount", "0.010635", "not a multiple"),
    ("trades.0.amount", "0.0001", "under the minimum 5"),
    ("trades.2.amount", "0", "amount 0 is under 0.001"),
    ("trades.2.amount", "0.002", "under the minimum 100"),
    ("trades.0.reduce_only", True, "a spot order is reduce_only"),
    ("trades.2.reduce_only", True, "reduce_only takes -0.21 to -0.338"),
    ("trades.0.price", "42101", "price is 42101"),
    ("trades.0.notional", "447.524", "notional is 447.524"),
    ("trades.0.quantity_base", "0.01064", "quantity_base is 0.01064"),
    ("trades.0.unit", "contracts", "unit is contracts"),
    ("trades.0.fee", "0.447522", "fee is 0.447522"),
    ("trades.0.fee", "0.447525", "fee is 0.447525"),
    ("trades.0.fee", "0.4475231", "fee is 0.4475231"),
    ("trades.0.slippage", "0.01", "slippage is 0.01"),
    ("trades.0.step", 2, "steps are numbered [2, 2, 3, 4]"),
    ("trades.0.symbol", "SOL/USDT", "cannot replay"),
    ("trades.0.weight_after", "0.4221", "step 1: weight_after is 0.4221"),
    ("trades.1.from", "futures", "no transfer of USDT from futures to futures"),
    ("trades.1.coin", "BTC", "no transfer of BTC"),
    ("trades.1.amount", "-1", "transfer of -1"),
    ("trades.1.amount", "21948", "step 2 after it: cash is -0.9"),
    ("limits.0.before", "0.7890", "gross_leverage: before is 0.7890"),
    ("limits.0.worst_during", "0.9500", "gross_leverage: worst_during is 0.9500"),
    ("limits.4.after", "0.5800", "liquidation_distance: after is 0.5800"),
    ("limits.7.worst_during", None, "stress_liquidation: worst_during is None"),
    ("limits.2.max", "4", "futures_leverage: max is 4"),
    ("limits.1.min", None, "net_exposure: min is None"),
    ("limits.3.holds", False, "margin_utilization: holds is False"),
    ("limits.3.name", "drawdown", "limits has no row for margin_utilization"),
    ("limits.3.name", "drawdown", "limits has unknown drawdown"),
    ("instruments.0.target", "0.4021", "BTC/USDT target is 0.4021"),
    ("instruments.2.low", "-0.1730", "BTC/USDT:USDT low is -0.1730"),
    ("instruments.4.after", "0.1610", "USDT after is 0.1610"),
    ("instruments.4.wallet", "USDC", "instruments has unknown USDC"),
    ("trades.2.amount", "0.118", "BTC/USDT:USDT ends at"),
    ("trades.0.amount", "0.05", "BTC/USDT ends at"),
    ("trades.1.amount", "8200", "USDT ends at"),
]


@pytest.mark.parametrize("arithmetic", [EXACT, FLOAT], ids=["exact", "float"])
@pytest.mark.parametrize(("path", "value", "finding"), BENT)
def test_a_bent_plan_is_found(
    path: str, value: object, finding: str, arithmetic: Arithmetic
) -> None:
    assert finding in findings_of(changed(PLAN, path, value), arithmetic=arithmetic)


def test_a_fee_that_is_one_digit_too_high_is_found_by_exact_numbers() -> None:
    assert "fee is 0.447524" in findings_of(changed(PLAN, "trades.0.fee", "0.447524"))


@pytest.mark.parametrize(
    ("name", "cap", "finding"),
    [
        ("gross_leverage", "0.95", "step 4 after it: breaks gross_leverage"),
        ("futures_leverage", "1.6", "step 4 after it: breaks futures_leverage"),
        ("margin_utilization", "17%", "step 4 after it: breaks margin_utilization"),
        ("liquidation_distance", "60%", "step 4 after it: breaks liquidation_distance"),
        ("net_exposure", ["45%", "101%"], "step 4 after it: breaks net_exposure"),
        ("asset_weight", "24%", "step 3 half-way: worsens asset_weight"),
        ("order_notional", "8000", "worth 8636.64 is over order_notional 8000"),
        ("turnover", "5%", "turnover is 0.0864"),
    ],
)
def test_a_tighter_limit_is_found_broken(name: str, cap: object, finding: str) -> None:
    limits = POLICY["limits"] | {name: cap}
    if name == "asset_weight":
        limits["net_exposure"] = ["30%", "101%"]
        plan = changed(PLAN, "trades.2.side", "buy")
    else:
        plan = PLAN

    assert finding in findings_of(plan, policy=changed(POLICY, "limits", limits))


def test_a_limit_of_the_regime_counts_where_it_is_tighter() -> None:
    tighter = changed(POLICY, f"regimes.{REGIME}.limits", {"gross_leverage": "0.95"})

    assert "breaks gross_leverage" in findings_of(PLAN, policy=tighter)


def test_stress_is_found_broken() -> None:
    wider = changed(POLICY, "stress.price_move.ETH", ["-45%", "240%"])

    assert "breaks stress_liquidation" in findings_of(PLAN, policy=wider)


def test_a_limit_broken_in_silence_at_the_end_is_found() -> None:
    tight = changed(POLICY, "limits.gross_leverage", "0.7")
    warned = changed(PLAN, "warnings", ["gross_leverage cannot be met"])

    assert "ends outside gross_leverage" in findings_of(PLAN, policy=tight)
    assert "ends outside" not in findings_of(warned, policy=tight)


def test_a_limit_that_was_broken_may_not_get_worse() -> None:
    tight = changed(POLICY, "limits.gross_leverage", "0.7")

    found = findings_of(PLAN, policy=tight)

    assert "step 1" not in [line[:6] for line in found.splitlines() if "gross_leverage," in line]
    assert "step 3 half-way: worsens gross_leverage" in found


def test_a_position_that_crosses_zero_in_one_order_is_found() -> None:
    crossing = order(1, "BTC/USDT:USDT", "buy", amount="0.3", money=("12630", "6.315"))

    assert "crosses zero from -0.21 to 0.09" in findings_of(changed(PLAN, "trades", [crossing]))


def test_a_wallet_gives_out_no_more_than_it_has_free() -> None:
    # equity 5021.605 less initial margin 884.1: the balance of 5200 is not all there
    most = [transfer(1, "4137.505", source="futures", to="spot")]
    more = [transfer(1, "4137.51", source="futures", to="spot")]

    assert "the wallet gives" not in findings_of(changed(PLAN, "trades", most))
    assert "takes 4137.51, the wallet gives 4137.505" in findings_of(changed(PLAN, "trades", more))


def test_legs_that_drift_apart_are_found() -> None:
    # three steps that leave the BTC delta where it was, by way of one that sells it all
    away = order(1, "BTC/USDT", "sell", amount="0.85", money=("35785", "35.785"))
    back = order(2, "BTC/USDT", "buy", amount="0.84", money=("35364", "35.364"))

    assert "step 1: BTC delta is -8841" in findings_of(
        changed(PLAN, "trades", [away, back]),
        policy=changed(POLICY, "execution", {"max_leg_imbalance": "5%"}),
    )


def test_a_reduce_only_plan_may_not_grow_anything() -> None:
    found = findings_of(changed(PLAN, "status", "reduce_only"))

    assert "step 3: a reduce-only plan lets a position grow" in found
    assert "step 3 half-way: a reduce-only plan worsens gross_leverage" in found


def test_a_reduce_only_plan_that_reduces_is_not_blamed_for_it() -> None:
    row = order(1, "BTC/USDT:USDT", "buy", amount="0.01", money=("421", "0.2105"))
    plan = changed(changed(PLAN, "trades", [row]), "status", "reduce_only")

    found = findings_of(plan)

    assert "grow" not in found
    # a short bought back takes net exposure away from zero: the design forbids it
    assert "worsens net_exposure" in found
    assert "worsens gross_leverage" not in found


def test_a_refused_plan_says_why_and_trades_nothing() -> None:
    refused = changed(PLAN, "status", "refused")
    silent = changed(refused, "trades", [])

    assert "a refused plan has trades" in findings_of(refused)
    assert findings_of(silent) == "a refused plan names no refusal"
    assert findings_of(changed(silent, "refusals", ["gross_leverage"])) == ""


def test_hold_and_trade_mean_what_they_say() -> None:
    assert "a hold plan has trades" in findings_of(changed(PLAN, "status", "hold"))
    assert "a trade plan has no trades" in findings_of(changed(PLAN, "trades", []))


def test_a_needless_trade_is_found_by_the_stricter_aim_only() -> None:
    sell = order(1, "ETH/USDT", "sell", amount="0.1", money=("228", "0.228"))
    plan = changed(PLAN, "trades", [sell, *PLAN["trades"]])
    oracle = make_oracle(POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS)

    loose = check_plan(oracle, PORTFOLIO, plan)
    strict = check_plan(oracle, PORTFOLIO, plan, aim=Aim.BASE)

    assert not [text for text in loose if text.startswith("ETH/USDT ends")]
    assert [text for text in strict if text.startswith("ETH/USDT ends")]
