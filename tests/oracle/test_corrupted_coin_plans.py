"""Each rule of coin-margined contracts bites: one number is bent, one promise is named."""

from decimal import ROUND_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.arithmetic import EXACT, FLOAT, Arithmetic
from tests.oracle.checks import check_plan, make_oracle
from tests.oracle.deviations import Aim
from tests.oracle.example import Document, changed
from tests.oracle.replay import replay_plan
from tests.oracle.synthetic_dollar import (
    BUY,
    CLOSE,
    INSTRUMENTS,
    MARKS,
    PLAN,
    POLICY,
    PORTFOLIO,
    REGIME,
    WHOLE,
    move,
    trade,
)


def findings_of(
    plan: Document,
    *,
    policy: Document = POLICY,
    arithmetic: Arithmetic = EXACT,
    corridor: bool = True,
) -> str:
    oracle = make_oracle(
        policy, REGIME, instruments=INSTRUMENTS, marks=MARKS, arithmetic=arithmetic
    )
    return "\n".join(check_plan(oracle, PORTFOLIO, plan, aim=Aim.BASE, corridor=corridor))


def trading(*trades: Document) -> Document:
    return changed(PLAN, "trades", list(trades))


@pytest.mark.parametrize("arithmetic", [EXACT, FLOAT], ids=["exact", "float"])
def test_the_plan_by_hand_keeps_every_promise(arithmetic: Arithmetic) -> None:
    assert findings_of(PLAN, arithmetic=arithmetic) == ""


BENT: list[tuple[str, Any, str]] = [
    # the profit of 0.04 BTC: counted twice, left out, or turned into quote money
    ("nav", "101600", "nav is 101600"),
    ("nav", "98400", "nav is 98400"),
    ("nav", "100000.001", "nav is 100000.001"),
    ("nav_after", "99979.001", "nav_after is 99979.001"),
    ("nav_after", "99993.999625", "nav_after is 99993.999625"),
    ("costs.fees", "6.000375", "costs.fees is 6.000375"),
    ("book_after.wallets.BTC", "0.95", "book_after wallet BTC is 0.95, replayed 0.91"),
    ("book_after.wallets.BTC", "0.9100000001", "book_after wallet BTC"),
    ("book_after.spot.BTC", "1.3", "book_after spot BTC is 1.3, replayed 1.299625"),
    ("book_after.positions.0.entry_price", "42105.263158", "entry is 42105.263158"),
    ("trades.1.fee", "0.00018749", "fee is 0.00018749"),
    ("trades.1.fee", "7.5", "fee is 7.5, not 0.0001875 rounded up"),
    ("trades.1.fee", "0.000187501", "fee is 0.000187501"),
    ("trades.1.quantity_base", "150", "quantity_base is 150, not 0.375"),
    ("trades.1.quantity_base", "0.3750000001", "quantity_base is 0.3750000001"),
    ("trades.1.notional", "0.375", "notional is 0.375, not 15000"),
    ("trades.1.amount", "150.5", "not a multiple of 1"),
    ("trades.1.weight_after", "-0.38", "step 2: weight_after is -0.38"),
    ("trades.0.amount", "0.4503750001", "step 1: 0.4503750001 is no whole number of its units"),
    ("trades.0.amount", "1.7", "step 1 after it: BTC is -0.1"),
    ("trades.0.amount", "0.4", "BTC ends at 0.35985"),
    ("trades.0.coin", "ETH", "no transfer of ETH"),
    # the coins of the wallet left out, the profit left out of the delta, the balance as equity
    ("limits.0.before", "0.7200", "gross_leverage: before is 0.7200"),
    ("limits.1.before", "0.7440", "net_exposure: before is 0.7440"),
    ("limits.2.before", "0.4348", "futures_leverage: before is 0.4348"),
    ("limits.5.before", "0.6400", "asset_weight: before is 0.6400"),
    # a linear short of that size would go at +49 %
    ("limits.4.before", "1.4", "liquidation_distance: before is 1.4"),
    # the short's size moved with the price: 114,400 and 11,200
    ("limits.6.before", "0.9632", "stress_gross_leverage: before is 0.9632"),
    ("limits.8.before", "0.1997", "stress_liquidation: before is 0.1997"),
    ("instruments.2.low", "0.3600", "BTC low is 0.3600"),
    ("instruments.1.high", "-0.3599", "BTC/USD:BTC high is -0.3599"),
    ("trades.3.amount", "100", "BTC/USD:BTC ends at -0.33"),
]


@pytest.mark.parametrize("arithmetic", [EXACT, FLOAT], ids=["exact", "float"])
@pytest.mark.parametrize(("path", "value", "finding"), BENT)
def test_a_bent_coin_plan_is_found(
    path: str, value: object, finding: str, arithmetic: Arithmetic
) -> None:
    assert finding in findings_of(changed(PLAN, path, value), arithmetic=arithmetic)


def test_a_coin_fee_one_digit_too_high_is_found_by_exact_numbers() -> None:
    assert "fee is 0.00018751" in findings_of(changed(PLAN, "trades.1.fee", "0.00018751"))


def test_a_wallet_gives_out_its_coins_less_the_initial_margin() -> None:
    # the lesser of a balance of 0.46 and an equity of 0.5, less 0.02
    most = findings_of(trading(move(1, "0.44", source="futures", to="spot")))
    more = findings_of(trading(move(1, "0.44000001", source="futures", to="spot")))

    assert "the wallet gives" not in most
    assert "step 1: takes 0.44000001, the wallet gives 0.44" in more


def test_coins_in_a_wallet_cannot_be_sold() -> None:
    row = {"amount": "1.61", "quantity_base": "1.61", "notional": "64400", "fee": "64.4"}

    assert "step 1 after it: BTC is -0.01" in findings_of(
        trading(trade(1, "BTC/USDT", "sell", **row))
    )


def test_a_clip_beyond_the_corridor_is_found() -> None:
    # the delta may go from 76,000 to 51,985 by way of 46,985 to 81,000
    short_first = trading(
        move(1, "0.450375"),
        trade(2, "BTC/USD:BTC", "sell", **WHOLE),
        trade(3, "BTC/USDT", "buy", **BUY),
    )
    buy_first = trading(
        move(1, "0.450375"),
        trade(2, "BTC/USDT", "buy", **BUY),
        trade(3, "BTC/USD:BTC", "sell", **WHOLE),
    )

    assert "step 2: BTC delta is 45985, outside 51985 to 76000" in findings_of(short_first)
    assert "step 2: BTC delta is 82000, outside 51985 to 76000" in findings_of(buy_first)
    assert "delta" not in findings_of(buy_first, corridor=False)


def test_a_plan_that_stops_early_was_on_its_way_further_on() -> None:
    # 1,000 over the corridor, and an end that was to be 1,000 higher
    buy_first = trading(
        move(1, "0.450375"),
        trade(2, "BTC/USDT", "buy", **BUY),
        trade(3, "BTC/USD:BTC", "sell", **WHOLE),
    )
    unsent = {"name": "BTC/USDT", "amount": "0.025", "notional": "1000", "reason": "cash"}
    less = unsent | {"notional": "980"}

    assert "delta" not in findings_of(changed(buy_first, "residuals", [unsent]))
    assert "BTC delta is 82000" in findings_of(changed(buy_first, "residuals", [less]))


def test_a_corridor_is_never_narrower_than_the_smallest_order() -> None:
    narrow = changed(POLICY, "execution", {"max_leg_imbalance": "0.01%"})
    coarse = changed(INSTRUMENTS, "instruments.BTC/USDT.min_cost", "6000")
    oracle = make_oracle(narrow, REGIME, instruments=coarse, marks=MARKS)
    buy_first = trading(
        move(1, "0.450375"),
        trade(2, "BTC/USDT", "buy", **BUY),
        trade(3, "BTC/USD:BTC", "sell", **WHOLE),
    )

    assert "delta" not in "\n".join(check_plan(oracle, PORTFOLIO, buy_first))
    # a lot of 0.01 USDT of coin leaves no room, a contract of 100 USD and its fee little
    assert "step 2: BTC delta is 82000" in findings_of(buy_first, policy=narrow)


def test_a_closed_position_leaves_its_profit_in_coins() -> None:
    closed = trading(trade(1, "BTC/USD:BTC", "buy", **CLOSE))
    unified = changed(PORTFOLIO, "account", "unified")
    ctx = make_oracle(POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS).ctx

    apart, pooled = (replay_plan(ctx, book, closed) for book in (PORTFOLIO, unified))

    # 8,000 × (1 / 40,000 − 1 / 50,000) = 0.04, and a fee of 0.0001
    assert apart.final.wallets == [0, Fraction("0.4999")]
    assert apart.final.coins == [Fraction("1.6")]
    assert pooled.final.wallets == [0, 0]
    assert pooled.final.coins == [Fraction("2.0999")]
    assert apart.worth.nav == pooled.worth.nav == 100_000
    assert apart.final_worth.nav == pooled.final_worth.nav == 99_996


def test_a_unified_account_measures_coin_contracts_against_its_nav() -> None:
    oracle = make_oracle(POLICY, REGIME, instruments=INSTRUMENTS, marks=MARKS)
    found = check_plan(oracle, changed(PORTFOLIO, "account", "unified"), PLAN)

    assert "step 1: a transfer in a unified account" in found
    assert "limits futures_leverage: before is 0.4, replayed 0.08" in found
    assert "limits margin_utilization: before is 0.04, replayed 0.008" in found
    # spot and wallet are one holding, however the plan prints it
    assert not [text for text in found if text.startswith("book_after")]


@pytest.mark.parametrize(
    ("cap", "found"), [("18%", False), ("17.9%", False), ("17.8%", True), ("10%", True)]
)
def test_turnover_may_be_a_lot_of_each_instrument_over(cap: str, *, found: bool) -> None:
    # 36,000 traded is 18 %; lots of 0.40 and 100 make 0.1 % more
    limited = changed(POLICY, "limits.turnover", cap)

    assert ("turnover is 0.18, over" in findings_of(PLAN, policy=limited)) is found


def test_turnover_is_free_where_a_limit_has_to_be_restored() -> None:
    broken = changed(POLICY, "limits.asset_weight", "70%")

    assert "turnover" not in findings_of(PLAN, policy=changed(broken, "limits.turnover", "10%"))


def test_an_order_over_the_largest_allowed_is_found() -> None:
    limited = changed(POLICY, "limits.order_notional", "14999")

    assert "worth 15000 is over order_notional 14999" in findings_of(PLAN, policy=limited)


def test_an_asset_may_not_weigh_more_than_its_limit() -> None:
    sell = trade(1, "BTC/USD:BTC", "buy", **CLOSE)
    heavy = findings_of(trading(sell), policy=changed(POLICY, "limits.asset_weight", "80%"))

    # 2.1 BTC with no short against it
    assert "step 1 after it: breaks asset_weight, 0.76 to 0.83999" in heavy


TWELVE = Decimal("0.000000000001")


def closed_at_40070() -> Document:
    """Return the plan that closes the short at 40,070, where nothing in coins ends."""
    size = Decimal(8000) / 40070
    fee = (size / 2000).quantize(Decimal("0.00000001"), ROUND_UP)
    wallet = (Decimal("0.46") + size - Decimal("0.16") - fee).quantize(TWELVE)
    nav = Decimal(80_000) + (Decimal("0.46") + size - Decimal("0.16")) * 40_000
    close = CLOSE | {"quantity_base": str(size.quantize(TWELVE)), "fee": str(fee)}
    return trading(trade(1, "BTC/USD:BTC", "buy", **(close | {"price": "40070"}))) | {
        "nav": str(nav.quantize(TWELVE)),
        "nav_after": str((nav - fee * 40_000).quantize(TWELVE)),
        "costs": {"fees": str(fee * 40_000), "slippage": "0"},
        "book_after": {"spot": PORTFOLIO["spot"], "wallets": {"BTC": str(wallet)}},
    }


@pytest.mark.parametrize("arithmetic", [EXACT, FLOAT], ids=["exact", "float"])
def test_numbers_in_coins_may_be_printed_rounded_and_no_more(arithmetic: Arithmetic) -> None:
    marks = {"BTC/USDT": "40000", "BTC/USD:BTC": "40070"}
    oracle = make_oracle(
        POLICY, REGIME, instruments=INSTRUMENTS, marks=marks, arithmetic=arithmetic
    )
    plan = closed_at_40070()

    for path in ("trades.0.quantity_base", "book_after.wallets.BTC"):
        *keys, last = path.split(".")
        row = plan["trades"][0] if keys[0] == "trades" else plan["book_after"]["wallets"]
        printed = Decimal(row[last])
        for digits, is_found in ((0, False), (8, False), (20, True)):
            bent = changed(plan, path, str(printed + digits * TWELVE))
            found = "\n".join(check_plan(oracle, PORTFOLIO, bent, aim=Aim.NOTHING))

            assert ("step 1 BTC" in found or "book_after" in found) is is_found
            assert "nav" not in found
            assert "costs" not in found
